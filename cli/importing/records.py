"""What a file of users says, one entry a user, in Gatepost's own terms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gatepost.accounts.email_addresses import EmailAddress


@dataclass(frozen=True)
class Record:
    """A user to be imported, checked and in the form that the Users table holds.

    `line` is the line (from 1) of the file on which the user begins. `password_hash` is a hash that sign-in takes, None where
    the other system gives none: the owner gets in by a mailed code or a reset then. `roles` are names, which the deployment
    may not know. `source_id` is the id that the other system knew the user by. `created_at` is in seconds since the epoch, None
    where the file doesn't say.

    Exports of Gatepost alone have `id`, `further` attributes of the profile, and `attached` items of the user, such as API
    keys, each with its sort key (`sk`).
    """

    line: int
    email: EmailAddress
    email_verified: bool
    name: str | None = None
    password_hash: str | None = None
    status: Literal["active", "disabled"] = "active"
    roles: tuple[str, ...] = ()
    created_at: int | None = None
    source_id: str | None = None
    id: str | None = None
    further: Mapping[str, Any] = field(default_factory=dict)
    attached: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Refusal:
    """An entry that can't be imported: on which line it begins, and why. The reason never repeats a secret."""

    line: int
    reason: str


Entry = Record | Refusal
Entries = Iterator[Entry]
