"""Limits on guesses, registrations and mails.

A limit is a sliding window: the item of one account, client address or recipient holds the set of what was counted,
each entry its time. One conditional ADD both asks and counts, so that parallel calls can't pass together, and adding or
taking back the same entry twice changes nothing, so that the SDK's own retry is harmless.
"""

import math
import secrets
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_interface, ip_network

from gatepost import clock
from gatepost.errors import RateLimited, Unavailable
from gatepost.identifiers import base64url
from gatepost.storage import keys
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.table import Database
from gatepost.storage.writes import Item, update

# Once a limit is reached, it holds for at least this long after what reached it.
MINIMUM_BLOCK = 60
# An entry is its time in seconds times this, plus a random number below it.
_ENTRY_SCALE = 10**9
_TRIES = 4


@dataclass(frozen=True)
class Limit:
    """At most `allowed` in `window` seconds; the item is kept for `keep` seconds after its last entry (`window` by default)."""

    kind: str
    allowed: int
    window: int
    keep: int = 0


@dataclass(frozen=True)
class Reservation:
    """One thing counted. `ordinal` says how many were counted for this subject before it and since the item was made."""

    limit: Limit
    subject: str
    entry: int
    ordinal: int


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
                    "ADD entries :entry, counted :one SET expires_at = :expires_at",
                    "attribute_not_exists(entries) OR size(entries) < :allowed",
                    entry={entry},
                    one=1,
                    allowed=limit.allowed,
                    expires_at=now + max(limit.window, limit.keep),
                )
            )
        except ConditionFailed as refusal:
            full = refusal.items[0]
            if full is None:
                continue
            if entry not in full["entries"]:
                _forget_aged(db, table, limit, subject, full, now)
                continue
            # The SDK had lost the answer to its first try and met its own write.
            item = full
        return Reservation(limit, subject, entry, item["counted"] - 1)
    raise Unavailable


def try_reserve(db: Database, table: str, limit: Limit, subject: str) -> Reservation | RateLimited:
    """As `reserve`, but return the refusal, for several limits asked side by side."""
    try:
        return reserve(db, table, limit, subject)
    except RateLimited as refusal:
        return refusal


def all_or_none(db: Database, table: str, *outcomes: Reservation | RateLimited) -> list[Reservation]:
    """Return the reservations among `outcomes` if there's no refusal; else take them back.

    Raises:
        RateLimited: the longest of the refusals.
    """
    reserved = [outcome for outcome in outcomes if isinstance(outcome, Reservation)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, RateLimited)]
    if refused:
        for reservation in reserved:
            refund(db, table, reservation)
        raise max(refused, key=lambda refusal: refusal.retry_after)
    return reserved


def refund(db: Database, table: str, reservation: Reservation) -> None:
    """Take a reservation back: what it stood for turned out not to count."""
    db.write(
        update(
            table, keys.limit(reservation.limit.kind, reservation.subject), "DELETE entries :entry", entry={reservation.entry}
        )
    )


def _forget_aged(db: Database, table: str, limit: Limit, subject: str, item: Item, now: int) -> None:
    """Remove the entries that have left the window from a full item, or raise `RateLimited` if it's still full."""
    times = sorted(entry // _ENTRY_SCALE for entry in item["entries"])
    oldest_leaves = times[-limit.allowed] + limit.window
    free_at = max(oldest_leaves, times[-1] + MINIMUM_BLOCK)
    if now < free_at:
        raise RateLimited(math.ceil(free_at - now))
    aged = {entry for entry in item["entries"] if entry // _ENTRY_SCALE + limit.window <= now}
    db.write(update(table, keys.limit(limit.kind, subject), "DELETE entries :aged", aged=aged))
