"""The set of administrators, an item of the Users table: the ids of the active users who have the role `admin`.

Whoever becomes one or ceases to be one is written into it in the same transaction, so that one always remains.
"""

from gatepost.storage import keys
from gatepost.storage.writes import Write, update


def add(table: str, user_id: str) -> Write:
    """Note that a user is an active administrator."""
    return update(table, keys.administrators(), "ADD ids :ids", ids={user_id})


def remove(table: str, user_id: str) -> Write:
    """Note that a user is no longer one, provided that another remains."""
    return update(
        table,
        keys.administrators(),
        "DELETE ids :ids",
        "attribute_exists(ids) AND (size(ids) > :one OR NOT contains(ids, :id))",
        ids={user_id},
        id=user_id,
        one=1,
    )
