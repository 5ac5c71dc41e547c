"""What SES tells of bounces and complaints, as EventBridge hands it to the function.

https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html shows the event, and
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html its `detail`.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from gatepost.accounts import email_addresses
from gatepost.storage import keys
from gatepost.storage.writes import Item
from local.stack import Stack
from tests.integration.accounts import User
from tests.integration.tables import items
from tests.support import Api

Event = dict[str, Any]

CONFIGURATION_SET = "gatepost-local-MailConfigurationSet"
# The security events that it leaves.
EVENTS = {"email.bounced", "email.complained"}


def bounce(*recipients: str, sent_to: Sequence[str] = (), **changes: Any) -> Event:
    """The event of a permanent bounce that names `recipients`, of a mail that went to `sent_to`, else to them."""
    told = {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {"emailAddress": email, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
            for email in recipients
        ],
        "timestamp": "2026-11-23T12:00:02.669Z",
        "feedbackId": _id(),
        "reportingMTA": "dsn; mta.example.com",
    }
    return _event("Email Bounced", "Bounce", "bounce", told | changes, sent_to or recipients)


def complaint(*recipients: str, sent_to: Sequence[str] = (), **changes: Any) -> Event:
    """The event of a complaint that names `recipients`, of a mail that went to `sent_to`, else to them."""
    told = {
        "complainedRecipients": [{"emailAddress": email} for email in recipients],
        "timestamp": "2026-11-23T12:00:02.012Z",
        "feedbackId": _id(),
        "complaintSubType": None,
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": "2026-11-23T12:00:02.012Z",
    }
    return _event("Email Complaint Received", "Complaint", "complaint", told | changes, sent_to or recipients)


def give(stack: Stack, event: Event) -> int:
    """Hand an event to the function; return how many addresses it marked. What the function raises comes through."""
    marked: int = stack.functions["FeedbackFunction"].invoke(event)["marked"]
    return marked


def mail_stopped(user: User) -> Any:
    """What the account says, which is the same everywhere."""
    told = user.call("GET").json()["mail_stopped"]
    assert user.export()["user"]["mail_stopped"] == told
    return told


def mark_of(api: Api, email: str) -> Item | None:
    """The mark of an address in the Sessions table."""
    key = keys.suppression(email_addresses.parse(email).digest)
    return next(iter(items(api, "SessionsTable", "pk = :pk", pk=key["pk"])), None)


def events_of_address(api: Api, email: str) -> list[str]:
    """The names of the events that belong to an address and no account."""
    key = keys.audit_event_of_address(email_addresses.parse(email).digest, 0, "")
    return sorted(item["event"] for item in items(api, "AuditTable", "pk = :pk", pk=key["pk"]) if item["event"] in EVENTS)


def told_events(user: User) -> list[str]:
    """The names of the user's events of this kind, newest first."""
    return [event["event"] for event in user.trail() if event["event"] in EVENTS]


def gets_mail(user: User) -> bool:
    """Whether a mail gets to the user's address: the notice that somebody registers it, which has no limit of its own here."""
    before = len(user.api.mails(user.email))
    assert Api(user.api.stack).register(user.email).status == 202
    return len(user.api.mails(user.email)) > before


def _event(detail_type: str, event_type: str, member: str, told: dict[str, Any], sent_to: Sequence[str]) -> Event:
    mail = {
        "timestamp": "2026-11-23T12:00:00.012Z",
        "source": "no-reply@example.com",
        "sourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/no-reply@example.com",
        "sendingAccountId": "123456789012",
        "messageId": _id(),
        "destination": list(sent_to),
        "headersTruncated": False,
        "headers": [{"name": "To", "value": ", ".join(sent_to)}],
        "commonHeaders": {"to": list(sent_to), "subject": "Confirm your e-mail address"},
        "tags": {"ses:configuration-set": [CONFIGURATION_SET], "ses:from-domain": ["example.com"]},
    }
    return {
        "version": "0",
        "id": "12345678-1234-1234-1234-123456789012",
        "detail-type": detail_type,
        "source": "aws.ses",
        "account": "123456789012",
        "time": "2026-11-23T12:00:03Z",
        "region": "eu-west-1",
        "resources": [f"arn:aws:ses:eu-west-1:123456789012:configuration-set/{CONFIGURATION_SET}"],
        "detail": {"eventType": event_type, "mail": mail, member: told},
    }


def _id() -> str:
    """An id as SES makes them."""
    return f"0102019a{secrets.token_hex(4)}-{secrets.token_hex(16)}-000000"
