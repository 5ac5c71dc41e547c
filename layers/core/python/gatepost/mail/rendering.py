"""Mails as MIME messages.

A mail's template is a text: `Subject:` and, where there's a link, `Button:`, an empty line, and paragraphs. From it
come the text part and, by `layout.html`, which escapes what it's given, the HTML part. Templates lie in a folder a
language; one that is missing there is taken in English.
"""

from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import HeaderParser
from email.policy import SMTP
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from gatepost.config import MailerSettings
from gatepost.outbox import Mail

_DEFAULT_LOCALE = "en"

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(settings: MailerSettings, mail: Mail, mail_id: str) -> EmailMessage:
    """Return `mail` as a message with a text and an HTML part."""
    names = [f"{locale}/{mail.kind}.txt" for locale in (settings.mail_locale, _DEFAULT_LOCALE)]
    values = {"service_name": settings.service_name, **mail.parameters}
    template = HeaderParser().parsestr(_templates.select_template(names).render(values))
    text = str(template.get_payload()).strip()
    layout = {
        **values,
        "subject": template["Subject"],
        "button": template["Button"],
        "link": mail.parameters.get("link"),
        "code": mail.parameters.get("code"),
        "paragraphs": text.split("\n\n"),
        "brand_color": settings.brand_color,
        "locale": settings.mail_locale,
    }
    message = EmailMessage(policy=SMTP)
    message["Subject"] = template["Subject"]
    message["From"] = Address(display_name=settings.service_name, addr_spec=settings.mail_from)
    message["To"] = Address(addr_spec=mail.to)
    message["Message-ID"] = f"<{mail_id}@{settings.mail_from.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation replies, please
    message.set_content(text + "\n")
    message.add_alternative(_templates.get_template("layout.html").render(layout), subtype="html")
    return message
