"""Publishing again what happened in a while, for those who missed it: the same events, by the same ids."""

from typing import TypedDict

from gatepost.administration import audit_search
from gatepost.administration.audit_search import Search
from gatepost.domain_events.publication import Publisher, publish
from gatepost.storage.table import Database

# Security events at a time: a few seconds at the most.
_PAGE = 100


class Replayed(TypedDict):
    """How many security events were looked at, the ids of those that could not be published, and where to go on, if there is
    more.
    """

    seen: int
    refused: list[str]
    after: str | None


def replay(publisher: Publisher, db: Database, table: str, from_ms: int, to_ms: int, after: str | None) -> Replayed:
    """Publish what happened from `from_ms` on and before `to_ms` (milliseconds since the epoch), the newest first, some of it,
    behind the position `after`.

    Raises:
        Unavailable: DynamoDB failed; safe to repeat.
        InvalidField: the time ends before it begins.
    """
    items, position = audit_search.page(db, table, Search(from_ms=from_ms, to_ms=to_ms), _PAGE, after)
    refused = publish(publisher, items)
    return Replayed(seen=len(items), refused=[items[each]["id"] for each in refused], after=position)
