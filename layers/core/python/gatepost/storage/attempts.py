"""Registration attempts in the Sessions table."""

from dataclasses import dataclass, field, replace
from typing import Any

from gatepost.identifiers import new_id, new_secret
from gatepost.storage import keys
from gatepost.storage.shapes import known
from gatepost.storage.writes import Item, Write, delete, put

_PADDED_TO = 1000  # bytes: an address of 254, a name of 400, five digests; with the rest it's more than 1 KB and less than 2
SLOTS = 5  # attempts that stand side by side for one address


@dataclass(frozen=True)
class Attempt:
    """A registration that waits for its mail to be answered.

    `slot` is its place among those of its address. `token_digests` are those of the links mailed for it. `created_at_ms`
    is in milliseconds, `expires_at` in seconds since the epoch. `further` is what newer code keeps with it.
    """

    email: str
    email_digest: bytes
    slot: int
    name: str | None
    password_hash: str
    token_digests: tuple[bytes, ...]
    created_at_ms: int
    expires_at: int
    further: dict[str, Any] = field(default_factory=dict, compare=False)


def from_item(item: Item | None, email_digest: bytes) -> Attempt | None:
    """Return the attempt that `item` holds."""
    if item is None:
        return None
    kept = {name: value for name, value in item.items() if name != "padding"}
    own = {"email_digest": email_digest, "name": item.get("name"), "token_digests": tuple(item["token_digests"])}
    return Attempt(**known(Attempt, kept) | own)


def write(table: str, attempt: Attempt, *, replacing: Attempt | None) -> Write:
    """Write `attempt` in its slot, provided that what stands there is still `replacing`, or nothing."""
    item = {**attempt.further, **keys.registration_attempt(attempt.email_digest, attempt.slot), **_fields(attempt)}
    if replacing is None:
        return put(table, item, "attribute_not_exists(pk)")
    return put(table, item, "token_digests = :digests", digests=list(replacing.token_digests))


def write_decoy(table: str, attempt: Attempt, filler: str) -> Write:
    """Write as much as `attempt` would be, but nothing of it, where nobody ever reads it. `filler` stands for its
    password hash.
    """
    blank = replace(
        attempt,
        email="-" * len(attempt.email),
        name=None if attempt.name is None else "-" * len(attempt.name.encode()),
        password_hash=filler,
        token_digests=(new_secret(),),
    )
    return put(table, {**keys.decoy(attempt.email_digest, new_id()), **_fields(blank)})


def use(table: str, attempt: Attempt, token_digest: bytes) -> list[Write]:
    """Delete `attempt`, provided that the link with `token_digest` is still one of its, and with it all others of the
    address.
    """
    address = attempt.email_digest
    return [
        delete(
            table, keys.registration_attempt(address, attempt.slot), "contains(token_digests, :digest)", digest=token_digest
        ),
        *(delete(table, keys.registration_attempt(address, slot)) for slot in range(SLOTS) if slot != attempt.slot),
    ]


def forget(table: str, email_digest: bytes) -> list[Write]:
    """Delete whatever attempts an address has."""
    return [delete(table, keys.registration_attempt(email_digest, slot)) for slot in range(SLOTS)]


def _fields(attempt: Attempt) -> Item:
    fields = {
        "email": attempt.email,
        "slot": attempt.slot,
        "password_hash": attempt.password_hash,
        "token_digests": list(attempt.token_digests),
        "created_at_ms": attempt.created_at_ms,
        "expires_at": attempt.expires_at,
    }
    if attempt.name is not None:
        fields["name"] = attempt.name
    # Whatever was given and however often it was mailed: all are of one size, so that a decoy costs what they do.
    used = len(attempt.email) + len((attempt.name or "").encode()) + 33 * len(attempt.token_digests)
    return fields | {"padding": b"-" * (_PADDED_TO - used)}
