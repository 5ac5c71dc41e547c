"""Mails as MIME messages, from templates that escape what they're given."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from gatepost.config import MailerSettings
from gatepost.outbox import Mail

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(settings: MailerSettings, mail: Mail, mail_id: str) -> EmailMessage:
    """Return `mail` as a message with a text and an HTML part.

    A template is a pair of files: `KIND.txt`, whose first line is the subject, and `KIND.html`.
    """
    values = {"service_name": settings.service_name, "issuer": settings.issuer, **mail.parameters}
    subject, _, text = _templates.get_template(f"{mail.kind}.txt").render(values).partition("\n")
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject.strip()
    message["From"] = Address(display_name=settings.service_name, addr_spec=settings.mail_from)
    message["To"] = Address(addr_spec=mail.to)
    message["Message-ID"] = f"<{mail_id}@{settings.mail_from.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation replies, please
    message.set_content(text.strip() + "\n")
    message.add_alternative(_templates.get_template(f"{mail.kind}.html").render(values), subtype="html")
    return message
