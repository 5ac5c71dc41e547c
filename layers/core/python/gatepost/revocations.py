"""The revocation list: whose still-unexpired access tokens must no longer be taken.

An entry is written in the transaction that ends a session or changes what a user may, under a key by quarter of an hour
and shard, so that the list is read without a scan and no key is hot. It's kept for one token lifetime: what was revoked
before that has expired.
"""

import hashlib
import zlib
from dataclasses import dataclass
from functools import partial

from gatepost import clock, telemetry
from gatepost.identifiers import base64url
from gatepost.storage import keys
from gatepost.storage.table import Database, together
from gatepost.storage.writes import Write, put
from gatepost.telemetry import Metric

BUCKET = 900  # seconds
SHARDS = 4
MAX_ENTRIES = 50_000
# A token lives 900 s from when it's issued, and verifiers allow 30 s more; an entry's time is taken a little before its
# transaction commits, until when a token may still be issued.
LISTED = 930 + 60
_HASH_BYTES = 12


@dataclass(frozen=True)
class RevocationList:
    """Hashes of ended sessions; for each hash of a user the least `ver` that is still good; and whether that is all."""

    sessions: tuple[str, ...]
    users: dict[str, int]
    complete: bool


def hashed(identifier: str) -> str:
    """Return what the list has for a session's or user's id: 96 bits of its SHA-256 in base64url."""
    return base64url(hashlib.sha256(identifier.encode()).digest()[:_HASH_BYTES])


def of_session(table: str, session_id: str) -> Write:
    """Put a session onto the list."""
    return _entry(table, f"SESSION#{hashed(session_id)}", 0)


def of_user(table: str, user_id: str, least_version: int) -> Write:
    """Put all tokens of a user whose `ver` is below `least_version` onto the list."""
    return _entry(table, f"USER#{hashed(user_id)}", least_version)


def read(db: Database, table: str) -> RevocationList:
    """Return the list as it is now. Raises `Unavailable`."""
    now = clock.now()
    buckets = range((now - LISTED) // BUCKET, now // BUCKET + 2)  # the next too: clocks step back
    pages = together(
        *(
            partial(db.query_all, table, keys.revocations(bucket, shard), at_most=MAX_ENTRIES)
            for bucket in buckets
            for shard in range(SHARDS)
        )
    )
    entries = [item for page in pages for item in page if item["revoked_at"] > now - LISTED]
    users: dict[str, int] = {}
    sessions: set[str] = set()
    for item in entries:
        kind, _, subject = item["sk"].partition("#")
        if kind == "SESSION":
            sessions.add(subject)
        else:
            users[subject] = max(users.get(subject, 0), item["least_version"])
    complete = sum(map(len, pages)) <= MAX_ENTRIES
    if not complete:
        telemetry.count(Metric.REVOCATION_LIST_INCOMPLETE)
    return RevocationList(tuple(sorted(sessions)[:MAX_ENTRIES]), dict(sorted(users.items())[:MAX_ENTRIES]), complete)


def _entry(table: str, subject: str, least_version: int) -> Write:
    now = clock.now()
    key = keys.revocation(now // BUCKET, zlib.crc32(subject.encode()) % SHARDS, subject)
    return put(table, {**key, "least_version": least_version, "revoked_at": now, "expires_at": now + 2 * BUCKET})
