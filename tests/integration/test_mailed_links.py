"""A mailed link leads to the configured origin, whatever the request says about where it came to (I-11)."""

import re

import pytest

from local.mailbox import Mail
from tests.integration.account_events import event, invoke
from tests.support import ISSUER, PASSWORD, Api, new_email, problem, token_of

EVIL = "evil.example"
HEADERS: dict[str, dict[str, str]] = {
    "Host": {"host": EVIL},
    "Host with a port": {"host": f"{EVIL}:8443"},
    "Host with our name in front": {"host": f"auth.example.com.{EVIL}"},
    "Host with our name as user": {"host": f"auth.example.com@{EVIL}"},
    "Host with a path": {"host": f"{EVIL}/v1/auth?"},
    "Host of two": {"host": f"auth.example.com, {EVIL}"},
    "X-Forwarded-Host": {"x-forwarded-host": EVIL},
    "X-Forwarded-Host of two": {"x-forwarded-host": f"{EVIL}, auth.example.com"},
    "X-Forwarded-Proto": {"x-forwarded-proto": "javascript"},
    "X-Forwarded-Proto and Host": {"x-forwarded-proto": "http", "host": EVIL},
    "X-Forwarded-Port": {"x-forwarded-port": "1337"},
    "Forwarded": {"forwarded": f"for=192.0.2.1;host={EVIL};proto=http"},
    "X-Forwarded-Server": {"x-forwarded-server": EVIL},
    "X-Forwarded-Prefix": {"x-forwarded-prefix": f"//{EVIL}"},
    "X-Forwarded-Path": {"x-forwarded-path": f"//{EVIL}"},
    "X-Original-Host": {"x-original-host": EVIL},
    "X-Original-URL": {"x-original-url": f"https://{EVIL}/"},
    "X-Rewrite-URL": {"x-rewrite-url": f"https://{EVIL}/"},
    "X-Host": {"x-host": EVIL},
    "X-HTTP-Host-Override": {"x-http-host-override": EVIL},
    "Origin": {"origin": f"https://{EVIL}"},
    "Referer": {"referer": f"https://{EVIL}/"},
    "Front-End-Https": {"front-end-https": "off"},
    "X-Amz-Cf-Id and Via": {"via": f"1.1 {EVIL}", "x-amz-cf-id": EVIL},
}


def only_ours(mail: Mail) -> None:
    """Assert that everything in a mail that leads anywhere leads to the issuer."""
    everything = mail.subject + mail.text + mail.html
    assert EVIL not in everything
    assert ":1337" not in everything
    links = re.findall(r"(?:\w+:)?//[^\s\"'<>]+", mail.text + mail.html)
    assert len(links) >= 2
    assert all(link.startswith(f"{ISSUER}/ui/verify-email?token=") for link in links)
    assert not re.search(r'(?:src|action|background|href)\s*=\s*"(?!https://auth\.example\.com/)', mail.html)


@pytest.mark.parametrize("case", HEADERS)
def test_i11_the_link_of_a_verification_is_the_issuers(api: Api, case: str) -> None:
    """And so is the `iss` of the token that it leads to, or it would be refused at once."""
    email = new_email()
    answers = [
        api.post("/register", {"email": email, "password": PASSWORD}, headers=HEADERS[case]),
        api.post("/resend-verification", {"email": email}, headers=HEADERS[case]),
    ]
    assert [answer.status for answer in answers] == [202, 202]
    assert len(api.mails(email)) == 2
    for mail in api.mails(email):
        only_ours(mail)
    assert not [answer for answer in answers if EVIL in answer.body.decode() + str(answer.headers)]
    body = {"token": token_of(api.mails(email)[0]), "password": PASSWORD}
    signed_in = api.post("/verify-email", body, headers=HEADERS[case]).json()
    assert api.call("GET", "/v1/me", token=signed_in["access_token"], headers=HEADERS[case]).json() == signed_in["user"]


def test_i11_the_gateways_own_word_for_the_domain_makes_no_link(api: Api) -> None:
    """A gateway names the domain that was asked, which may be its execute-api address or one that somebody pointed here."""
    email = new_email()
    call = event("POST", "/v1/auth/register", {"email": email, "password": PASSWORD})
    call["requestContext"] |= {"domainName": EVIL, "domainPrefix": "evil", "stage": f"//{EVIL}"}
    call["headers"] |= {"host": EVIL}
    assert invoke(api.stack, call).status == 202
    (mail,) = api.mails(email)
    only_ours(mail)


@pytest.mark.parametrize(
    "path",
    [
        f"https://{EVIL}/v1/auth/register",
        f"//{EVIL}/v1/auth/register",
        f"/https://{EVIL}/v1/auth/register",
        f"@{EVIL}/v1/auth/register",
        f"/v1/auth/register/../../..//{EVIL}",
        f"\\\\{EVIL}/v1/auth/register",
    ],
)
def test_i11_an_absolute_uri_is_no_path(api: Api, path: str) -> None:
    email = new_email()
    call = event("POST", path, {"email": email, "password": PASSWORD})
    assert problem(invoke(api.stack, call))[0] in (400, 404)
    assert api.call("POST", path, {"email": email, "password": PASSWORD}).status in (400, 404)
    assert not api.mails(email)


@pytest.mark.parametrize(
    "member", ["redirect_uri", "next", "callback", "return_to", "url", "link", "base_url", "host", "origin"]
)
def test_i11_no_member_says_where_a_link_leads(api: Api, member: str) -> None:
    email = new_email()
    body = {"email": email, "password": PASSWORD, member: f"https://{EVIL}/"}
    assert problem(api.post("/register", body)) == (422, "invalid_request")
    query = f"/v1/auth/register?{member}=https://{EVIL}/"
    assert api.call("POST", query, {"email": email, "password": PASSWORD}).status == 202
    (mail,) = api.mails(email)
    only_ours(mail)
