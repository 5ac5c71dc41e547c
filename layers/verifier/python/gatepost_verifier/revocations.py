"""The issuer's revocation list: whose tokens must no longer be taken although they haven't expired, and whose signatures.

It is public and short, since it names only what was revoked within one token lifetime. A verifier fetches it when the last
copy is older than its `max_age`, so what was revoked is refused within that, the five seconds that HTTP caches may keep the
list, and `TIMEOUT`. While it can't be had the last one goes on until it says nothing any more about a token that is still good.
"""

import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from logging import getLogger
from typing import Any, NamedTuple

from gatepost_verifier.claims import AccessToken
from gatepost_verifier.documents import Document
from gatepost_verifier.encoding import encode_base64url, parse_json_object
from gatepost_verifier.errors import RevocationsUnknown

PATH = "/.well-known/gatepost/revocations"
MAX_AGES = range(1, 900 + 1)
"""Seconds a list may be old: beyond a token's lifetime it would be no list."""
STALE = 930
"""Seconds after which a list is of no use: every token from before it has expired, leeway included."""
RETRY = 5
"""Seconds between two fetches at the least, so that an outage costs few calls their `TIMEOUT`."""
TIMEOUT = 1.0
"""Seconds that a call waits for the list."""
MAX_ENTRIES = 50_000
"""Of sessions, and of users."""
MAX_BYTES = MAX_ENTRIES * 60
"""A session takes 20 bytes (its hash, quotes, comma, blank), a user up to 38."""

_HASH_BYTES, _HASH_LENGTH = 12, 16
_VERSION_LIMIT = 2**53
_logger = getLogger(__name__)


class RevocationList(NamedTuple):
    """Hashes of ended sessions; for each hash of a user the least `ver` that is still good; hashes of the `kid` of keys that
    were removed.
    """

    sessions: frozenset[str]
    users: Mapping[str, int]
    keys: frozenset[str] = frozenset()

    def names(self, token: AccessToken, kid: str) -> bool:
        """Whether `token` is of an ended session, or from before its user's tokens were all revoked, or signed by a key `kid`
        that was removed.
        """
        if self.keys and hashed(kid) in self.keys:
            return True
        if self.sessions and token.sid is not None and hashed(token.sid) in self.sessions:
            return True
        least = self.users.get(hashed(token.sub)) if self.users else None
        return least is not None and (token.ver is None or token.ver < least)


_EMPTY = RevocationList(frozenset(), {})


class RevocationSource:
    """The revocation list of `issuer`, at most `max_age` seconds old. Nothing is fetched before the first `current` or `begin`.

    `clock` gives seconds that never go back. May be used by several threads. Raises ValueError if the issuer is no URL to
    fetch from (`document_url`), or `max_age` is none of `MAX_AGES`.
    """

    def __init__(self, issuer: str, *, max_age: int, clock: Callable[[], float] = time.monotonic) -> None:
        if max_age not in MAX_AGES:
            raise ValueError(f"a revocation list may be {MAX_AGES[0]} to {MAX_AGES[-1]} seconds old")
        self._document = Document(issuer, PATH, parse_revocations, max_bytes=MAX_BYTES, clock=clock)
        self.max_age = max_age
        self._cool_down = min(RETRY, max_age)
        self._clock = clock

    def begin(self) -> None:
        """Begin to fetch the first list, so that it is there once a token is verified. Does nothing when there is one."""
        if self._document.copy is None:
            self._document.begin(self._cool_down)

    def current(self) -> RevocationList:
        """The list as it is now: the same object until it changes. Waits `TIMEOUT` at the most.

        Raises RevocationsUnknown if none could be had for too long.
        """
        document = self._document
        if document.copy is not None and document.age() < self.max_age:  # which is below `STALE`
            return document.copy.value
        document.refresh(self._cool_down, TIMEOUT)
        # Without any list an empty one, from when it was first asked for: an environment that starts in an outage is no worse
        # off than one that was there before.
        known, since = (document.copy.value, document.copy.fetched_at) if document.copy else (_EMPTY, document.first_tried_at)
        if self._clock() - since >= STALE:
            raise RevocationsUnknown("no revocation list could be had for a token's lifetime")
        return known


def hashed(identifier: str) -> str:
    """What the list has for a session's or user's id: 96 bits of its SHA-256 in base64url."""
    return encode_base64url(sha256(identifier.encode()).digest()[:_HASH_BYTES])


def parse_revocations(body: bytes) -> RevocationList:
    """The list that `body` is; other members may stand in it. Raises ValueError for anything that isn't one."""
    members = parse_json_object(body)
    sessions, users, complete = (members.get(name) for name in ("sessions", "users", "complete"))
    keys = members.get("keys", [])  # seldom any
    if not isinstance(sessions, list) or not isinstance(users, dict) or not isinstance(complete, bool):
        raise ValueError("a revocation list has `sessions`, `users` and `complete`")
    if not isinstance(keys, list):
        raise ValueError("`keys` of a revocation list is a list")
    if len(sessions) > MAX_ENTRIES or len(users) > MAX_ENTRIES:
        raise ValueError(f"a revocation list has {MAX_ENTRIES} sessions and users each at the most")
    # A hash of another length would never match, and so revoke nothing without a word.
    if not _are_hashes(sessions) or not _are_hashes(list(users)) or not _are_hashes(keys):
        raise ValueError(f"a hash in the revocation list hasn't {_HASH_LENGTH} characters")
    if not all(type(least) is int and 0 <= least < _VERSION_LIMIT for least in users.values()):
        raise ValueError("a version in the revocation list isn't an integer from 0 to 2**53 - 1")
    if not complete:
        _logger.warning("the revocation list isn't complete: more was revoked than it holds")
    return RevocationList(frozenset(sessions), users, frozenset(keys))


def _are_hashes(values: list[Any]) -> bool:
    return {type(value) for value in values} <= {str} and {len(value) for value in values} <= {_HASH_LENGTH}
