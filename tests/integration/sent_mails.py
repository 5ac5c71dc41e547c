"""Mails as they are handed to SES."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient


def parsed(parameters: dict[str, Any]) -> EmailMessage:
    """Return the message of a call of SendEmail."""
    return message_from_bytes(parameters["Content"]["Raw"]["Data"], EmailMessage, policy=default)


@contextmanager
def sent_mails() -> Iterator[list[EmailMessage]]:
    """Yield the list of the mails that SES takes inside the block."""
    mails: list[EmailMessage] = []
    call_aws = BaseClient._make_api_call  # type: ignore[attr-defined]

    def make_api_call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        answer = call_aws(client, operation, parameters)
        if operation == "SendEmail":
            mails.append(parsed(parameters))
        return answer

    with patch.object(BaseClient, "_make_api_call", make_api_call):
        yield mails


def text_of(message: EmailMessage) -> str:
    """Return what a mail says: its text and its page."""
    parts = [part for kind in ("plain", "html") if (part := message.get_body((kind,)))]
    return "\n".join(str(part.get_content()) for part in parts)
