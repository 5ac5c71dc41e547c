"""The index of users by address, for lists and searches. Nothing is decided by what it says: it may be a moment old, so
whoever asks it reads the users themselves.
"""

from dataclasses import dataclass

from gatepost.storage import keys
from gatepost.storage.table import Database
from gatepost.storage.users import User
from gatepost.storage.writes import Item

INDEX = "by_address"
# A search that has to look at each user looks at so many for a page, about 300 KB.
_LOOKED_AT = 1000


@dataclass(frozen=True)
class Search:
    """Which users: those whose canonical address begins with `prefix`, and who have the status and the role, if given."""

    prefix: str = ""
    status: str | None = None
    role: str | None = None

    def finds(self, user: User) -> bool:
        """Return whether `user` is one of them."""
        return (
            user.email.lower().startswith(self.prefix)
            and self.status in (None, user.status)
            and (self.role is None or self.role in user.roles)
        )


def page(db: Database, table: str, search: Search, limit: int, after: str | None) -> tuple[list[str], str | None]:
    """Return ids of users in the order of their addresses, at most `limit`, those behind the position `after`; then the next
    position, None at the end.

    One query, of one range: a page may be short or empty while others follow.
    """
    number, start = _begin(search, after)
    values = {"range": str(number)} | ({"prefix": search.prefix} if search.prefix else {})
    wanted = {"status": search.status, "role": search.role}
    conditions = [text for name, text in _FILTERS.items() if wanted[name] is not None]
    items, last = db.query_index_once(
        table,
        INDEX,
        "address_range = :range AND begins_with(address, :prefix)" if search.prefix else "address_range = :range",
        only=" AND ".join(conditions),
        limit=_LOOKED_AT if conditions else limit + 1,
        after=start,
        **values,
        **{name: value for name, value in wanted.items() if value is not None},
    )
    ids = [item["id"] for item in items[:limit]]
    if len(items) > limit:
        return ids, _position(items[limit - 1]["id"], items[limit - 1]["address"])
    if last is not None:
        return ids, _position(keys.id_of_user(last["pk"]), last["address"])
    ended = bool(search.prefix) or number + 1 == keys.ADDRESS_RANGES
    return ids, None if ended else str(number + 1)


_FILTERS = {"status": "#status = :status", "role": "contains(#roles, :role)"}


def _begin(search: Search, after: str | None) -> tuple[int, Item | None]:
    """Return the number of the range to read, and the keys to read on behind, if not from its beginning."""
    if after is None:
        return keys.address_range(search.prefix) if search.prefix else 0, None
    user_id, _, address = after.partition(" ")
    if not address:
        return int(after), None
    place = keys.user_by_address(address)
    return int(place["address_range"]), {**keys.user(user_id), **place}


def _position(user_id: str, address: str) -> str:
    return f"{user_id} {address}"
