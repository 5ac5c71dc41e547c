"""The mailbox and its page."""

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import boto3
import pytest
from moto.ses.models import RawMessage

from local.events import Request, Response
from local.mailbox import Mailbox, read_mail
from local.pages import documentation_pages, mailbox_pages

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _raw(text: str, html: str | None = None, subject: str = "Hello") -> str:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.com", "ada@example.com", subject
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message.as_string()


def test_a_mail_is_read_with_both_its_bodies() -> None:
    mail = read_mail(_raw("Grüße ☃", "<p>Grüße ☃</p>", "Grüße"), "ada@example.com", NOON)
    assert (mail.to, mail.subject, mail.sent_at) == ("ada@example.com", "Grüße", "2026-11-23T12:00:00Z")
    assert (mail.text.strip(), mail.html.strip()) == ("Grüße ☃", "<p>Grüße ☃</p>")


def test_a_mail_of_text_alone_has_no_html() -> None:
    assert read_mail(_raw("text"), "a", NOON).html == ""


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Open https://x.example/verify?token=a-b_c.", ("https://x.example/verify?token=a-b_c",)),
        ("Two: http://localhost:3000/a, (https://b.example/c)!", ("http://localhost:3000/a", "https://b.example/c")),
        ("<https://x.example/a>", ("https://x.example/a",)),
        ("https://x.example/" + "a" * 300, ("https://x.example/" + "a" * 300,)),
        ("none: ftp://x", ()),
    ],
)
def test_links_are_the_addresses_in_the_text(text: str, links: tuple[str, ...]) -> None:
    assert read_mail(_raw(text), "a", NOON).links == links


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Your code is 012345.", "012345"),
        ("123456 or 654321", "123456"),
        ("1234567, 12345, a123456", None),
        ("https://x.example/t/123456 then 654321", "654321"),
        ("https://x.example/t?code=123456", None),
    ],
)
def test_the_code_is_the_first_number_of_six_digits(text: str, code: str | None) -> None:
    assert read_mail(_raw(text), "a", NOON).code == code


def _send(text: str, to: str = "ada@example.com") -> None:
    ses = boto3.client("sesv2")
    ses.send_email(
        FromEmailAddress="shop@example.com", Destination={"ToAddresses": [to]}, Content={"Raw": {"Data": _raw(text).encode()}}
    )


@pytest.fixture
def mailbox(aws: Mailbox) -> Mailbox:
    boto3.client("sesv2").create_email_identity(EmailIdentity="shop@example.com")
    return aws


def test_what_ses_takes_is_in_the_mailbox_newest_first(mailbox: Mailbox) -> None:
    _send("one")
    _send("two")
    assert [mail.text.strip() for mail in mailbox.newest_first()] == ["two", "one"]
    assert [mail.to for mail in mailbox.newest_first()] == ["ada@example.com"] * 2


def test_the_mailbox_can_be_asked_for_one_address(mailbox: Mailbox) -> None:
    _send("one")
    assert len(mailbox.newest_first("ADA@example.com")) == 1
    assert mailbox.newest_first("a@example.com") == []


def test_ses_refuses_a_sender_that_is_not_verified(aws: Mailbox) -> None:
    with pytest.raises(boto3.client("sesv2").exceptions.MessageRejected):
        _send("one")
    assert aws.newest_first() == []


def test_the_mailbox_keeps_the_newest_500() -> None:
    mailbox = Mailbox()
    for number in range(501):
        mailbox.take(RawMessage("id", "shop@example.com", ["ada@example.com"], _raw(str(number))))
    texts = [mail.text.strip() for mail in mailbox.newest_first()]
    assert (len(texts), texts[0], texts[-1]) == (500, "500", "1")


def _get(mailbox: Mailbox, target: str = "/_local/mailbox", accept: str = "") -> Response:
    request = Request("GET", target, (("accept", accept),))
    return mailbox_pages(mailbox, lambda: None)[request.path](request)


def test_the_page_answers_json_as_the_contract_says(mailbox: Mailbox) -> None:
    _send("Open https://x.example/?token=t, 123456")
    (mail,) = _get(mailbox).json()
    assert set(mail) == {"to", "subject", "text", "html", "links", "code", "sent_at"}
    assert (mail["links"], mail["code"]) == (["https://x.example/?token=t"], "123456")
    assert _get(mailbox, "/_local/mailbox?to=bob%40example.com").json() == []
    assert len(_get(mailbox, "/_local/mailbox?to=ada%40example.com").json()) == 1


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("text/html, application/json;q=0.9", True),
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/html;q=0.5, application/json", False),
        ("text/html;q=0", False),
        ("text/html;q=oops", False),
    ],
)
def test_html_is_for_those_who_prefer_it(mailbox: Mailbox, accept: str, html: bool) -> None:
    kind = _get(mailbox, accept=accept).header("content-type")
    assert kind == ("text/html; charset=utf-8" if html else "application/json")


def test_what_a_mail_holds_is_text_on_the_page(mailbox: Mailbox) -> None:
    ses = boto3.client("sesv2")
    evil = _raw("<script>alert(1)</script>", '<script>alert(2)</script>"><b>', "<i>subject</i>")
    ses.send_email(FromEmailAddress="shop@example.com", Content={"Raw": {"Data": evil.encode()}})
    page = _get(mailbox, accept=BROWSER).body.decode()
    assert "<script" not in page
    assert "<i>" not in page
    assert '<iframe sandbox srcdoc="&lt;script&gt;' in page


def test_the_openapi_document_is_the_committed_one(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    assert documentation_pages(file) == {}
    file.write_text('{"openapi": "3.1.0"}')
    pages = documentation_pages(file)
    assert pages["/openapi.json"](Request("GET", "/openapi.json")).json() == {"openapi": "3.1.0"}
    docs = pages["/docs"](Request("GET", "/docs"))
    assert docs.header("content-type") == "text/html; charset=utf-8"
    assert b"/openapi.json" in docs.body
