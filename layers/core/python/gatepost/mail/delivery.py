"""Delivering the outbox: each mail at least once, and at most once more where an answer of SES was lost."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost import clock, correlation, outbox, telemetry
from gatepost.accounts import email_addresses
from gatepost.aws import ses
from gatepost.aws.clients import client
from gatepost.aws.kms import Sealer
from gatepost.config import MailerSettings
from gatepost.mail.rendering import render
from gatepost.outbox import Mail
from gatepost.storage import keys, suppressions
from gatepost.storage.table import Database
from gatepost.storage.writes import Item
from gatepost.telemetry import Metric

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_logger = logging.getLogger(__name__)

# The stream is given this long before the sweep takes a mail for forgotten.
OVERDUE_AFTER = 300  # seconds


@dataclass(frozen=True)
class Mailer:
    """What sending takes."""

    settings: MailerSettings
    db: Database
    sealer: Sealer
    ses: "SESV2Client"


def connect(settings: MailerSettings) -> Mailer:
    """Return the mailer for `settings`. Makes clients, but calls nothing."""
    return Mailer(settings, Database(client("dynamodb")), Sealer(client("kms"), settings.kms_key_id), client("sesv2"))


def deliver(mailer: Mailer, mail_id: str) -> None:
    """Send the mail with this id, unless it was sent already, is too old to be of use, or mail to its address has stopped.

    All that is logged meanwhile is of the request that caused the mail.

    Raises:
        Unavailable: if DynamoDB, KMS or SES fails; the mail stays unsent.
        ValueError: if it was not sealed by this deployment.
    """
    item = outbox.read_unsent(mailer.db, mailer.settings.outbox_table, mail_id)
    if item is None:
        return
    # A mail that older code has written has none.
    with correlation.serving(item.get("request_id", mail_id)):
        try:
            _deliver(mailer, mail_id, item)
        except Exception:
            _logger.exception("a mail could not be sent", extra={"mail_id": mail_id})
            raise


def _deliver(mailer: Mailer, mail_id: str, item: Item) -> None:
    settings, told = mailer.settings, {"mail_id": mail_id}
    if clock.now() < item["expires_at"]:
        mail = outbox.open_mail(mailer.sealer, item)
        told["kind"] = str(mail.kind)
        if _has_stopped(mailer, mail):
            telemetry.count(Metric.MAIL_STOPPED)
        else:
            message = render(settings, mail, mail_id)
            told["message_id"] = ses.send(mailer.ses, message, settings.mail_from, settings.configuration_set, mail_id)
    outbox.close(mailer.db, settings.outbox_table, mail_id)
    _logger.info("a mail was sent" if "message_id" in told else "a mail needs no sending", extra=told)


def _has_stopped(mailer: Mailer, mail: Mail) -> bool:
    key = keys.suppression(email_addresses.parse(mail.to).digest)
    return suppressions.from_item(mailer.db.get(mailer.settings.sessions_table, key)) is not None


def overdue(mailer: Mailer) -> Iterator[str]:
    """Yield the ids of mails that should have been sent by now, the oldest of each partition first."""
    return outbox.unsent_ids(mailer.db, mailer.settings.outbox_table, clock.now() - OVERDUE_AFTER)
