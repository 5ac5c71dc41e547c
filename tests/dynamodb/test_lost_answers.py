"""Answers lost after the commit: what was done is done once, and never looks like an attack."""

import pytest

from tests.dynamodb.support import (
    INVALID_TOKEN,
    UNAVAILABLE,
    alive,
    assert_one_account,
    attempts,
    events,
    guesses_at_account,
    guesses_by_client,
    sessions,
)
from tests.dynamodb.wire import COUNT_OF_MAILS, GUESS_OF_ACCOUNT, ROTATION, TRANSACTION, Wire
from tests.support import PASSWORD, Api, new_email, problem, token_of

pytestmark = pytest.mark.dynamodb

REUSED = "session.refresh_token_reused"
TRIES = 3  # the SDK's


@pytest.mark.parametrize("lost", [1, TRIES - 1])
def test_f3_r08_a_rotation_whose_answer_is_lost_meets_its_own_write(api: Api, wire: Wire, lost: int) -> None:
    before = api.sign_up()
    with wire.losing_answers(ROTATION, lost):
        answer = api.refresh(before["refresh_token"])
    assert answer.status == 200
    assert answer.json()["session_id"] == before["session_id"]
    assert REUSED not in events(api, before["user"]["id"])
    assert alive(api, answer)


def test_f3_r08_a_client_that_got_no_answer_gets_the_successor_at_its_next_try(api: Api, wire: Wire) -> None:
    before = api.sign_up()
    with wire.losing_answers(ROTATION, TRIES):
        assert problem(api.refresh(before["refresh_token"])) == UNAVAILABLE
    answer = api.refresh(before["refresh_token"])
    assert answer.status == 200
    assert REUSED not in events(api, before["user"]["id"])
    assert alive(api, answer)


@pytest.mark.parametrize("lost", [1, TRIES - 1])
def test_f3_r07_a_registration_whose_answer_is_lost_is_one_and_mailed_once(api: Api, wire: Wire, lost: int) -> None:
    email = new_email()
    with wire.losing_answers(TRANSACTION, lost):
        assert api.register(email).status == 202
    assert len(attempts(api, email)) == len(api.mails(email)) == 1
    assert api.post("/verify-email", {"token": api.mailed_token(email), "password": PASSWORD}).status == 200
    assert_one_account(api, email)


def test_f3_r07_a_registration_that_got_no_answer_can_be_repeated(api: Api, wire: Wire) -> None:
    email = new_email()
    with wire.losing_answers(TRANSACTION, TRIES):
        assert problem(api.register(email)) == UNAVAILABLE
    assert api.register(email).status == 202
    first, second = (token_of(mail) for mail in api.mails(email))
    assert api.post("/verify-email", {"token": second, "password": PASSWORD}).status == 200
    assert problem(api.post("/verify-email", {"token": first, "password": PASSWORD})) == INVALID_TOKEN
    assert_one_account(api, email)


@pytest.mark.parametrize("lost", [1, TRIES - 1])
def test_f3_r07_a_verification_whose_answer_is_lost_makes_one_account(api: Api, wire: Wire, lost: int) -> None:
    email = new_email()
    api.register(email)
    with wire.losing_answers(TRANSACTION, lost):
        answer = api.post("/verify-email", {"token": api.mailed_token(email), "password": PASSWORD})
    assert answer.status == 200
    user_id = assert_one_account(api, email)
    assert len(sessions(api, user_id)) == 1
    assert events(api, user_id) == ["user.registered"]
    assert alive(api, answer)


def test_f3_r07_after_a_verification_that_got_no_answer_its_owner_can_sign_in(api: Api, wire: Wire) -> None:
    email = new_email()
    api.register(email)
    verify = {"token": api.mailed_token(email), "password": PASSWORD}
    with wire.losing_answers(TRANSACTION, TRIES):
        assert problem(api.post("/verify-email", verify)) == UNAVAILABLE
    assert problem(api.post("/verify-email", verify)) == INVALID_TOKEN
    assert api.login(email).status == 200
    assert_one_account(api, email)


def test_f3_a_sign_in_whose_answer_is_lost_makes_one_session(api: Api, wire: Wire) -> None:
    email = new_email()
    user_id = api.sign_up(email)["user"]["id"]
    with wire.losing_answers(TRANSACTION, 1):
        answer = api.login(email)
    assert answer.status == 200
    assert len(sessions(api, user_id)) == 2  # with that of the registration
    assert events(api, user_id) == ["sign_in.succeeded", "user.registered"]


def test_f3_a_sign_out_whose_answer_is_lost_is_told_once(api: Api, wire: Wire) -> None:
    before = api.sign_up()
    with wire.losing_answers(TRANSACTION, 1):
        assert api.post("/logout", {"refresh_token": before["refresh_token"]}).status == 204
    assert sessions(api, before["user"]["id"]) == []
    assert events(api, before["user"]["id"]) == ["session.signed_out", "user.registered"]


@pytest.mark.parametrize("guesses_before", [0, 9])
def test_f3_a_guess_whose_answer_is_lost_is_counted_once(api: Api, wire: Wire, guesses_before: int) -> None:
    email = new_email()
    for _ in range(guesses_before):
        api.login(email, "not the right password")
    with wire.losing_answers(GUESS_OF_ACCOUNT, 1):
        assert api.login(email, "not the right password").status == 401
    assert guesses_at_account(api, email) == guesses_by_client(api) == guesses_before + 1


def test_f3_r07_five_registrations_stand_side_by_side_although_an_answer_is_lost(api: Api, wire: Wire) -> None:
    email = new_email()
    api.register(email)
    with wire.losing_answers(COUNT_OF_MAILS, 1):
        api.register(email)
    for _ in range(3):
        api.register(email)
    assert len(api.mails(email)) == 5
    assert len(attempts(api, email)) == 5
