"""What has ended since a copy of the tables was made, as security events say: nothing of it comes back by what is copied."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cli.backup.tables import demand_there
from cli.failures import Refused
from gatepost import clock
from gatepost.audit import Event
from gatepost.credentials.passwords import no_password
from gatepost.service import Service
from gatepost.storage import keys, whole_users
from gatepost.storage.writes import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BY_MAIL = (Event.PASSWORD_RESET, Event.PASSWORD_RESET_DEMANDED)
_DAY = 86_400_000  # milliseconds
_PASSWORDS = (*_BY_MAIL, Event.PASSWORD_CHANGED)


def told_since_ms(dynamodb: "DynamoDBClient", service: Service, copy: str, *, allow_less: bool) -> int | None:
    """Return of when the table `copy` is, in milliseconds since the epoch: security events tell all that has ended since. Where
    they may not, return None, if that is allowed.

    Raises:
        Refused: they may not, and it isn't.
    """
    at_ms = _taken_at_ms(dynamodb, copy)
    gap = _gap(dynamodb, service, at_ms)
    if gap is None:
        return at_ms
    if allow_less:
        return None
    raise Refused(
        f"What was deleted or removed since would come back, and no event may tell of it: {gap}. Signing keys are made anew by "
        "`gatepost keys rotate`. Users and clients come back with --events-incomplete: users without password and API keys."
    )


def _taken_at_ms(dynamodb: "DynamoDBClient", copy: str) -> int | None:
    """Return of when a table is; None where AWS doesn't say, as it doesn't of an import."""
    restored = demand_there(dynamodb, copy).get("RestoreSummary")
    return None if restored is None else int(restored["RestoreDateTime"].timestamp() * 1000)


def _gap(dynamodb: "DynamoDBClient", service: Service, at_ms: int | None) -> str | None:
    """Return why there may be no event of something that has ended since `at_ms`; None if there's one of all that has."""
    settings = service.settings
    if at_ms is None:
        return "AWS doesn't say of when that table is"
    if at_ms <= clock.now_ms() - settings.audit_retention_days * _DAY:
        return f"that table is older than events are kept, which is {settings.audit_retention_days} days"
    if demand_there(dynamodb, settings.audit_table)["CreationDateTime"].timestamp() * 1000 > at_ms:
        return f"{settings.audit_table} was lost or restored since"
    return None


@dataclass
class Trail:
    """What a user's events say: how many there are; whether the user was deleted; which API keys were; when they got a new
    password by mail for the last time, which ends the API keys from before, and one by whatever way (milliseconds since the
    epoch, 0 for never); the newest event of their status, and of each role of theirs.
    """

    events: int = 0
    deleted: bool = False
    api_keys: set[str] = field(default_factory=set)
    by_mail_at_ms: int = 0
    password_at_ms: int = 0
    status: str | None = None
    roles: dict[str, str] = field(default_factory=dict)

    def take(self, item: Item) -> None:
        """Take in an event; the newest comes first."""
        event = item["event"]
        self.events += 1
        self.deleted |= event == Event.ACCOUNT_DELETED
        if event == Event.API_KEY_DELETED:
            self.api_keys.add(item["api_key_id"])
        if event in _BY_MAIL:
            self.by_mail_at_ms = max(self.by_mail_at_ms, item["at_ms"])
        if event in _PASSWORDS:
            self.password_at_ms = max(self.password_at_ms, item["at_ms"])
        if event in (Event.USER_DISABLED, Event.USER_ENABLED):
            self.status = self.status or event
        if event in (Event.ROLE_ASSIGNED, Event.ROLE_UNASSIGNED):
            self.roles.setdefault(item["role"], event)

    def ends(self, item: Item) -> bool:
        """Return whether `item` is an API key that was ended."""
        key_id = _api_key_of(item)
        return key_id is not None and (key_id in self.api_keys or item["created_at"] <= self.by_mail_at_ms // 1000)


def trail_of(service: Service, user_id: str) -> Trail:
    """Return what the events of a user say. Raises `Unavailable`."""
    trail, before = Trail(), None
    (partition,) = keys.audit_partitions(user_id=user_id)
    while True:
        between = keys.audit_range(None, None, before)
        items, before = service.db.query_newest(service.settings.audit_table, partition, *between, limit=1000, equal={})
        for item in items:
            trail.take(item)
        if before is None:
            return trail


def left_of(items: Sequence[Item], trail: Trail, since_ms: int | None) -> list[Item]:
    """Return what is left of the items of a user, as a copy of the time `since_ms` has them: without API keys that were ended
    and roles that were taken away; with no password, if it's another one by now; disabled, if they were. Sessions and access
    tokens from before are over.

    With None for the time, the trail may not tell all: so whatever opens something is over, API keys and the password too.
    """
    kept = [item for item in items if not trail.ends(item)]
    return [_profile_of(item, kept, trail, since_ms) if item["sk"] == whole_users.PROFILE else item for item in kept]


def _profile_of(profile: Item, kept: Sequence[Item], trail: Trail, since_ms: int | None) -> Item:
    # By more than whatever has raised them since: no event raises one by more than one.
    raised = trail.events + 1
    changed: Item = {name: profile[name] + raised for name in ("epoch", "version")}
    changed["roles"] = [role for role in profile["roles"] if trail.roles.get(role) != Event.ROLE_UNASSIGNED]
    if trail.status == Event.USER_DISABLED:
        changed["status"] = "disabled"
    if since_ms is None:
        changed["api_key_epoch"] = profile.get("api_key_epoch", 0) + raised
    if since_ms is None or trail.password_at_ms >= since_ms:
        changed["password_hash"] = no_password()
    if api_keys := {key_id for item in kept if (key_id := _api_key_of(item)) is not None}:
        changed["api_keys"] = api_keys
    return {name: value for name, value in profile.items() if name != "api_keys"} | changed


def _api_key_of(item: Item) -> str | None:
    """Return the id of the API key that `item` is, if it's one."""
    prefix = keys.api_key("", "")["sk"]
    return str(item["sk"]).removeprefix(prefix) if item["sk"].startswith(prefix) else None
