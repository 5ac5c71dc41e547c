"""Mailed tokens other than a registration's, used at once: each does its work once."""

from functools import partial
from typing import Any

import pytest

from tests.dynamodb.support import INVALID_CREDENTIALS, INVALID_TOKEN, assert_one_account, at_once, events, split, users_items
from tests.dynamodb.wire import TRANSACTION, Wire
from tests.support import PASSWORD, Api, new_email, problem

pytestmark = pytest.mark.dynamodb


def begin_email_change(api: Api, signed_in: dict[str, Any], new: str) -> dict[str, str]:
    """Ask for another address, and return what completes it."""
    body = {"new_email": new, "password": PASSWORD}
    assert api.call("POST", "/v1/me/email", body, token=signed_in["access_token"]).status == 202
    return {"token": api.mailed_token(new), "password": PASSWORD}


def test_s01_r03_of_40_uses_of_one_reset_token_one_sets_its_password(api: Api, wire: Wire) -> None:
    email = new_email()
    user_id = api.sign_up(email)["user"]["id"]
    assert api.post("/password/forgot", {"email": email}).status == 202
    token, passwords = api.mailed_token(email), [f"a good new password {number}" for number in range(40)]
    with wire.meeting(40, TRANSACTION):
        answers = at_once(
            partial(api.post, "/password/reset", {"token": token, "new_password": password}) for password in passwords
        )
    winners, losers = split(answers)
    assert len(winners) == 1
    assert losers == [INVALID_TOKEN] * 39
    right = passwords[answers.index(winners[0])]
    assert api.login(email, right).status == 200
    assert problem(api.login(email, passwords[passwords.index(right) - 1])) == INVALID_CREDENTIALS
    assert events(api, user_id).count("password.reset") == 1


def test_r03_of_40_uses_of_one_email_change_token_one_changes_the_address(api: Api, wide_api: Api, wire: Wire) -> None:
    old, new = new_email(), new_email()
    completion = begin_email_change(api, api.sign_up(old), new)
    with wire.meeting(40, TRANSACTION):
        answers = at_once([partial(wide_api.post, "/verify-email", completion)] * 40)
    winners, losers = split(answers)
    assert [answer.status for answer in winners] == [204]
    assert losers == [INVALID_TOKEN] * 39
    assert_one_account(api, new)
    assert users_items(api, old) == []


def test_r01_of_a_registration_and_a_change_to_its_address_at_once_one_gets_it(api: Api, wire: Wire) -> None:
    email, old = new_email(), new_email()
    completion = begin_email_change(api, api.sign_up(old), email)
    api.register(email)
    registration = {"token": api.mailed_token(email), "password": PASSWORD}
    with wire.meeting(2, TRANSACTION):
        answers = at_once([partial(api.post, "/verify-email", body) for body in (completion, registration)])
    winners, losers = split(answers)
    assert len(winners) == 1
    assert losers == [INVALID_TOKEN]
    assert_one_account(api, email)
    assert len(users_items(api, old)) == (0 if answers[0].status == 204 else 2)
