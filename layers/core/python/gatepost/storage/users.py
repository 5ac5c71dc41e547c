"""The Users table: users, and the claims that make their addresses unique."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gatepost.storage import keys, suppressions
from gatepost.storage.suppressions import Suppression
from gatepost.storage.writes import Item, Write, check, delete, put, update

_UNCHANGED = "#status = :active AND epoch = :epoch AND password_hash = :hash"
_SAME_ADDRESS = "email_digest = :address"
_AS_READ = "#status = :old_status AND epoch = :old_epoch AND version = :old_version"
_CHANGEABLE = ("name", "email_verified", "password_hash", "status", "roles", "epoch", "version", "api_key_epoch")


@dataclass(frozen=True)
class User:
    """A user.

    `email` is the address mail goes to; `email_digest` the digest of its canonical form. `epoch` is raised whenever all
    sessions end, `version` whenever access tokens may no longer be taken (the claim `ver`), `api_key_epoch` whenever all API
    keys end; `api_keys` are the ids of those there are, over or not. `mail_stopped` says why no mail goes to the address, if
    none does. A new user has neither. Times are seconds since the epoch.
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
    mail_stopped: Suppression | None = None
    api_key_epoch: int = 0
    api_keys: frozenset[str] = frozenset()


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
        mail_stopped=suppressions.from_attribute(item.get("mail_stopped")),
        api_key_epoch=item.get("api_key_epoch", 0),
        api_keys=frozenset(item.get("api_keys", ())),
    )


def create(table: str, user: User, further: Mapping[str, Any] | None = None) -> tuple[Write, Write]:
    """Claim the address and write the user; both fail if they're there. `further` attributes are such as `User` has not."""
    item = {
        **(further or {}),
        **keys.user(user.id),
        "id": user.id,
        "email": user.email,
        "email_digest": user.email_digest,
        **_by_address(user.email),
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
    return (put(table, _claim(user), "attribute_not_exists(pk)"), put(table, item, "attribute_not_exists(pk)"))


def claim_again(table: str, user: User) -> Write:
    """Claim the address for a user who comes back, provided that it's nobody else's by now."""
    return put(table, _claim(user), "attribute_not_exists(pk) OR user_id = :id", id=user.id)


def _claim(user: User) -> Item:
    return {**keys.email_claim(user.email_digest), "user_id": user.id, "email": user.email}


def _by_address(email: str) -> keys.AddressKey:
    """Return the keys of the index, which has users alone. An address is ASCII: its canonical form is its lower case."""
    return keys.user_by_address(email.lower())


def demand_unchanged(table: str, user: User) -> Write:
    """Demand that the user is still active and that neither password, address nor epoch has changed since `user` was read."""
    return check(
        table,
        keys.user(user.id),
        f"{_UNCHANGED} AND {_SAME_ADDRESS}",
        active="active",
        epoch=user.epoch,
        hash=user.password_hash,
        address=user.email_digest,
    )


def demand_same_rights(table: str, user: User) -> Write:
    """Demand that the user is still active and has the version, so the roles, that `user` was read with."""
    return check(table, keys.user(user.id), "#status = :active AND version = :version", active="active", version=user.version)


def prove_address(table: str, user: User) -> Write:
    """As `demand_unchanged`, and note that the address is verified: a mail to it was answered."""
    return update(
        table,
        keys.user(user.id),
        "SET email_verified = :true",
        f"{_UNCHANGED} AND {_SAME_ADDRESS}",
        true=True,
        active="active",
        epoch=user.epoch,
        hash=user.password_hash,
        address=user.email_digest,
    )


def reset_password(table: str, user: User, password_hash: str) -> Write:
    """Set a new password, end all sessions and API keys and void all access tokens of a user who is as `user` was read, and who
    has just proven the address.

    A disabled user stays disabled.
    """
    return update(
        table,
        keys.user(user.id),
        "SET password_hash = :new, epoch = :next_epoch, version = :next_version, api_key_epoch = :next_api_key_epoch, "
        "email_verified = :true",
        f"epoch = :epoch AND version = :version AND password_hash = :hash AND {_SAME_ADDRESS}",
        new=password_hash,
        next_epoch=user.epoch + 1,
        next_version=user.version + 1,
        next_api_key_epoch=user.api_key_epoch + 1,
        true=True,
        epoch=user.epoch,
        version=user.version,
        hash=user.password_hash,
        address=user.email_digest,
    )


def change_password(table: str, user: User, password_hash: str, *, void_tokens: bool) -> Write:
    """Set a new password and end all sessions of an active user who is as `user` was read; `void_tokens` raises the version."""
    return update(
        table,
        keys.user(user.id),
        "SET password_hash = :new, epoch = :next_epoch, version = :version",
        _UNCHANGED,
        new=password_hash,
        next_epoch=user.epoch + 1,
        version=user.version + 1 if void_tokens else user.version,
        active="active",
        epoch=user.epoch,
        hash=user.password_hash,
    )


def upgrade_hash(table: str, user: User, password_hash: str) -> Write:
    """As `demand_unchanged`, and replace the hash of the password by a stronger one of the same password."""
    return update(
        table,
        keys.user(user.id),
        "SET password_hash = :new",
        f"{_UNCHANGED} AND {_SAME_ADDRESS}",
        new=password_hash,
        active="active",
        epoch=user.epoch,
        hash=user.password_hash,
        address=user.email_digest,
    )


def change_email(table: str, user: User, email: str, email_digest: bytes) -> tuple[Write, Write, Write]:
    """Claim a new address, give up the old one, and write it into the user, who is active and still has the old one.

    What stopped mail to the old one is none of the new one's.
    """
    claim = {**keys.email_claim(email_digest), "user_id": user.id, "email": email}
    return (
        put(table, claim, "attribute_not_exists(pk)"),
        delete(table, keys.email_claim(user.email_digest), "user_id = :id", id=user.id),
        update(
            table,
            keys.user(user.id),
            "SET email = :email, email_digest = :digest, address_range = :address_range, address = :address, "
            "email_verified = :true REMOVE mail_stopped",
            "#status = :active AND email_digest = :old",
            **_by_address(email),
            email=email,
            digest=email_digest,
            true=True,
            active="active",
            old=user.email_digest,
        ),
    )


def erase(table: str, user: User) -> list[Write]:
    """Delete a user who is as `user` was read, their API keys, and the claim of their address, which is free then."""
    same_keys = "api_keys = :api_keys" if user.api_keys else "attribute_not_exists(api_keys)"
    return [
        delete(table, keys.email_claim(user.email_digest), "user_id = :id", id=user.id),
        delete(
            table,
            keys.user(user.id),
            f"{_AS_READ} AND password_hash = :hash AND {_SAME_ADDRESS} AND {same_keys}",
            **_as_read(user),
            **({"api_keys": set(user.api_keys)} if user.api_keys else {}),
            hash=user.password_hash,
            address=user.email_digest,
        ),
        *(delete(table, keys.api_key(user.id, key_id)) for key_id in user.api_keys),
    ]


def stop_mail(table: str, user_id: str, address_digest: bytes, suppression: Suppression) -> Write:
    """Note why mail has stopped, in a user who still has the address."""
    to, stopped = keys.user(user_id), suppressions.to_attribute(suppression)
    return update(table, to, "SET mail_stopped = :stopped", "email_digest = :digest", stopped=stopped, digest=address_digest)


def resume_mail(table: str, user_id: str, address_digest: bytes) -> Write:
    """Note that mail goes again to a user who still has the address."""
    return update(table, keys.user(user_id), "REMOVE mail_stopped", "email_digest = :digest", digest=address_digest)


def change(table: str, before: User, after: User) -> Write:
    """Write into the user in which ways `after` differs from `before`, whose status, epoch and version are still the same."""
    changes = {name: getattr(after, name) for name in _CHANGEABLE if getattr(after, name) != getattr(before, name)}
    values = {name: list(value) if name == "roles" else value for name, value in changes.items() if value is not None}
    removed = [f"#{name}" for name in changes if name not in values]
    parts = ["SET " + ", ".join(f"#{name} = :{name}" for name in values)] if values else []
    parts += ["REMOVE " + ", ".join(removed)] if removed else []
    return update(table, keys.user(before.id), " ".join(parts), _AS_READ, **_as_read(before), **values)


def _as_read(user: User) -> dict[str, Any]:
    return {"old_status": user.status, "old_epoch": user.epoch, "old_version": user.version}


def rename(table: str, user_id: str, name: str | None) -> Write:
    """Set or remove the name of an active user."""
    if name is None:
        return update(table, keys.user(user_id), "REMOVE #name", "#status = :active", active="active")
    return update(table, keys.user(user_id), "SET #name = :name", "#status = :active", active="active", name=name)
