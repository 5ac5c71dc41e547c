"""What a restore has undone: the security events since then say what happened, the tables whether it still holds.

It needs the trail of events to be newer than what was restored. So the Audit table is never taken back to an earlier time.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from gatepost import clock
from gatepost.administration import audit_search
from gatepost.administration.audit_search import Search
from gatepost.audit import Event
from gatepost.service import Service
from gatepost.storage import keys, signing_keys
from gatepost.storage import users as user_items
from gatepost.storage.table import Database
from gatepost.storage.users import User
from gatepost.storage.writes import Item

_PAGE = 1000
# A new password makes the one before good for nothing, and so does the demand for one.
_PASSWORDS = (Event.PASSWORD_RESET, Event.PASSWORD_CHANGED, Event.PASSWORD_RESET_DEMANDED)


@dataclass(frozen=True)
class Undone:
    """Something that doesn't hold any more: when it happened, as which event, to whom or what; and what does it again."""

    at: str
    event: str
    subject: str
    again: str

    def described(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self)


def undone(service: Service, since_ms: int, until_ms: int) -> list[Undone]:
    """Return what protects somebody, has happened from `since_ms` until `until_ms` (milliseconds since the epoch) and holds no
    more, the oldest first. Raises `Unavailable`.
    """
    found = [*_revived_keys(service), *_of_users(service, since_ms, until_ms)]
    return sorted(found, key=lambda each: each.at)


def removed_keys(db: Database, audit_table: str) -> dict[str, Item]:
    """Return the events of the signing keys that were removed, by the key's id. Raises `Unavailable`."""
    return _newest_by(db, audit_table, Event.KEY_REMOVED, "kid")


def deleted_clients(db: Database, audit_table: str) -> dict[str, Item]:
    """Return the events of the OAuth clients that were deleted, by the client's id. Raises `Unavailable`."""
    return _newest_by(db, audit_table, Event.CLIENT_DELETED, "client_id")


def _newest_by(db: Database, audit_table: str, event: Event, member: str) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for partition in keys.audit_partitions(event=event):
        before: str | None = ""
        while before is not None:
            between = keys.audit_range(None, None, before or None)
            items, before = db.query_newest(audit_table, partition, *between, limit=_PAGE, equal={})
            found |= {item[member]: item for item in items if member in item}
    return found


def _revived_keys(service: Service) -> Iterator[Undone]:
    ring = signing_keys.read(service.db, service.settings.keys_table)
    # Since ever: whoever has stolen a key still has it.
    removed = removed_keys(service.db, service.settings.audit_table)
    for key in ring.keys:
        if key.kid in removed:
            yield _undone(removed[key.kid], key.kid, f"gatepost keys remove {key.kid}")


def _of_users(service: Service, since_ms: int, until_ms: int) -> Iterator[Undone]:
    for event, holds, again in _PROTECTIVE:
        for item in _newest_of_each(service, Search(event=event, from_ms=since_ms, to_ms=until_ms)):
            user = user_items.from_item(service.db.get(service.settings.users_table, keys.user(item["user_id"])))
            if user is not None and not holds(service, user, item, until_ms):
                yield _undone(item, user.id, again.format(user=user.id, role=item.get("role")))


def _newest_of_each(service: Service, search: Search) -> Iterator[Item]:
    """Yield of each user (and role) the newest event."""
    seen: set[tuple[str, str | None]] = set()
    for item in _events(service, search):
        if "user_id" in item and (about := (item["user_id"], item.get("role"))) not in seen:
            seen.add(about)
            yield item


def _events(service: Service, search: Search) -> Iterator[Item]:
    items, after = audit_search.page(service.db, service.settings.audit_table, search, _PAGE, None)
    yield from items
    while after is not None:
        items, after = audit_search.page(service.db, service.settings.audit_table, search, _PAGE, after)
        yield from items


def _undone(item: Item, subject: str, again: str) -> Undone:
    return Undone(clock.rfc3339_ms(item["at_ms"]), item["event"], subject, again)


_Holds = Callable[[Service, User, Item, int], bool]


def _is_gone(service: Service, user: User, item: Item, until_ms: int) -> bool:
    return False  # the user is there


def _is_disabled(service: Service, user: User, item: Item, until_ms: int) -> bool:
    return user.status == "disabled" or _since(service, user, Event.USER_ENABLED, from_ms=item["at_ms"])


def _has_not_the_role(service: Service, user: User, item: Item, until_ms: int) -> bool:
    return item.get("role") not in user.roles or _since(
        service, user, Event.ROLE_ASSIGNED, from_ms=item["at_ms"], role=item.get("role")
    )


def _has_another_password(service: Service, user: User, item: Item, until_ms: int) -> bool:
    """Return whether the password was changed after the restore: a hash doesn't tell how old it is."""
    return any(_since(service, user, event, from_ms=until_ms) for event in _PASSWORDS)


def _since(service: Service, user: User, event: Event, *, from_ms: int, role: str | None = None) -> bool:
    found = _events(service, Search(user_id=user.id, event=event, from_ms=from_ms))
    return any(role is None or item.get("role") == role for item in found)


_USER = "/v1/admin/users/{user}"
_PROTECTIVE: tuple[tuple[Event, _Holds, str], ...] = (
    (Event.ACCOUNT_DELETED, _is_gone, f"DELETE {_USER}"),
    (Event.USER_DISABLED, _is_disabled, f'PATCH {_USER} {{{{"status": "disabled"}}}}'),
    (Event.ROLE_UNASSIGNED, _has_not_the_role, f"DELETE {_USER}/roles/{{role}}"),
    *((event, _has_another_password, f"POST {_USER}/password-reset") for event in _PASSWORDS),
)
"""Events that protect somebody, what shows that they hold, and which call of the API does it again."""
