"""Delivering the outbox: each mail at least once, and at most once more where an answer of SES was lost."""

from collections.abc import Iterator
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
    """Send the mail with this id, unless it was sent already or is too old to be of use.

    Raises:
        Unavailable: if DynamoDB, KMS or SES fails; the mail stays unsent.
        ValueError: if it was not sealed by this deployment.
    """
    table = mailer.settings.outbox_table
    item = outbox.read_unsent(mailer.db, table, mail_id)
    if item is None:
        return
    if clock.now() < item["expires_at"]:
        message = render(mailer.settings, outbox.open_mail(mailer.sealer, item), mail_id)
        ses.send(mailer.ses, message, mailer.settings.mail_from)
    outbox.close(mailer.db, table, mail_id)


def overdue(mailer: Mailer) -> Iterator[str]:
    """Yield the ids of mails that should have been sent by now, the oldest of each partition first."""
    return outbox.unsent_ids(mailer.db, mailer.settings.outbox_table, clock.now() - OVERDUE_AFTER)
