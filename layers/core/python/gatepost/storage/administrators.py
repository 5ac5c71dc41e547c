"""The set of administrators, an item of the Users table: the ids of the active users who have the role `admin`.

Whoever becomes one or ceases to be one is written into it in the same transaction, so that one always remains.
"""

from gatepost.access.roles import ADMIN
from gatepost.storage import keys
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.users import User
from gatepost.storage.writes import Write, update


def add(table: str, *user_ids: str) -> Write:
    """Note that users are active administrators."""
    return update(table, keys.administrators(), "ADD ids :ids", ids=set(user_ids))


def add_first(table: str, user_id: str) -> Write:
    """As `add`, provided that there is none."""
    return update(table, keys.administrators(), "ADD ids :ids", "attribute_not_exists(ids)", ids={user_id})


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


def follow(table: str, before: User | None, after: User | None) -> list[Write]:
    """Return what a change of a user from `before` to `after`, None where there's none, means for the set: at most one write,
    to be the first of the transaction.
    """
    was, becomes = is_one(before), is_one(after)
    if after is not None and becomes and not was:
        return [add(table, after.id)]
    return [remove(table, before.id)] if before is not None and was and not becomes else []


def was_the_last(followed: list[Write], refusal: ConditionFailed) -> bool:
    """Return whether a transaction that began with `followed` was refused since no other administrator would remain."""
    return bool(followed) and set(refusal.items) == {0}


def is_one(user: User | None) -> bool:
    """Return whether `user` belongs into the set."""
    return user is not None and user.status == "active" and ADMIN in user.roles
