"""Sending a mail through Amazon SES, API version 2."""

from email.message import EmailMessage
from typing import TYPE_CHECKING

from gatepost.aws.clients import unavailable_on_failure

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

# The tag that says which mail of ours a message is.
MAIL_ID = "mail_id"


def send(ses: "SESV2Client", message: EmailMessage, sender: str, configuration_set: str, mail_id: str) -> str:
    """Send `message` from the address `sender` to its one recipient as raw MIME: SES gets exactly what was rendered.

    `configuration_set` says where SES tells of its bounce or of a complaint, and with it of the tag `mail_id`, which the
    recipient doesn't get to see. Return SES's own id of the message.

    Raises:
        Unavailable: if SES refuses or fails; the mail stays in the outbox.
    """
    with unavailable_on_failure():
        answer = ses.send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": [message["To"]]},
            Content={"Raw": {"Data": message.as_bytes()}},
            ConfigurationSetName=configuration_set,
            EmailTags=[{"Name": MAIL_ID, "Value": mail_id}],
        )
    return answer["MessageId"]
