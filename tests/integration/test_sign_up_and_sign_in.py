"""The way of a user: sign up, read the mail, sign in, read and change the profile."""

import time

import pytest

from gatepost_verifier import parse_key_set, verify_access_token
from tests.support import AUDIENCE, ISSUER, OTHER_AUDIENCE, PASSWORD, Api, new_email, problem


def test_registering_answers_that_verification_is_required_and_mails_one_link(api: Api) -> None:
    email = new_email()
    answer = api.register(email, name="Ada")
    assert (answer.status, answer.json()) == (202, {"status": "verification_required"})
    (mail,) = api.mails(email)
    assert mail.links[0].startswith(f"{ISSUER}/ui/verify-email?token=")
    assert "Ada" not in mail.text + mail.html  # anybody may have put the name there to be read by the owner


def test_verifying_with_link_and_password_signs_in(api: Api) -> None:
    email = new_email()
    signed_in = api.sign_up(email, name="Ada")
    assert signed_in["status"] == "authenticated"
    assert signed_in["token_type"] == "Bearer"
    assert signed_in["expires_in"] == 900
    user = signed_in["user"]
    assert (user["email"], user["email_verified"], user["name"]) == (email, True, "Ada")
    assert (user["roles"], user["permissions"]) == (["user"], [])
    assert user["mfa"] == {"totp": False, "passkeys": 0, "recovery_codes_left": 0}
    assert api.me(signed_in["access_token"]).json() == user


def test_signing_in_makes_a_new_session(api: Api) -> None:
    email = new_email()
    first = api.sign_up(email)
    second = api.login(email, device_name="phone").json()
    assert first["session_id"] != second["session_id"]
    assert api.me(second["access_token"]).status == 200


def test_the_access_token_is_an_rfc_9068_token_that_the_published_keys_verify(api: Api) -> None:
    signed_in = api.sign_up()
    answer = api.call("GET", "/.well-known/jwks.json")
    assert answer.header("content-type") == "application/jwk-set+json; charset=utf-8"
    assert "public" in (answer.header("cache-control") or "")
    keys = parse_key_set(answer.json())
    assert len(keys) == 2
    access_token = signed_in["access_token"]
    verify_access_token(access_token, issuer=ISSUER, audience=ISSUER, keys=keys.get, now=time.time())
    token = verify_access_token(access_token, issuer=ISSUER, audience=AUDIENCE, keys=keys.get, now=time.time())
    assert token.exp - token.iat == 900
    assert (token.sub, token.sid, token.client_id) == (signed_in["user"]["id"], signed_in["session_id"], "gatepost")
    assert (token.amr, token.roles, token.ver) == (("pwd",), ("user",), 0)


@pytest.mark.parametrize(
    ("audience", "expected"),
    [(ISSUER, [ISSUER]), (AUDIENCE, [ISSUER, AUDIENCE]), (OTHER_AUDIENCE, [ISSUER, OTHER_AUDIENCE])],
)
def test_an_allowed_audience_stands_in_the_token(api: Api, audience: str, expected: list[str]) -> None:
    email = new_email()
    api.sign_up(email)
    signed_in = api.login(email, audience=audience).json()
    keys = parse_key_set(api.call("GET", "/.well-known/jwks.json").json())
    token = verify_access_token(signed_in["access_token"], issuer=ISSUER, audience=ISSUER, keys=keys.get, now=time.time())
    assert list(token.aud) == expected


def test_another_audience_is_refused(api: Api) -> None:
    email = new_email()
    api.sign_up(email)
    assert problem(api.login(email, audience="https://evil.example.com")) == (400, "invalid_target")


def test_the_name_is_changed_and_removed(api: Api) -> None:
    token = api.sign_up(name="Ada")["access_token"]
    assert api.call("PATCH", "/v1/me", {"name": "Ada Lovelace"}, token=token).json()["name"] == "Ada Lovelace"
    assert api.call("PATCH", "/v1/me", {}, token=token).json()["name"] == "Ada Lovelace"
    assert api.call("PATCH", "/v1/me", {"name": None}, token=token).json()["name"] is None
    assert api.me(token).json()["name"] is None


def test_a_wrong_password_leaves_the_verification_token_usable(api: Api) -> None:
    email = new_email()
    api.register(email)
    token = api.mailed_token(email)
    assert problem(api.post("/verify-email", {"token": token, "password": "not this one"})) == (401, "invalid_credentials")
    assert api.post("/verify-email", {"token": token, "password": PASSWORD}).status == 200


def test_resending_mails_a_link_and_leaves_the_first_one_good(api: Api) -> None:
    email = new_email()
    api.register(email)
    first = api.mailed_token(email)
    assert api.post("/resend-verification", {"email": email}).status == 202
    second = api.mailed_token(email)
    assert first != second
    assert len(api.mails(email)) == 2
    assert api.post("/verify-email", {"token": first, "password": PASSWORD}).status == 200
    assert problem(api.post("/verify-email", {"token": second, "password": PASSWORD})) == (400, "invalid_token")
