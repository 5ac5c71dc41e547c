"""Which users of a file may become users of this deployment, and as what: all that can be said without the tables of users."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cli.importing.records import Record, Refusal
from gatepost import clock
from gatepost.access.permissions import EVERYTHING, holds
from gatepost.access.roles import MAX_ROLES_OF_USER, USER
from gatepost.accounts.new_addresses import demand_allowed
from gatepost.administration.actors import Operator
from gatepost.conflicts import TooManyPermissions
from gatepost.credentials.passwords import no_password
from gatepost.errors import InvalidField
from gatepost.service import Service
from gatepost.storage.users import User


@dataclass(frozen=True)
class Rules:
    """What `operator` lets into the deployment: users with roles that it has, with others only to leave these out, and users
    who may do everything only if that's said.
    """

    service: Service
    operator: Operator
    ignore_unknown_roles: bool = False
    with_administrators: bool = False


@dataclass(frozen=True)
class Candidate:
    """The user whom an entry of the file is to become.

    `keeps_id` says that the file brings its id, `uncertain` that an earlier run may have written it. `further` and `attached`
    are as in `Record`.
    """

    ordinal: int
    line: int
    user: User
    source_id: str | None
    has_password: bool
    keeps_id: bool
    uncertain: bool
    further: Mapping[str, Any] = field(default_factory=dict)
    attached: tuple[Mapping[str, Any], ...] = ()


def admit(rules: Rules, record: Record, ordinal: int, new_id: str, *, uncertain: bool) -> Candidate | Refusal:
    """Return what `record` becomes, with the id `new_id` if it brings none."""
    roles = _roles(rules, record)
    if isinstance(roles, str):
        return Refusal(record.line, roles)
    if record.id is None:
        try:
            demand_allowed(rules.service, record.email, field="email")
        except InvalidField as exc:
            return Refusal(record.line, f"the address {exc.reason}")
    # The address of a user of another system must be proven before a password works that anybody may have chosen there.
    password_hash = record.password_hash if record.email_verified or record.id is not None else None
    user = User(
        id=record.id or new_id,
        email=record.email.address,
        email_digest=record.email.digest,
        email_verified=record.email_verified,
        name=record.name,
        password_hash=password_hash or no_password(),
        status=record.status,
        roles=roles,
        epoch=0,
        version=0,
        created_at=clock.now() if record.created_at is None else record.created_at,
    )
    if record.id is not None:
        # Higher than any that this id had here: no session or token from before may come alive again.
        user = replace(user, epoch=clock.now(), version=clock.now())
    return Candidate(
        ordinal,
        record.line,
        user,
        record.source_id,
        has_password=password_hash is not None,
        keeps_id=record.id is not None,
        uncertain=uncertain,
        further=record.further,
        attached=record.attached,
    )


def _roles(rules: Rules, record: Record) -> tuple[str, ...] | str:
    """Return the names of the roles that a user gets; or, as text, why they can't have them."""
    catalogue = rules.operator.catalogue
    wanted = tuple(dict.fromkeys(record.roles))
    existing = catalogue.existing(wanted)
    if existing != wanted and not rules.ignore_unknown_roles:
        return "has a role that this deployment doesn't: apply your roles first, or give --ignore-unknown-roles"
    # An export of ours means it where it gives none.
    roles = existing or (() if record.id is not None else (USER,))
    if len(roles) > MAX_ROLES_OF_USER:
        return f"has more than {MAX_ROLES_OF_USER} roles"
    if holds(catalogue.permissions_of(roles), EVERYTHING) and not rules.with_administrators:
        return "has a role that permits everything: give --with-administrators if that is meant"
    try:
        catalogue.rights_of(roles)
    except TooManyPermissions:
        return "has roles that together permit more than a token may carry"
    return roles
