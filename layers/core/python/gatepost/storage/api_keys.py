"""API keys in the Users table: one item a key, beside its user, who has the set of their ids.

By the set a user has only so many, however many calls make one at once, and takes all of them with them when they go.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from gatepost.storage import keys, writes
from gatepost.storage.shapes import known
from gatepost.storage.table import Database
from gatepost.storage.users import User
from gatepost.storage.writes import Item, Write, put, update


@dataclass(frozen=True)
class ApiKey:
    """An API key: its `permissions`, and the digest of its secret.

    It works while `epoch` is its user's `api_key_epoch`. Its tokens are for `audience` beside the issuer, and nobody else;
    where that's None, for whom they're asked for. Times are seconds since the epoch; `last_used_at` is None before the first
    use.
    """

    id: str
    user_id: str
    name: str
    permissions: tuple[str, ...]
    secret_digest: bytes
    epoch: int
    created_at: int
    expires_at: int
    audience: str | None = None
    last_used_at: int | None = None


def from_item(item: Item | None) -> ApiKey | None:
    """Return the key that `item` holds, if there is one."""
    if item is None:
        return None
    return ApiKey(**known(ApiKey, item) | {"permissions": tuple(item["permissions"])})


def read_all(db: Database, table: str, user: User) -> list[ApiKey]:
    """Return all keys of `user`, in no order, those that are over included. Raises `Unavailable`."""
    if not user.api_keys:
        return []
    items = db.get_many(*((table, keys.api_key(user.id, key_id)) for key_id in user.api_keys))
    return [key for key in map(from_item, items) if key is not None]


def create(table: str, user: User, key: ApiKey, *, allowed: int) -> tuple[Write, Write]:
    """Write a new key, which is one of `allowed` at the most, of a user who is active, has proven the address, and whose rights
    and sessions are still as `user` was read.
    """
    return (
        update(
            table,
            keys.user(user.id),
            "ADD api_keys :added",
            "#status = :active AND email_verified = :true AND version = :version AND epoch = :epoch"
            " AND (attribute_not_exists(api_keys) OR size(api_keys) < :allowed)",
            added={key.id},
            active="active",
            true=True,
            version=user.version,
            epoch=user.epoch,
            allowed=allowed,
        ),
        put(table, _item(key), "attribute_not_exists(pk)"),
    )


def delete(table: str, user_id: str, key_id: str) -> tuple[Write, Write]:
    """Delete a key of a user, provided that there is one."""
    return (
        _take_from_user(table, user_id, {key_id}),
        writes.delete(table, keys.api_key(user_id, key_id), "attribute_exists(pk)"),
    )


def forget(table: str, user_id: str, key_ids: Collection[str]) -> list[Write]:
    """Delete keys of a user that are over, whether or not they're still there."""
    return [
        _take_from_user(table, user_id, set(key_ids)),
        *(writes.delete(table, keys.api_key(user_id, key_id)) for key_id in key_ids),
    ]


def note_use(table: str, key: ApiKey, now: int) -> Write:
    """Note that a key was used, provided that there still is one."""
    return update(table, keys.api_key(key.user_id, key.id), "SET last_used_at = :now", "attribute_exists(pk)", now=now)


def _take_from_user(table: str, user_id: str, key_ids: set[str]) -> Write:
    return update(table, keys.user(user_id), "DELETE api_keys :taken", "attribute_exists(pk)", taken=key_ids)


def _item(key: ApiKey) -> Item:
    fields = {name: value for name, value in asdict(key).items() if value is not None}
    return {**keys.api_key(key.user_id, key.id), **fields, "permissions": list(key.permissions)}
