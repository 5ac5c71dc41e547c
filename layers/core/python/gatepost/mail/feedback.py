"""What follows when a mail comes back for good or its recipient complains: mail to the address stops; its account says why."""

from dataclasses import dataclass

from gatepost import telemetry
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.audit import Event, Trail
from gatepost.aws.clients import client
from gatepost.aws.ses_events import Feedback
from gatepost.caller import Caller
from gatepost.config import FeedbackSettings
from gatepost.errors import Unavailable
from gatepost.identifiers import digest
from gatepost.storage import keys, suppressions
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.suppressions import Reason
from gatepost.storage.table import Database
from gatepost.storage.writes import check
from gatepost.telemetry import Metric

_EVENTS = {Reason.BOUNCED: Event.EMAIL_BOUNCED, Reason.COMPLAINED: Event.EMAIL_COMPLAINED}
_METRICS = {Reason.BOUNCED: Metric.MAIL_BOUNCED, Reason.COMPLAINED: Metric.MAIL_COMPLAINED}
_TRIES = 4


@dataclass(frozen=True)
class Desk:
    """What taking feedback takes."""

    settings: FeedbackSettings
    db: Database
    audit: Trail


def connect(settings: FeedbackSettings) -> Desk:
    """Return the desk for `settings`. Makes a client, but calls nothing."""
    return Desk(settings, Database(client("dynamodb")), Trail(settings.audit_table, settings.audit_retention_days))


def take(desk: Desk, feedback: Feedback, caller: Caller) -> None:
    """Mark every recipient of `feedback`; what was marked for it before stays as it is, so it may come again.

    Raises:
        Unavailable: if DynamoDB fails, or somebody is faster all the time; safe to repeat.
    """
    for address in feedback.recipients:
        _mark(desk, address, feedback, caller)


def _mark(desk: Desk, address: EmailAddress, feedback: Feedback, caller: Caller) -> None:
    """Mark an address, tell its account if it has one, and leave an event: one transaction, tried again if things moved."""
    settings, db = desk.settings, desk.db
    for _ in range(_TRIES):
        claim, item = db.get_many(
            (settings.users_table, keys.email_claim(address.digest)),
            (settings.sessions_table, keys.suppression(address.digest)),
        )
        mark = suppressions.mark(item, feedback.reason, digest(feedback.id.encode()))
        if mark is None:
            return
        user_id = claim["user_id"] if claim else None
        if user_id is None:
            account = check(settings.users_table, keys.email_claim(address.digest), "attribute_not_exists(pk)")
        else:
            account = user_items.stop_mail(settings.users_table, user_id, address.digest, mark.suppression)
        try:
            db.transact(
                suppressions.write(settings.sessions_table, address.digest, mark, replacing=item),
                account,
                desk.audit.event(_EVENTS[feedback.reason], caller, user_id=user_id, email_digest=address.digest),
            )
        except ConditionFailed:
            continue  # the account has another address by now, or there's other feedback
        telemetry.count(_METRICS[feedback.reason])
        return
    raise Unavailable
