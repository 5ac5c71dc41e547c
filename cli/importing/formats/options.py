"""What readers of exports share: what they may be given besides the file, and how they say that it's of no use."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cli.importing.records import Entries


@dataclass(frozen=True)
class Options:
    """What a system keeps outside its export of users. A format takes what its own system has, and leaves the rest alone.

    `hashes` is Auth0's file of password hashes, `firebase_hash_config` the text of the hash parameters that Firebase's console
    shows. `roles_claim` names the claim that holds the names of a user's roles, where the system knows none but what an app
    wrote there (Firebase's custom claims, Auth0's `app_metadata`).
    """

    hashes: Path | None = None
    firebase_hash_config: Path | None = None
    roles_claim: str | None = None


class UnusableOption(Exception):
    """A file that was given besides the export can't be used, or is missing: no user is read before that is mended.

    The text says which, and what to do, and never repeats a secret.
    """


# Yields a user or a refusal for each user of the file, in its order and without ever holding more than one of them.
# Whatever the file holds, it raises nothing but `UnusableOption`.
Reader = Callable[[BinaryIO, Options], Entries]
