"""What Amazon SES tells, by EventBridge, of mails that it took.

https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html for the event,
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html for its `detail`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from gatepost.accounts import email_addresses
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.storage.suppressions import Reason

# Reports that are none of the recipient's against the mail: the contrary of one (RFC 6430), and what their mail system thinks
# of our signatures (RFC 6591).
_NO_COMPLAINTS = {"not-spam", "auth-failure"}


@dataclass(frozen=True)
class Feedback:
    """Mail to `recipients` came back for good, or they complained of it. Whatever comes again has the same `id`."""

    id: str
    reason: Reason
    recipients: tuple[EmailAddress, ...]


def read(event: Any) -> Feedback | None:
    """Return what `event` tells, or None if nothing follows from it, such as from a bounce that isn't permanent.

    Raises:
        ValueError: if a bounce or a complaint is not as SES documents it.
    """
    match event:
        case {
            "detail-type": "Email Bounced",
            "detail": {
                "mail": {"destination": [*sent_to]},
                "bounce": {"feedbackId": str(feedback_id), "bounceType": str(kind), "bouncedRecipients": [*named]},
            },
        }:
            return Feedback(feedback_id, Reason.BOUNCED, _recipients(sent_to, named)) if kind == "Permanent" else None
        case {
            "detail-type": "Email Complaint Received",
            "detail": {
                "mail": {"destination": [*sent_to]},
                "complaint": {"feedbackId": str(feedback_id), "complainedRecipients": [*named], **more},
            },
        }:
            if more.get("complaintFeedbackType") in _NO_COMPLAINTS:
                return None
            return Feedback(feedback_id, Reason.COMPLAINED, _recipients(sent_to, named))
        case {"detail-type": "Email Bounced" | "Email Complaint Received"}:
            raise ValueError("this event is not as SES documents it")
    return None


def mail_id(event: Any) -> str | None:
    """Return which mail of ours `event` is about, as the tag says that it was sent with; None if it has none."""
    match event:
        case {"detail": {"mail": {"tags": {"mail_id": [str(tagged), *_]}}}}:
            return tagged
    return None


def _recipients(sent_to: Iterable[Any], named: Iterable[Any]) -> tuple[EmailAddress, ...]:
    """Return those that the event names of the addresses that the mail was sent to.

    Another mail system chooses the names, so an address that we sent nothing to is none: it may be where a mail was forwarded
    to, or one that somebody wants to get no mail any more. A mail that went to one address came back from there, whatever
    it's called. What isn't an address was none of ours either, which our parser took before they were sent to.
    """
    addresses = {address.canonical: address for address in map(_address, sent_to) if address}
    if len(addresses) > 1:
        blamed = {address.canonical for address in map(_address, map(_email_address, named)) if address}
        addresses = {canonical: address for canonical, address in addresses.items() if canonical in blamed}
    return tuple(addresses.values())


def _email_address(recipient: Any) -> Any:
    return recipient.get("emailAddress") if isinstance(recipient, dict) else None


def _address(text: Any) -> EmailAddress | None:
    """Return the address in `text`, which may stand behind a name, in angle brackets; None if there is none."""
    if not isinstance(text, str):
        return None
    try:
        return email_addresses.parse(parseaddr(text)[1])
    except ValueError:
        return None
