"""Limits on guesses, registrations and mails.

A limit is a sliding window: the item of one account, client address or recipient holds the set of what was counted,
each entry its time. One conditional ADD both asks and counts, so that parallel calls can't pass together, and adding or
taking back the same entry twice changes nothing, so that the SDK's own retry is harmless.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv6Address, ip_interface, ip_network
from typing import TypeVar

from gatepost import clock
from gatepost.errors import RateLimited, Unavailable, logged_if_unavailable
from gatepost.identifiers import base64url
from gatepost.storage import keys
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.table import Database, together
from gatepost.storage.writes import Item, update

# Once a limit is reached, it holds for at least this long after what reached it.
MINIMUM_BLOCK = 60
# The item outlives its last entry by this, so that no clock that steps back has DynamoDB delete what still counts.
_KEPT_LONGER = 3600
# An entry is its time in seconds times this, plus a random number below it.
_ENTRY_SCALE = 10**9
_TRIES = 4

_T = TypeVar("_T")


@dataclass(frozen=True)
class Limit:
    """At most `allowed` in `window` seconds."""

    kind: str
    allowed: int
    window: int


@dataclass(frozen=True)
class Reservation:
    """One thing counted. `reaches_limit` says that it's the last which its limit allows for now."""

    limit: Limit
    subject: str
    entry: int
    reaches_limit: bool = False


def account(email_digest: bytes) -> str:
    """Return the subject for an account or recipient; the same for every spelling of its address, existing or not."""
    return base64url(email_digest)


def client_address(ip: str) -> str:
    """Return the subject for a client: its IPv4 address, or the /64 network of its IPv6 address. `ip` comes from the
    gateway.
    """
    address = ip_interface(ip).ip
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((address, 64), strict=False))
    return str(address)


def reserve(db: Database, table: str, limit: Limit, subject: str) -> Reservation:
    """Count one more for `subject`.

    Raises:
        RateLimited: if that would pass the limit; nothing was counted then.
    """
    now = clock.now()
    entry = now * _ENTRY_SCALE + secrets.randbelow(_ENTRY_SCALE)
    for _ in range(_TRIES):
        try:
            item = db.write(
                update(
                    table,
                    keys.limit(limit.kind, subject),
                    "ADD entries :entry SET expires_at = :expires_at",
                    "attribute_not_exists(entries) OR size(entries) < :allowed",
                    entry={entry},
                    allowed=limit.allowed,
                    expires_at=now + limit.window + _KEPT_LONGER,
                )
            )
        except ConditionFailed as refusal:
            full = refusal.items[0]
            if full is None:
                continue
            # It stands in the set where the SDK lost the answer to its first try and met its own write.
            if entry not in full["entries"]:
                _forget_aged(db, table, limit, subject, full, now)
                continue
            item = full
        return Reservation(limit, subject, entry, len(_counting(item, limit, now)) >= limit.allowed)
    raise Unavailable


def take_back(db: Database, table: str, reservation: Reservation) -> None:
    """Count a reservation no more. If that fails it's logged and no more: what it stood for is decided already."""
    key = keys.limit(reservation.limit.kind, reservation.subject)
    with logged_if_unavailable("something counts against a limit that should not"):
        db.write(update(table, key, "DELETE entries :entry", entry={reservation.entry}))


@contextmanager
def taken_back_if_unavailable(db: Database, table: str, reservations: Iterable[Reservation]) -> Iterator[None]:
    """Take `reservations` back if the block fails for something that this service needs: the client did nothing wrong."""
    try:
        yield
    except Unavailable:
        _take_all_back(db, table, reservations)
        raise


def ask(
    db: Database, table: str, *wanted: tuple[Limit, str], beside: Callable[[], _T]
) -> tuple[_T, list[Reservation | RateLimited]]:
    """Ask several limits, pairs of a limit and a subject, and make one read, all at the same time.

    Return what was read, and for each limit a reservation or its refusal.

    Raises:
        Unavailable: if any of them fails; nothing stays counted then.
    """
    read, *outcomes = together(
        lambda: _or_failure(beside),
        *(partial(_or_failure, partial(_try_reserve, db, table, limit, subject)) for limit, subject in wanted),
    )
    failures = [outcome for outcome in (read, *outcomes) if isinstance(outcome, Unavailable)]
    if failures:
        _take_all_back(db, table, outcomes)
        raise failures[0]
    return read, outcomes


def all_or_none(db: Database, table: str, outcomes: Iterable[Reservation | RateLimited]) -> list[Reservation]:
    """Return the reservations that `outcomes` are.

    Raises:
        RateLimited: the longest of the refusals, if there is one; nothing stays counted then.
    """
    outcomes = list(outcomes)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, RateLimited)]
    if refusals:
        _take_all_back(db, table, outcomes)
        raise max(refusals, key=lambda refusal: refusal.retry_after)
    return [outcome for outcome in outcomes if isinstance(outcome, Reservation)]


def _counting(item: Item, limit: Limit, now: int) -> set[int]:
    """Return the entries that have not left the window."""
    return {entry for entry in item["entries"] if entry // _ENTRY_SCALE + limit.window > now}


def _try_reserve(db: Database, table: str, limit: Limit, subject: str) -> Reservation | RateLimited:
    try:
        return reserve(db, table, limit, subject)
    except RateLimited as refusal:
        return refusal


def _or_failure(call: Callable[[], _T]) -> _T | Unavailable:
    try:
        return call()
    except Unavailable as failure:
        return failure


def _take_all_back(db: Database, table: str, outcomes: Iterable[object]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Reservation):
            take_back(db, table, outcome)


def free_at(limit: Limit, item: Item | None) -> int:
    """Return from when on the limit with this item takes one more, in seconds since the epoch; 0 if it was never reached."""
    times = sorted(entry // _ENTRY_SCALE for entry in item.get("entries", ())) if item else []
    if len(times) < limit.allowed:
        return 0
    oldest_leaves = int(times[-limit.allowed]) + limit.window
    # The limit was reached only if all of them stood in one window; a full item may hold some that had left it before.
    return max(oldest_leaves, int(times[-1]) + MINIMUM_BLOCK) if times[-1] < oldest_leaves else 0


def _forget_aged(db: Database, table: str, limit: Limit, subject: str, item: Item, now: int) -> None:
    """Remove the entries that have left the window from a full item, or raise `RateLimited` if it's still full."""
    if now < (free := free_at(limit, item)):
        raise RateLimited(free - now)
    aged = item["entries"] - _counting(item, limit, now)
    db.write(update(table, keys.limit(limit.kind, subject), "DELETE entries :aged", aged=aged))
