"""An address is exactly one mailbox, and nothing of it gets into a mail but the address it is (I-03)."""

import secrets
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from tests.calls import recorded
from tests.support import Api, problem

HEADERS = ["Subject", "From", "To", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]

# {} is filled with something of this run. Many are after the cases of isemail (Dominic Sayers) and of "Splitting the e-mail
# atom" (PortSwigger, 2024).
REFUSED = [
    # line breaks and what some take for one
    "a{}@example.com\r\nBcc: evil@example.net", "a{}@example.com\nBcc: evil@example.net", "a{}@example.com\rBcc: x",
    "a{}\r\n@example.com", "a{}@\r\nexample.com", "a{}@example.com\r\n", "a{}@example.com\n", "\r\na{}@example.com",
    "a{}@example.com\r\n\r\nbody", "a{}@example.com%0d%0aBcc:evil@example.net", "a{}@example.com\\r\\nBcc: x",
    "a{}@example.com\u2028Bcc: x", "a{}@example.com\u0085x", "a{}\v@example.com", "a{}\f@example.com", "a\x1b{}@example.com",
    "a{}\r\n @example.com", "a{}@example.com\r\n ", "a{}\t@example.com", "\ta{}@example.com", "a{}\x7f@example.com",
    "a{}\0@example.com", "a{}@exam\0ple.com", "a{}@example.com\0", "a{}@example.com\0.evil.example",
    # encoded words, and addresses that hide another one
    "=?utf-8?q?=61=62{}?=@example.com", "=?iso-8859-1?q?=61=62=63{}?=@example.com", "=?utf-7?q?&AGEAYgBj-{}?=@example.com",
    "=?x?q?=40=3e=00{}?=evil@example.net", "a{}@=?utf-8?q?example.com?=", "=?utf-8?b?QUJD{}?=@example.com", "a=?{}@example.com",
    "a{}!evil.example@example.com?", "a{}%evil.example@@example.com", "@relay.example:a{}@example.com",
    "<a{}@example.com>", "Ada <a{}@example.com>", "a{}@example.com <evil@example.net>", "\"a\" <a{}@example.com>",
    "mailto:a{}@example.com", "a{}@example.com?bcc=evil@example.net", "a{}@example.com&bcc=evil@example.net",
    # more than one
    "a{}@example.com@example.net", "a{}@@example.com", "@a{}@example.com", "a{}@example.com@", "a@b{}@c@example.com",
    "a{}@example.com,evil@example.net", "a{}@example.com, evil@example.net", "a{}@example.com;evil@example.net",
    "a{}@example.com; evil@example.net", "a{}@b;c@example.com", "a{}@example.com evil@example.net",
    "a{}@example.com\tevil@example.net", "a{}@example.com|evil@example.net", "a{}@example.com/evil@example.net",
    "a{}@example.com,", ",a{}@example.com", "a{}@example.com;", "undisclosed-recipients:;", "group:a{}@example.com;",
    # quoted local parts
    "\"a{}\"@example.com", "\"a {}\"@example.com", "\"a\\\"{}\"@example.com", "\"a@b{}\"@example.com", "\"\"@example.com",
    "\"evil@example.net> \"a{}@example.com", "\"a\".{}@example.com", "a.\"{}\"@example.com", "\"a{}\\\"@example.com",
    "\"a\r\n{}\"@example.com", "\"a\0{}\"@example.com", "\"a,evil@example.net,{}\"@example.com", "\"a{}@example.com",
    "a{}\"@example.com", "'a{}@example.com'@", "a\\@{}@example.com", "a\\ {}@example.com",
    # comments
    "(comment)a{}@example.com", "a{}(comment)@example.com", "a{}@(comment)example.com", "a{}@example.com(comment)",
    "(a{}@example.com", "a{})@example.com", "((a){}@example.com", "evil@example.net(a{}@example.com",
    # dots
    ".a{}@example.com", "a{}.@example.com", "a..{}@example.com", "a{}@.example.com", "a{}@example.com.", "a{}@example..com",
    "a{}@example.com..", ".@example.com", "a{}@.", "a{}@..",
    # too little
    "", " ", "@", "a{}", "a{}@", "@example.com", "a{}@example", "a{}@com", "a{}@c", "a{} at example.com", "example.com",
    # domains that are none
    "a{}@-example.com", "a{}@example-.com", "a{}@exam_ple.com", "a{}@exam ple.com", "a{}@example.com:25", "a{}@example.com/x",
    "a{}@exam!ple.com", "a{}@exam'ple.com", "a{}@exam\"ple.com", "a{}@exam<ple.com", "a{}@exam\\ple.com", "a{}@*.example.com",
    "a{}@[127.0.0.1]", "a{}@[IPv6:::1]", "a{}@[example.com]", "a{}@127.0.0.1", "a{}@[127.0.0.1", "a{}@1.2.3", "a{}@example.1",
    "a{}@localhost", "a{}@invalid", "a{}@local.local", "a{}@$(id).example", "a{}@{{7*7}}.example",
    "a{}@ex--ample.com.", "a{}@xn--a.example", "a{}@xn--.example", "a{}@ab--cd.example", "a{}@example.com#", "a{}@example,com",
    # local parts that are none
    "a {}@example.com", "a,{}@example.com", "a;{}@example.com", "a:{}@example.com", "a<{}@example.com", "a>{}@example.com",
    "a[{}@example.com", "a]{}@example.com", "a({}@example.com", "a\\{}@example.com", "a\u00e9{}@example.com",
    "\ufeffa{}@example.com", "a\u200b{}@example.com", "a\u202e{}@example.com", "a\u00a0{}@example.com",
    # too long
    "a" * 53 + "{}@example.com", "a{}@" + "b" * 64 + ".example", "a{}@" + ".".join(["b" * 60] * 4) + ".example", "a" * 100_00,
]  # fmt: skip
TAKEN = [
    "a{}@example.com", "a.b{}@example.com", "a+b{}@example.com", "a-b_{}@example.com", "{}@example.com", "1{}@1.example",
    "a!#$%&'*+/=^_`|~-{}@example.com", "a?{}=@example.com", "-a{}@example.com", "_{}@example.com", "a--{}@example.com",
    "a%evil.example{}@example.com", "a!evil.example{}@example.com", "a&bcc=evil{}@example.com",
    "$id{}@example.com", "`id`{}@example.com",
    "{}'or'1'='1@example.com", "{}&lt@example.com", "a{}@sub.example.com",
    "a{}@ex-ample.com", "a{}@example.museum", "a{}@1example.com", "a{}@example.co.uk", "a{}@e.example",
    "a" * 52 + "{}@example.com", "{}@" + "b" * 63 + ".example", "{}" + "a" * 52 + "@" + ".".join(["b" * 60] * 3) + ".bc",
    "-".join(["ab"] * 17) + "{}@" + ".".join(["ab"] * 50) + ".example",
]  # fmt: skip


def of_this_run(template: str) -> str:
    return template.replace("{}", secrets.token_hex(6))


@pytest.mark.parametrize("template", REFUSED, ids=range(len(REFUSED)))
def test_i03_what_is_not_exactly_one_address_is_refused(api: Api, template: str) -> None:
    email = of_this_run(template)
    with recorded() as calls:
        answers = [api.register(email), api.login(email), api.post("/resend-verification", {"email": email})]
    for answer in answers:
        assert problem(answer) == (422, "invalid_request")
        ((error),) = answer.json()["errors"]
        assert error["field"] == "email"
        assert len(email) < 12 or email not in answer.body.decode()
    assert not calls


@pytest.mark.parametrize("template", TAKEN, ids=range(len(TAKEN)))
def test_i03_an_odd_address_gets_exactly_one_mail_that_names_it_alone(api: Api, template: str) -> None:
    email = of_this_run(template)
    api.stack.deliver()
    assert api.register(email).status == 202
    with recorded() as calls:
        api.stack.deliver()
    (sent,) = [call.parameters for call in calls if call.operation == "SendEmail"]
    assert sent["Destination"] == {"ToAddresses": [email]}
    message = parsed(sent["Content"]["Raw"]["Data"])
    assert message.keys() == HEADERS
    assert message.get_all("To") == [email]
    assert [address.addr_spec for address in message["To"].addresses] == [email]
    assert message["From"].addresses[0].addr_spec == "no-reply@example.com"
    assert not message.defects


def parsed(raw: bytes) -> EmailMessage:
    """Parse a mail, having checked that its headers are what an older parser would see too: ASCII, and no bare line break."""
    head = raw.partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert b"\n" not in head.replace(b"\r\n", b"")
    assert b"\r" not in head.replace(b"\r\n", b"")
    message = message_from_bytes(raw, _class=EmailMessage, policy=default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("path", ["/register", "/login", "/resend-verification"])
@pytest.mark.parametrize(
    "email",
    [
        ["a@example.com"],
        ["a@example.com", "evil@example.net"],
        [],
        {"address": "a@example.com"},
        {"$ne": None},
        {},
        None,
        True,
        17,
        1.5,
        [["a@example.com"]],
    ],
)
def test_i03_what_is_not_text_is_no_address(api: Api, path: str, email: Any) -> None:
    body = {"email": email} if path.startswith("/resend") else {"email": email, "password": "correct horse battery staple"}
    with recorded() as calls:
        answer = api.post(path, body)
    assert problem(answer) == (422, "invalid_request")
    assert answer.json()["errors"] == [{"field": "email", "message": "must be a string"}]
    assert not calls


@pytest.mark.parametrize(
    "body",
    [
        '{"email": "a@example.com", "email": "evil@example.net", "password": "correct horse battery staple"}',
        '{"email": "a@example.com", "password": "correct horse battery staple", "bcc": "evil@example.net"}',
        '{"email": "a@example.com", "password": "correct horse battery staple", "email[]": "evil@example.net"}',
        '{"Email": "a@example.com", "password": "correct horse battery staple"}',
    ],
)
def test_i03_two_addresses_in_one_body_are_refused(api: Api, body: str) -> None:
    with recorded() as calls:
        answer = api.post("/register", body, headers={"content-type": "application/json"})
    assert answer.status in (400, 422)
    assert not calls


def test_i03_the_name_gets_into_no_mail(api: Api) -> None:
    """Anybody may put one there to be read by the owner of the address."""
    email = of_this_run("a{}@example.com")
    api.stack.deliver()
    assert api.register(email, name="https://evil.example Bcc: evil@example.net <b>{{7*7}}").status == 202
    with recorded() as calls:
        api.stack.deliver()
    (sent,) = [call.parameters for call in calls if call.operation == "SendEmail"]
    assert b"evil.example" not in sent["Content"]["Raw"]["Data"]
