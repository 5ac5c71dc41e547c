"""Requests that may be sent again: one `Idempotency-Key` of one user makes one thing, for a day.

What was made is remembered in the transaction that makes it, so that neither is there without the other.
https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
from dataclasses import dataclass

from gatepost import clock
from gatepost.conflicts import IdempotencyKeyReused
from gatepost.identifiers import digest
from gatepost.storage import keys
from gatepost.storage.keys import Key
from gatepost.storage.writes import Item, Write, put

REMEMBERED = 86_400  # seconds
HEADER_PATTERN = r"^[!-~]{1,255}$"


@dataclass(frozen=True)
class Attempt:
    """A request with an idempotency key: where it's remembered, and the digest of what it asks for."""

    place: Key
    request: bytes


def attempt(operation: str, user_id: str, key: str, request: str) -> Attempt:
    """Return the attempt of a user to do `operation` by the key they chose; `request` says all that they ask for."""
    chosen = hashlib.sha256(f"{operation}\n{key}".encode()).digest()
    return Attempt(keys.idempotency(user_id, chosen), digest(request.encode()))


def remember(table: str, attempt: Attempt, made: str) -> Write:
    """Remember that `attempt` has made the thing with the id `made`, provided that its key was not used before."""
    now = clock.now()
    item = {**attempt.place, "request": attempt.request, "made": made, "expires_at": now + REMEMBERED}
    return put(table, item, "attribute_not_exists(pk) OR expires_at <= :now", now=now)


def made_before(attempt: Attempt, item: Item) -> str:
    """Return the id of what the key of `attempt` made before, as `item` remembers, which stood in its way.

    Raises:
        IdempotencyKeyReused: that was another request.
    """
    if item["request"] != attempt.request:
        raise IdempotencyKeyReused
    made: str = item["made"]
    return made
