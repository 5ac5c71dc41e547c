"""The Users table: users, and the claims that make their addresses unique."""

from dataclasses import dataclass
from typing import Literal

from gatepost.storage import keys
from gatepost.storage.writes import Item, Write, check, put, update


@dataclass(frozen=True)
class User:
    """A user.

    `email` is the address mail goes to; `email_digest` the digest of its canonical form. `epoch` is raised whenever all
    sessions end, `version` whenever access tokens may no longer be taken (the claim `ver`). Times are seconds since the
    epoch.
    """

    id: str
    email: str
    email_digest: bytes
    email_verified: bool
    name: str | None
    password_hash: str
    status: Literal["active", "disabled"]
    roles: tuple[str, ...]
    epoch: int
    version: int
    created_at: int


def from_item(item: Item | None) -> User | None:
    """Return the user that `item` holds."""
    if item is None:
        return None
    return User(
        id=item["id"],
        email=item["email"],
        email_digest=item["email_digest"],
        email_verified=item["email_verified"],
        name=item.get("name"),
        password_hash=item["password_hash"],
        status=item["status"],
        roles=tuple(item["roles"]),
        epoch=item["epoch"],
        version=item["version"],
        created_at=item["created_at"],
    )


def create(table: str, user: User) -> tuple[Write, Write]:
    """Claim the address and write the user; both fail if they're there."""
    claim = {**keys.email_claim(user.email_digest), "user_id": user.id, "email": user.email, "created_at": user.created_at}
    item = {
        **keys.user(user.id),
        "id": user.id,
        "email": user.email,
        "email_digest": user.email_digest,
        "email_verified": user.email_verified,
        "password_hash": user.password_hash,
        "status": user.status,
        "roles": list(user.roles),
        "epoch": user.epoch,
        "version": user.version,
        "created_at": user.created_at,
    }
    if user.name is not None:
        item["name"] = user.name
    return (put(table, claim, "attribute_not_exists(pk)"), put(table, item, "attribute_not_exists(pk)"))


def demand_unchanged(table: str, user: User) -> Write:
    """Demand that the user is still active and that neither the password nor the epoch has changed since `user` was read."""
    return check(
        table,
        keys.user(user.id),
        "#status = :active AND epoch = :epoch AND password_hash = :hash",
        active="active",
        epoch=user.epoch,
        hash=user.password_hash,
    )


def rename(table: str, user_id: str, name: str | None) -> Write:
    """Set or remove the name of an active user."""
    if name is None:
        return update(table, keys.user(user_id), "REMOVE #name", "#status = :active", active="active")
    return update(table, keys.user(user_id), "SET #name = :name", "#status = :active", active="active", name=name)
