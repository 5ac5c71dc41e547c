"""Addresses that mail has stopped to: a mark in the Sessions table for the mailer, and a copy in the user for them to see."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gatepost import clock
from gatepost.storage import keys
from gatepost.storage.writes import Item, Write, delete, put


class Reason(StrEnum):
    """Why mail to an address has stopped."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"


_OWN = {"pk", "sk", "reason", "at", "expires_at", "feedback"}
# Every mark ends by itself. A mailbox may come back; who complained doesn't want to be asked again soon.
LIFETIMES = {Reason.BOUNCED: 14 * 86400, Reason.COMPLAINED: 365 * 86400}  # seconds


@dataclass(frozen=True)
class Suppression:
    """Why mail to an address has stopped, since when and until when, in seconds since the epoch."""

    reason: Reason
    at: int
    until: int


@dataclass(frozen=True)
class Mark:
    """The suppression of an address, and the digests of the ids of all that SES told of it, so that nothing counts twice.
    `further` is what newer code keeps with it.
    """

    suppression: Suppression
    feedback: tuple[bytes, ...]
    further: dict[str, Any] = field(default_factory=dict, compare=False)


def from_attribute(attribute: Any) -> Suppression | None:
    """Return the suppression that a user's attribute holds; None if there is none, or it's over."""
    return _unless_over(Suppression(Reason(attribute["reason"]), attribute["at"], attribute["until"])) if attribute else None


def to_attribute(suppression: Suppression) -> dict[str, Any]:
    """Return `suppression` as an attribute of its user."""
    return {"reason": str(suppression.reason), "at": suppression.at, "until": suppression.until}


def described(suppression: Suppression | None) -> dict[str, str] | None:
    """Return what a user sees of the suppression of their address."""
    if suppression is None:
        return None
    at, until = clock.rfc3339(suppression.at), clock.rfc3339(suppression.until)
    return {"reason": str(suppression.reason), "at": at, "until": until}


def from_item(item: Item | None) -> Suppression | None:
    """Return the suppression that the item of a mark holds; None if there is none, or it's over, also if it's still there."""
    return _unless_over(Suppression(Reason(item["reason"]), item["at"], item["expires_at"])) if item else None


def mark(item: Item | None, reason: Reason, feedback: bytes) -> Mark | None:
    """Return the mark for feedback (the digest of its id) that came now, where `item` stands; None if that knows it already.

    What ends later counts, so it doesn't matter in which order a bounce and a complaint come.
    """
    if item and feedback in item["feedback"]:
        return None
    now = clock.now()
    new, standing = Mark(Suppression(reason, now, now + LIFETIMES[reason]), (feedback,)), from_item(item)
    if item is None or standing is None:
        return new
    longest = max(standing, new.suppression, key=lambda suppression: suppression.until)
    further = {name: value for name, value in item.items() if name not in _OWN}
    return Mark(longest, (*item["feedback"], feedback), further)


def write(table: str, address_digest: bytes, mark: Mark, *, replacing: Item | None) -> Write:
    """Write `mark`, provided that what stands there is still `replacing`, or nothing."""
    suppression = mark.suppression
    item = {
        **mark.further,
        **keys.suppression(address_digest),
        "reason": str(suppression.reason),
        "at": suppression.at,
        "expires_at": suppression.until,
        "feedback": list(mark.feedback),
    }
    if replacing is None:
        return put(table, item, "attribute_not_exists(pk)")
    return put(table, item, "feedback = :feedback", feedback=replacing["feedback"])


def lift(table: str, address_digest: bytes) -> Write:
    """Delete the mark of an address, if there is one: a mail to it was just answered."""
    return delete(table, keys.suppression(address_digest))


def _unless_over(suppression: Suppression) -> Suppression | None:
    return suppression if clock.now() < suppression.until else None
