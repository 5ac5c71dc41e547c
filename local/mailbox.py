"""The mails that were sent on this machine, newest first."""

import re
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_string
from email.message import EmailMessage
from email.policy import default

from moto.ses.models import RawMessage

_KEPT = 500
_LINK = re.compile(r"https?://[^\s<>\"]+")
_CODE = re.compile(r"(?<!\w)\d{6}(?!\w)")


@dataclass(frozen=True)
class Mail:
    """A mail as `GET /_local/mailbox` answers it. `sent_at` is RFC 3339 in UTC."""

    to: str
    subject: str
    text: str
    html: str
    links: tuple[str, ...]
    code: str | None
    sent_at: str


def read_mail(raw: str, to: str, sent_at: datetime) -> Mail:
    """Return the MIME message `raw` as a `Mail`.

    `links` are the http(s) addresses in its text, `code` is the first number of six digits there that is no part of a link.
    """
    message = message_from_string(raw, EmailMessage, policy=default)
    text, html = _body(message, "plain"), _body(message, "html")
    code = _CODE.search(_LINK.sub(" ", text))
    return Mail(
        to=to,
        subject=str(message["Subject"] or ""),
        text=text,
        html=html,
        links=tuple(link.rstrip(".,;:!?)") for link in _LINK.findall(text)),
        code=code[0] if code else None,
        sent_at=sent_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


class Mailbox:
    """Keeps the newest 500 mails in memory. May be used by several threads."""

    def __init__(self) -> None:
        self._mails: deque[Mail] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def take(self, message: RawMessage) -> None:
        """Keep a mail that SES was given as raw MIME."""
        # moto adds the addresses of the headers to those of the envelope.
        recipients = ", ".join(dict.fromkeys(message.destinations))
        mail = read_mail(message.raw_data, recipients, datetime.now(UTC))
        with self._lock:
            self._mails.appendleft(mail)

    def newest_first(self, to: str | None = None) -> list[Mail]:
        """Return the mails, those to the address `to` alone if it's given (upper and lower case are alike)."""
        with self._lock:
            mails = list(self._mails)
        return [mail for mail in mails if to is None or to.casefold() in mail.to.casefold().split(", ")]
