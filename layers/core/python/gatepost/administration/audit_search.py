"""Searching the security events of everybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

from gatepost import audit, clock
from gatepost.audit import Event
from gatepost.errors import InvalidField
from gatepost.storage import keys
from gatepost.storage.keys import Partition
from gatepost.storage.table import Database, together
from gatepost.storage.writes import Item

# Of which those that match are returned, where the index doesn't find them by all that is asked for.
_LOOKED_AT = 1000


@dataclass(frozen=True)
class Search:
    """Which events: whose, by whom, of which name, from when on and until before when (milliseconds since the epoch)."""

    user_id: str | None = None
    actor_id: str | None = None
    event: Event | None = None
    from_ms: int | None = None
    to_ms: int | None = None

    def plan(self) -> tuple[list[Partition], Mapping[str, str]]:
        """Return the partitions that have the events, and what must be looked for in them: they are by the first of what's
        given.
        """
        given = {"user_id": self.user_id, "actor_id": self.actor_id, "event": self.event and str(self.event)}
        wanted = [(name, value) for name, value in given.items() if value is not None]
        return keys.audit_partitions(**dict(wanted)), dict(wanted[1:])


def page(db: Database, table: str, search: Search, limit: int, after: str | None) -> tuple[list[Item], str | None]:
    """Return the events of the Audit table that `search` is for, newest first, at most `limit`, those behind the position
    `after`; then the next position, None at the end. A page may be short while another follows.

    The position is the sort key of an event, by which all of them are in one order: so the pages of several partitions are
    one, and each costs one call a partition, side by side.

    Raises:
        InvalidField: the time asked for ends before it begins.
    """
    if search.from_ms is not None and search.to_ms is not None and search.to_ms <= search.from_ms:
        raise InvalidField("to", "must be later than `from`")
    first, last = keys.audit_range(search.from_ms, search.to_ms, after)
    if last < first:
        return [], None
    partitions, filters = search.plan()
    query = partial(
        db.query_newest,
        table,
        first=first,
        last=last,
        limit=max(limit, _LOOKED_AT) if filters else limit,
        equal=filters,
    )
    found = together(*(partial(query, each) for each in partitions))
    # Where a partition was not read to its end, nothing older than what was read there may be shown yet.
    horizon = max((reached for _, reached in found if reached is not None), default="")
    events = sorted((item for items, _ in found for item in items if item["sk"] >= horizon), key=itemgetter("sk"), reverse=True)
    position = events[limit - 1]["sk"] if len(events) > limit else horizon
    now = clock.now()
    return [item for item in events[:limit] if now < item["expires_at"]], position or None


def described(item: Item) -> dict[str, Any]:
    """Return what an administrator sees of an event: what its user does, and in any case whose it is, who did it, and from
    where; and of which signing key it is.
    """
    return audit.described(item) | {
        name: item.get(name) for name in ("user_id", "actor_id", "api_key_id", "kid", "ip", "user_agent")
    }
