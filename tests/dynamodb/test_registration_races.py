"""Registrations of one address, and answers to their mails, at once."""

import time
from functools import partial

import pytest
import time_machine

from gatepost.storage.failures import ConditionFailed
from gatepost.storage.table import Database
from tests.dynamodb.support import (
    INVALID_CREDENTIALS,
    INVALID_TOKEN,
    assert_one_account,
    at_once,
    attempts,
    events,
    guesses_at_account,
    sessions,
    split,
    users_items,
    write_user,
)
from tests.dynamodb.wire import TRANSACTION, Wire
from tests.support import PASSWORD, Api, new_email, problem, token_of

pytestmark = pytest.mark.dynamodb

MAILS = 5  # an hour
HOUR = 3600


def spellings(email: str) -> list[str]:
    """Return four spellings of one address."""
    local, domain = email.split("@")
    return [email, email.upper(), f"{local.title()}@{domain}", f"{local}@{domain.upper()}"]


def register_at_once(api: Api, wire: Wire, email: str) -> list[str]:
    """Begin 40 registrations, all past their reads before the first writes. Return the tokens that were mailed."""
    with wire.meeting(40, TRANSACTION):
        answers = at_once(partial(api.register, spelling) for spelling in spellings(email) * 10)
    assert {(answer.status, answer.body) for answer in answers} == {(202, b'{"status":"verification_required"}')}
    return [token_of(mail) for mail in api.mails(email)]


def test_i01_r01_of_40_registrations_of_one_address_each_is_answered_alike_and_five_are_mailed(api: Api, wire: Wire) -> None:
    email = new_email()
    tokens = register_at_once(api, wire, email)
    assert len(set(tokens)) == len(tokens) == MAILS
    assert len(attempts(api, email)) == MAILS
    assert users_items(api, email) == []


def test_i01_five_registrations_at_once_push_out_five_older_ones_and_none_of_each_other(api: Api, wire: Wire) -> None:
    email = new_email()
    for _ in range(MAILS):
        api.register(email)
    with time_machine.travel(time.time() + HOUR + 60):
        with wire.meeting(MAILS, TRANSACTION):
            answers = at_once([lambda: api.register(email)] * MAILS)
        assert {answer.status for answer in answers} == {202}
        tokens = [token_of(mail) for mail in api.mails(email)]
        outcomes = [problem(api.post("/verify-email", {"token": token, "password": "wrong"})) for token in tokens]
    assert outcomes == [INVALID_CREDENTIALS] * MAILS + [INVALID_TOKEN] * MAILS


def test_i01_r01_of_40_verifications_of_all_mailed_tokens_one_makes_the_account(api: Api, wide_api: Api, wire: Wire) -> None:
    email = new_email()
    tokens = register_at_once(api, wire, email)
    with wire.meeting(40, TRANSACTION):
        answers = at_once(
            partial(wide_api.post, "/verify-email", {"token": token, "password": PASSWORD}) for token in tokens * (40 // MAILS)
        )
    (winner,), losers = split(answers)
    assert winner.status == 200
    assert losers == [INVALID_TOKEN] * 39
    assert assert_one_account(api, email) == (user_id := winner.json()["user"]["id"])
    assert [session["id"] for session in sessions(api, user_id)] == [winner.json()["session_id"]]
    assert events(api, user_id) == ["user.registered"]
    assert attempts(api, email) == []
    assert guesses_at_account(api, email) == 0
    assert api.me(winner.json()["access_token"]).status == 200
    assert api.login(email.upper()).status == 200


def test_i08_of_16_uses_of_one_token_one_makes_the_account(api: Api, wide_api: Api, wire: Wire) -> None:
    email = new_email()
    api.register(email)
    token = api.mailed_token(email)
    with wire.meeting(16, TRANSACTION):
        answers = at_once([lambda: wide_api.post("/verify-email", {"token": token, "password": PASSWORD})] * 16)
    winners, losers = split(answers)
    assert len(winners) == 1
    assert losers == [INVALID_TOKEN] * 15
    assert_one_account(api, email)
    assert attempts(api, email) == []


def test_i08_a_verification_whose_attempt_is_pushed_out_meanwhile_makes_no_account(api: Api, wire: Wire) -> None:
    email = new_email()
    for _ in range(MAILS):
        api.register(email)
    oldest = token_of(api.mails(email)[-1])
    with time_machine.travel(time.time() + HOUR), wire.in_the_midst(TRANSACTION, lambda: api.register(email)):
        answer = api.post("/verify-email", {"token": oldest, "password": PASSWORD})
    assert problem(answer) == INVALID_TOKEN
    assert users_items(api, email) == []
    assert len(attempts(api, email)) == MAILS


def test_i01_a_registration_that_a_verification_overtakes_makes_no_second_account(api: Api, wire: Wire) -> None:
    email = new_email()
    api.register(email)
    first = api.mailed_token(email)

    def verify() -> None:
        assert api.post("/verify-email", {"token": first, "password": PASSWORD}).status == 200

    with wire.in_the_midst(TRANSACTION, verify):
        assert api.register(email, "another long password").status == 202
    late = api.mailed_token(email)
    assert late != first
    answer = api.post("/verify-email", {"token": late, "password": "another long password"})
    assert problem(answer) == INVALID_TOKEN
    assert_one_account(api, email)
    assert api.login(email).status == 200


def test_r01_of_40_users_with_one_address_one_is_written(api: Api, db: Database, wire: Wire) -> None:
    email = new_email()

    def write() -> bool:
        try:
            write_user(db, api, email)
        except ConditionFailed:
            return False
        return True

    with wire.meeting(40, TRANSACTION):
        written = at_once([write] * 40)
    assert sum(written) == 1
    assert_one_account(api, email)
