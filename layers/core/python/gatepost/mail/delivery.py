"""Delivering the outbox: each mail at least once, and at most once more where an answer of SES was lost."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost import clock, outbox
from gatepost.aws import ses
from gatepost.aws.clients import client
from gatepost.aws.kms import Sealer
from gatepost.config import MailerSettings
from gatepost.mail.rendering import render
from gatepost.storage.table import Database

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

# The stream is given this long before the sweep takes a mail for forgotten.
OVERDUE_AFTER = 300  # seconds
_SWEPT_PER_SHARD = 20


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
    """Send the mail with this id, unless it was sent already.

    Raises:
        Unavailable: if DynamoDB, KMS or SES fails; the mail stays unsent.
        ValueError: if it was not sealed by this deployment.
    """
    item = outbox.read_unsent(mailer.db, mailer.settings.outbox_table, mail_id)
    if item is None:
        return
    ses.send(mailer.ses, render(mailer.settings, outbox.open_mail(mailer.sealer, item), mail_id))
    outbox.mark_sent(mailer.db, mailer.settings.outbox_table, mail_id)


def overdue(mailer: Mailer) -> list[str]:
    """Return the ids of mails that should have been sent by now."""
    before = clock.now() - OVERDUE_AFTER
    return outbox.unsent_ids(mailer.db, mailer.settings.outbox_table, before, _SWEPT_PER_SHARD)
