"""A key gets nobody further than the access token that made it: another API is handed tokens, and could make keys by them."""

import jwt
import pytest

from gatepost.access.roles import ADMIN
from local.stack import Stack
from tests.integration.accounts import NOT_AUTHENTICATED, deployed_with
from tests.integration.administrators import Staff, user_with_roles
from tests.integration.api_keys import ask_for_api_key, new_api_key
from tests.support import AUDIENCE, ISSUER, OTHER_AUDIENCE, problem

INVALID_TARGET = (400, "invalid_target")


@pytest.fixture
def me(stack: Stack) -> Staff:
    """An administrator whose token is for the issuer alone."""
    return user_with_roles(stack, ADMIN)


@pytest.mark.parametrize(("theirs", "others"), [(AUDIENCE, OTHER_AUDIENCE), (OTHER_AUDIENCE, AUDIENCE)])
def test_z02_who_is_handed_an_administrators_token_makes_no_key_for_the_admin_api(me: Staff, theirs: str, others: str) -> None:
    handed = me.login(audience=theirs)
    assert problem(handed.admin("GET", "/roles")) == NOT_AUTHENTICATED
    key = new_api_key(handed, "*")
    assert key.shown["audience"] == theirs
    for audience in (ISSUER, others):
        assert problem(key.exchange(audience=audience)) == INVALID_TARGET
    for token in (key.access_token(), key.access_token(audience=theirs)):
        assert jwt.decode(token, options={"verify_signature": False})["aud"] == [ISSUER, theirs]
        assert problem(key.api.call("GET", "/v1/admin/roles", token=token)) == NOT_AUTHENTICATED


def test_a_refresh_for_the_issuer_alone_makes_a_key_for_whom_it_is_asked_for(me: Staff) -> None:
    session = me.login()
    token = session.api.refresh(session.refresh_token, audience=ISSUER).json()["access_token"]
    made = session.api.call("POST", "/v1/me/api-keys", {"name": "x", "permissions": []}, token=token).json()
    assert made["audience"] is None
    for audience in (ISSUER, AUDIENCE, OTHER_AUDIENCE):
        assert session.api.post("/api-key", {"api_key": made["api_key"], "audience": audience}).status == 200


def test_a_key_for_an_audience_that_is_no_longer_one_gives_no_token(stack: Stack, me: Staff) -> None:
    key = new_api_key(me.login(audience=OTHER_AUDIENCE))
    with deployed_with(stack, allowed_audiences=""):
        assert problem(key.exchange()) == INVALID_TARGET
    assert key.exchange().status == 200


def test_r39_a_request_that_is_sent_again_gives_no_other_key(me: Staff) -> None:
    """Also where it's sent again by another token."""
    headers = {"idempotency-key": "one"}
    first = ask_for_api_key(me.login(), headers=headers).json()
    assert ask_for_api_key(me, headers=headers).json() == first | {"api_key": None}
