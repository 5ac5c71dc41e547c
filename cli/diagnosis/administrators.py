"""Whether anybody can administer the deployment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.diagnosis.findings import Check, Verdict, ok, problem, warning
from cli.diagnosis.sight import Sight
from gatepost import clock
from gatepost.access.roles import ADMIN
from gatepost.storage import keys, users
from gatepost.storage.table import Database

# So many are looked at; one is enough.
_LOOKED_AT = 100


@dataclass(frozen=True)
class Administrators:
    """How many users are noted as administrators, and how many of those that were looked at are active and have the role."""

    noted: int
    active: int


def _administrators(sight: Sight) -> Administrators:
    table = sight.needed("USERS_TABLE")

    def read(db: Database) -> Administrators:
        ids = sorted((db.get(table, keys.administrators()) or {}).get("ids", ()))
        found = db.get_many(*((table, keys.user(user_id)) for user_id in ids[:_LOOKED_AT])) if ids else []
        read_users = [user for user in map(users.from_item, found) if user]
        return Administrators(len(ids), sum(user.status == "active" and ADMIN in user.roles for user in read_users))

    return sight.read(read)


def _are_active(facts: Administrators) -> Verdict:
    if not facts.noted:
        return problem("There is no administrator: nobody may use the admin API.")
    if not facts.active:
        return problem(f"None of {facts.noted} users who are noted as administrators is one: nobody may use the admin API.")
    if facts.active < min(facts.noted, _LOOKED_AT):
        return warning(f"{facts.active} administrators are active; more are noted, so that the last one could be removed.")
    return ok(f"Active administrators: {facts.active}.")


@dataclass(frozen=True)
class First:
    """The invitation of the first administrator as it is noted, None where there was none, and whether there's any."""

    invitation: Mapping[str, Any] | None
    administered: bool


def _first(sight: Sight) -> First:
    table = sight.needed("USERS_TABLE")

    def read(db: Database) -> First:
        noted = db.get(table, keys.administrators()) or {}
        return First(db.get(table, keys.first_administrator()), bool(noted.get("ids")))

    return sight.read(read)


def _was_accepted(facts: First) -> Verdict:
    if facts.invitation is None:
        if facts.administered:
            return ok("There was an administrator before anybody had to be invited.")
        return problem("Nobody was invited to be the first administrator.")
    if accepted := facts.invitation.get("accepted_at"):
        return ok(f"The invitation of the first administrator was accepted at {clock.rfc3339(accepted)}.")
    if facts.administered:
        return ok("The first administrator hasn't accepted the invitation, but there is another.")
    until = facts.invitation["invited_until"]
    if clock.now() >= until:
        return problem(f"The invitation of the first administrator has expired at {clock.rfc3339(until)}.")
    return warning(f"The first administrator hasn't accepted the invitation yet, which is good until {clock.rfc3339(until)}.")


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "administrators.active",
        "Is there an administrator who is active?",
        "Have the first one accept their invitation (`administrators.first`). If all are gone, bring back who is "
        "missing: `gatepost --stack {stack} restore beside users --at TIME`, then `gatepost --stack {stack} restore copy users "
        "--from NAME`.",
        _administrators,
        _are_active,
    ),
    Check(
        "administrators.first",
        "Did the first administrator accept their invitation?",
        "Ask the owner of `FirstAdminEmail` for the mail, and look into `mail` and `outbox` if it didn't come. If the address "
        "is wrong or the invitation expired, set the parameter (to another form of the address, if it's the same), and "
        "deploy: they are invited anew.",
        _first,
        _was_accepted,
    ),
)
