"""What shapes the items of this deployment's tables have, and which this code reads.

A shape is a number that is raised when an item changes so that older code can't read it; what older code can leave alone, such
as a further attribute, changes no shape. The marker, an item of the Roles table, says which shapes may stand in the tables;
without one it's the first alone. docs/decisions/0032, docs/changing-items.md
"""

from typing import Any

from gatepost.storage import keys
from gatepost.storage.table import Database
from gatepost.storage.writes import Item, Write, update

# What this code reads. It writes the newest.
OLDEST, NEWEST = 1, 1
_FIRST = 1


def read(db: Database, table: str) -> Item | None:
    """Return the marker. Raises `Unavailable`."""
    return db.get(table, keys.item_shapes())


def unreadable(marker: Item | None) -> list[str]:
    """Return, in words, what may stand in the tables, as `marker` says, that this code doesn't read."""
    oldest, newest = standing(marker)
    found = []
    if oldest < OLDEST:
        found.append(f"items of shape {oldest} are left, and this code reads none before {OLDEST}: run `gatepost migrate`")
    if newest > NEWEST:
        found.append(f"items have shape {newest}, and this code reads none after {NEWEST}: deploy newer code")
    return found


def standing(marker: Item | None) -> tuple[int, int]:
    """Return the oldest and the newest shape that may stand in the tables, as `marker` says."""
    return (marker or {}).get("oldest", _FIRST), (marker or {}).get("newest", _FIRST)


def note_newest(table: str, newest: int) -> Write:
    """Note that items of shape `newest` may be written from now on. It's never lowered."""
    return update(
        table, keys.item_shapes(), "SET newest = :newest", "attribute_not_exists(newest) OR newest < :newest", newest=newest
    )


def note_oldest(table: str, oldest: int) -> Write:
    """Note that no item of a shape before `oldest` is left. It's never lowered."""
    return update(
        table, keys.item_shapes(), "SET oldest = :oldest", "attribute_not_exists(oldest) OR oldest < :oldest", oldest=oldest
    )


def rewrite(table: str, before: Item, after: Item) -> Write:
    """Make `after` of the item `before`, provided that it's still there, and that what changes of it is still as it was. All
    else may have changed meanwhile, and stays.
    """
    touched = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    removed, put = [name for name in touched if name not in after], [name for name in touched if name in after]
    parts = ["SET " + ", ".join(f"#{name} = :new_{name}" for name in put)] if put else []
    parts += ["REMOVE " + ", ".join(f"#{name}" for name in removed)] if removed else []
    conditions = [f"#{name} = :old_{name}" if name in before else f"attribute_not_exists(#{name})" for name in touched]
    values = {f"new_{name}": after[name] for name in put}
    values |= {f"old_{name}": before[name] for name in touched if name in before}
    key: Any = {name: before[name] for name in ("pk", "sk") if name in before}
    return update(table, key, " ".join(parts), " AND ".join(["attribute_exists(pk)", *conditions]), **values)
