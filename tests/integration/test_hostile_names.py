"""What a user may call themselves is text and nothing else: in JSON, in mails and in logs (I-13). And links, again (I-11)."""

import html
import json

import pytest

from gatepost.config import MailerSettings
from gatepost.mail.rendering import render
from gatepost.outbox import Mail, MailKind
from local.stack import Stack
from tests.integration.account_events import event, invoke
from tests.integration.accounts import NEW_PASSWORD, forgot, mailed_change, mailed_reset, new_user, reset, verify
from tests.integration.logs import captured_logs
from tests.integration.sent_mails import sent_mails, text_of
from tests.integration.test_mailed_links import EVIL, HEADERS
from tests.support import ISSUER, Api, new_email, problem, token_of

NAMES = [
    *(
        "<b>Ada</b>",
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</title>Ada</head>",
        "&lt;Ada&gt; &amp; co",
    ),
    *(
        "{{7*7}}",
        "{{ config.items() }}",
        "{% for x in y %}",
        "{# c #}",
        "${7*7}",
        "#{7*7}",
        "<%= 7*7 %>",
        "%(issuer)s",
        "{0.__class__}",
    ),
    *("\u202eadA\u202c", "Ada\u2066\u202eevil\u2069", "A\u200bd\u200ba", "Ada\ufeff", "\U0001f469\u200d\U0001f4bb"),
    *(
        "Ada http://evil.example/?token=x",
        "Bcc: evil@evil.example",
        "=?utf-8?q?=0d=0aBcc:evil?=",
        "'; DROP TABLE users; --",
        "\\u001b[31m",
    ),
]
REFUSED_NAMES = [
    *(
        "Ada\r\nBcc: evil@evil.example",
        "Ada\nEvil",
        "Ada\rEvil",
        "\x1b[31mAda",
        "Ada\x07",
        "Ada\x00",
        "Ada\x9b31m",
        "Ada\x85Evil",
    ),
    *("Ada\u2028Evil", "Ada\u2029Evil", "\tAda", "Ada\x7f", " Ada", "Ada ", "", "x" * 101),
]


def spellings(name: str) -> set[str]:
    return {name, html.escape(name), json.dumps(name)[1:-1], name.encode("unicode_escape").decode()}


@pytest.mark.parametrize("name", NAMES)
def test_i13_a_name_is_plain_in_json_and_in_no_log(stack: Stack, name: str) -> None:
    with captured_logs() as lines:
        user = new_user(stack, name=name)
        elsewhere = user.login(device_name=name)
        assert user.signed_in["user"]["name"] == name
        assert elsewhere.api.me(elsewhere.access_token).json()["name"] == name
        assert elsewhere.call("PATCH", "", {"name": name[::-1]}).json()["name"] == name[::-1]
        assert elsewhere.export()["user"]["name"] == name[::-1]
        devices = {session["id"]: session["device_name"] for session in elsewhere.sessions()}
        assert devices == {user.session_id: None, elsewhere.session_id: name}
    assert lines
    assert not [line for line in lines for spelling in spellings(name) | spellings(name[::-1]) if spelling in line]


def test_i13_a_name_stands_in_no_mail(stack: Stack) -> None:
    """Not of any kind: anybody may have put it there, to be read by somebody else or as something else."""
    stack.deliver()
    with sent_mails() as mails:
        for name in ("{{7777*7777}} <b>Adalovelace</b> \u202eecalevoL", "Bcc: evil@evil.example http://evil.example"):
            user = new_user(stack, name=name)
            mailed_change(user.login(device_name=name), new_email())
            Api(stack).register(user.email, name=name)
            reset(user.api, mailed_reset(user.api, user.email))
            user.login(NEW_PASSWORD, device_name=name).erase(NEW_PASSWORD)
            stack.deliver()
    assert len(mails) == 2 * 7
    said = "\n".join(f"{mail.items()} {text_of(mail)}" for mail in mails)
    for part in ("7777*7777", "60481729", "Adalovelace", "\u202e", "evil.example", "Bcc:"):
        assert part not in said


@pytest.mark.parametrize("name", REFUSED_NAMES)
def test_i13_a_name_is_one_line_without_control_characters(stack: Stack, name: str) -> None:
    user = new_user(stack, name="Ada")
    answers = [
        Api(stack).register(new_email(), name=name),
        user.call("PATCH", "", {"name": name}),
        user.api.login(user.email, device_name=name),
    ]
    for answer, member in zip(answers, ("name", "name", "device_name"), strict=True):
        assert problem(answer) == (422, "invalid_request")
        assert [error["field"] for error in answer.json()["errors"]] == [member]
    assert user.api.me(user.access_token).json()["name"] == "Ada"


AGENTS = ["\x1b[31mcurl\x1b[0m", "curl\r\nx-evil: 1", 'curl "><script>', "{{7*7}} ${7*7}", "\u202elruc", "curl\x00", "\u2028"]


@pytest.mark.parametrize("agent", AGENTS)
def test_i13_a_user_agent_is_plain_in_the_trail_and_in_no_log(stack: Stack, agent: str) -> None:
    user = new_user(stack)
    call = event("POST", "/v1/auth/login", {"email": user.email, "password": user.password})
    call["requestContext"]["http"]["userAgent"] = agent
    with captured_logs() as lines:
        assert invoke(stack, call).status == 200
    assert user.trail()[0]["user_agent"] == agent
    logged = "".join(lines)
    assert "evil" not in logged
    assert "curl" not in logged
    assert not [character for character in logged if ord(character) < 32 or character in "\x7f\x9b\u2028\u202e"]


SERVICE_NAMES = ["<b>Gate</b>post", 'Gate & Post\'s "own"', "{{7777*7777}}", "\u202eGatepost"]


@pytest.mark.parametrize("kind", MailKind)
@pytest.mark.parametrize("service_name", SERVICE_NAMES)
def test_i13_what_fills_a_template_is_escaped_in_html_and_never_a_template(kind: MailKind, service_name: str) -> None:
    """The deployer's own name of the service, and whatever a link could hold."""
    environment = {
        "GATEPOST_ISSUER": ISSUER,
        "GATEPOST_SERVICE_NAME": service_name,
        "GATEPOST_MAIL_FROM": "no-reply@example.com",
        "GATEPOST_CONFIGURATION_SET": "mails",
        "GATEPOST_SESSIONS_TABLE": "sessions",
        "GATEPOST_OUTBOX_TABLE": "outbox",
        "GATEPOST_KMS_KEY_ID": "key",
    }
    link = f"{ISSUER}/ui/x?token=%22%3E&a='<b>{{{{7777*7777}}}}"
    mail = Mail(
        "ada@example.com", kind, {"link": link, "code": "123456", "at": "2026-11-23T12:00:00Z", "until": "2027-02-21T12:00:00Z"}
    )
    message = render(MailerSettings.from_environment(environment), mail, "0123456789abcdef")
    text, page = (message.get_body((part,)) for part in ("plain", "html"))
    assert text is not None
    assert page is not None
    assert service_name in text.get_content()
    shown = page.get_content()
    assert "60481729" not in shown + text.get_content()
    assert "<b>" not in shown
    assert "'<" not in shown
    if "<" in service_name:
        assert "&lt;b&gt;Gate&lt;/b&gt;post" in shown
    assert service_name in str(message["Subject"])
    assert message["To"] == "ada@example.com"


HOSTS = {name: headers for name, headers in HEADERS.items() if name != "X-Forwarded-Proto and Host"}


@pytest.mark.parametrize("case", HOSTS)
def test_i11_the_links_of_a_reset_and_of_a_change_of_address_are_the_issuers(stack: Stack, case: str) -> None:
    user, email = new_user(stack), new_email()
    headers = HEADERS[case]
    forgot_answer = user.api.post("/password/forgot", {"email": user.email}, headers=headers)
    (reset_mail, *_) = user.api.mails(user.email)
    change_answer = user.call("POST", "/email", {"new_email": email, "password": user.password}, headers=headers)
    (change_mail,) = user.api.mails(email)
    (notice, *_) = user.api.mails(user.email)
    assert [forgot_answer.status, change_answer.status] == [202, 202]
    assert EVIL not in str(forgot_answer) + str(change_answer)

    for mail, page in ((reset_mail, "reset-password"), (change_mail, "verify-email")):
        assert mail.links == (f"{ISSUER}/ui/{page}?token={token_of(mail)}",)
        assert mail.html.count("://") == 1
        assert f'href="{mail.links[0]}"' in mail.html
    for mail in (reset_mail, change_mail, notice):
        assert EVIL not in mail.subject + mail.text + mail.html
        assert "javascript" not in mail.subject + mail.text + mail.html
        assert ":1337" not in mail.text + mail.html
    assert "://" not in notice.text + notice.html
    assert verify(user.api, token_of(change_mail)).status == 204


def test_i11_the_gateways_own_word_for_the_domain_makes_no_link(stack: Stack) -> None:
    user = new_user(stack)
    call = event("POST", "/v1/auth/password/forgot", {"email": user.email}, headers={"host": EVIL})
    call["requestContext"] |= {"domainName": EVIL, "domainPrefix": "evil", "stage": f"//{EVIL}"}
    assert invoke(stack, call).status == 202
    mail = user.api.mails(user.email)[0]
    assert mail.links == (f"{ISSUER}/ui/reset-password?token={token_of(mail)}",)


@pytest.mark.parametrize("member", ["redirect_uri", "next", "callback", "return_to", "link", "base_url", "host"])
def test_i11_no_member_says_where_a_link_leads(stack: Stack, member: str) -> None:
    user, email = new_user(stack), new_email()
    evil = {member: f"https://{EVIL}/"}
    assert problem(user.api.post("/password/forgot", {"email": user.email} | evil)) == (422, "invalid_request")
    change = {"new_email": email, "password": user.password}
    assert problem(user.call("POST", "/email", change | evil)) == (422, "invalid_request")
    query = f"?{member}=https://{EVIL}/"
    assert user.call("POST", f"/email{query}", change).status == 202
    assert user.api.post(f"/password/forgot{query}", {"email": user.email}).status == 202
    for address in (email, user.email):
        assert EVIL not in str(user.api.mails(address)[0])
    assert forgot(user.api, user.email).status == 202
