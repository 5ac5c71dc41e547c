"""Tokens that were verified, so that one that comes again costs no signature check."""

import threading
from collections import OrderedDict
from typing import NamedTuple

from gatepost_verifier.claims import AccessToken
from gatepost_verifier.key_set import VerificationKey
from gatepost_verifier.revocations import RevocationList


class Verified(NamedTuple):
    """What was found: the claims, the key that signed them, and the last revocation list that doesn't name the token."""

    token: AccessToken
    key: VerificationKey
    not_named_by: RevocationList | None = None


class TokenCache:
    """The tokens verified last, by the SHA-256 of their text: no token can be read out of it.

    At most `max_entries`, which together had `max_characters`; what is kept takes five to seven bytes a character, so the
    defaults are 7 MB at the most. May be used by several threads.
    """

    def __init__(self, *, max_entries: int = 1000, max_characters: int = 1_000_000) -> None:
        self._max_entries = max_entries
        self._max_characters = max_characters
        self._lock = threading.Lock()
        # The one used last stands last.
        self._entries: OrderedDict[bytes, tuple[Verified, int]] = OrderedDict()
        self._characters = 0

    def get(self, digest: bytes) -> Verified | None:
        """The entry of a token, which was used just now. Who doesn't find it good any more lets it `drop`."""
        with self._lock:
            entry = self._entries.get(digest)
            if entry is None:
                return None
            self._entries.move_to_end(digest)
            return entry[0]

    def drop(self, digest: bytes) -> None:
        """Forget a token, if it is there."""
        with self._lock:
            entry = self._entries.pop(digest, None)
            if entry is not None:
                self._characters -= entry[1]

    def keep(self, digest: bytes, verified: Verified, characters: int, expired: float) -> None:
        """Keep a token of so many `characters`; let go of those used longest ago that are too many, or were good until
        `expired` at the most, in seconds since the epoch.
        """
        with self._lock:
            before = self._entries.pop(digest, None)
            self._entries[digest] = (verified, characters)
            self._characters += characters - (before[1] if before else 0)
            while self._entries:
                oldest, its_characters = next(iter(self._entries.values()))
                fits = len(self._entries) <= self._max_entries and self._characters <= self._max_characters
                if fits and oldest.token.exp > expired:
                    break
                self._entries.popitem(last=False)
                self._characters -= its_characters

    def __len__(self) -> int:
        return len(self._entries)
