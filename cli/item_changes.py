"""Giving the items of a running deployment a new shape, so that code that reads the old one no more can follow.

docs/changing-items.md says what goes before it and what after.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

from gatepost.config import ServiceSettings
from gatepost.errors import Unavailable
from gatepost.storage import item_shapes
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.table import Database
from gatepost.storage.writes import Item

SEGMENTS = 4  # of a table, gone through side by side
_TRIES = 10
_TOLD_AFTER = 1000  # items


@dataclass(frozen=True)
class Change:
    """How items get the shape `shape`: those of a table, named by its setting (`users_table`), whose partition keys begin with
    `prefix`.

    `upgraded` returns what becomes of an item, None where nothing does: it has that shape already, or is of another kind.
    """

    shape: int
    table: str
    prefix: str
    upgraded: Callable[[Item], Item | None]


# Of every shape after the first, in their order: those that deployments may still have before them.
CHANGES: tuple[Change, ...] = ()


def apply(db: Database, settings: ServiceSettings, changes: Sequence[Change], tell: Callable[[int, int], None]) -> int:
    """Give all items the newest shape; return how many got it. It may run any number of times, beside code of both shapes, and
    be stopped at any time: what it has done stays done, and what it did not, it does when it runs again.

    `tell` hears now and then how many items were looked at, and how many got the shape.

    Raises:
        Unavailable: DynamoDB fails.
    """
    marker = item_shapes.read(db, settings.roles_table)
    oldest, newest = item_shapes.standing(marker)
    wanted = [change for change in changes if oldest < change.shape]
    if newest < item_shapes.NEWEST:
        db.write(item_shapes.note_newest(settings.roles_table, item_shapes.NEWEST))
    changed = sum(_apply(db, getattr(settings, change.table), change, tell) for change in wanted)
    if oldest < item_shapes.NEWEST:
        db.write(item_shapes.note_oldest(settings.roles_table, item_shapes.NEWEST))
    return changed


def _apply(db: Database, table: str, change: Change, tell: Callable[[int, int], None]) -> int:
    def segment(number: int) -> int:
        changed = 0
        for seen, item in zip(count(1), db.scan(table, change.prefix, segment=number, segments=SEGMENTS), strict=False):
            changed += _upgrade(db, table, change, item)
            if seen % _TOLD_AFTER == 0:
                tell(seen, changed)
        return changed

    with ThreadPoolExecutor(SEGMENTS) as threads:
        return sum(threads.map(segment, range(SEGMENTS)))


def _upgrade(db: Database, table: str, change: Change, item: Item) -> bool:
    """Write what becomes of `item`, provided that what it touches is still as it was read; else of what it is by now."""
    current: Item | None = item
    for _ in range(_TRIES):
        after = change.upgraded(current) if current else None
        if current is None or after is None:
            return False
        try:
            db.write(item_shapes.rewrite(table, current, after))
        except ConditionFailed as refusal:
            current = refusal.items[0]
            continue
        return True
    raise Unavailable
