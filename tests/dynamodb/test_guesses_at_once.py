"""Right and wrong passwords at once: no guess passes a limit, and none that was right stays counted."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest.mock import Mock, patch

import pytest
import time_machine

from gatepost.accounts import verification
from gatepost.credentials.passwords import verify_password
from gatepost.storage.table import Database
from local.events import Response
from tests.dynamodb.support import (
    INVALID_CREDENTIALS,
    TOO_MANY_REQUESTS,
    at_once,
    guesses_at_account,
    guesses_by_client,
    split,
    write_user,
)
from tests.dynamodb.wire import GUESS_OF_ACCOUNT, TRANSACTION, Wire
from tests.emf import Counted
from tests.support import Api, new_email, problem

pytestmark = pytest.mark.dynamodb

ALLOWED = 10  # failures of one account
WINDOW = 15 * 60
WRONG = "not the right password"


@contextmanager
def watched_hashing() -> Iterator[Mock]:
    """Watch how often a password is verified inside the block."""
    mock = Mock(wraps=verify_password)
    with patch("gatepost.sign_in.verify_password", mock), patch.object(verification, "verify_password", mock):
        yield mock


def assert_ten_judged(answers: list[Response]) -> None:
    """Assert that ten of 40 wrong guesses were judged and the others refused for at least a minute."""
    outcomes = sorted(problem(answer) for answer in answers)
    assert outcomes == [INVALID_CREDENTIALS] * ALLOWED + [TOO_MANY_REQUESTS] * (40 - ALLOWED)
    assert all(int(answer.header("retry-after") or 0) >= 60 for answer in answers if answer.status == 429)


@pytest.mark.parametrize("known", [True, False])
def test_r06_of_40_wrong_passwords_ten_are_judged_and_none_of_the_others_is_hashed(
    api: Api, wire: Wire, logged: Counted, known: bool
) -> None:
    email = new_email()
    if known:
        api.sign_up(email)
    attacker = Api(api.stack)
    logged()
    with wire.meeting(40, GUESS_OF_ACCOUNT), watched_hashing() as hashing:
        answers = at_once([lambda: attacker.login(email, WRONG)] * 40)
    assert_ten_judged(answers)
    assert hashing.call_count == ALLOWED
    assert guesses_at_account(api, email) == guesses_by_client(attacker) == ALLOWED
    assert sorted(logged()) == ["AccountLocked", *["SignInFailed"] * ALLOWED]
    assert problem(api.login(email)) == TOO_MANY_REQUESTS


def test_r06_all_doors_of_an_account_share_the_limit(api: Api, wire: Wire) -> None:
    email = new_email()
    api.register(email)
    verify = {"token": api.mailed_token(email), "password": WRONG}
    with wire.meeting(40, GUESS_OF_ACCOUNT), watched_hashing() as hashing:
        answers = at_once([lambda: api.login(email, WRONG), lambda: api.post("/verify-email", verify)] * 20)
    assert_ten_judged(answers)
    assert hashing.call_count == ALLOWED


def test_r06_after_the_window_again_ten_of_40_are_judged(api: Api, wire: Wire) -> None:
    email = new_email()
    at_once([lambda: api.login(email, WRONG)] * ALLOWED)
    with time_machine.travel(time.time() + WINDOW + 1), wire.meeting(40, GUESS_OF_ACCOUNT):
        assert_ten_judged(at_once([lambda: api.login(email, WRONG)] * 40))


def test_nine_right_passwords_at_once_are_never_counted_against_the_account(api: Api, wire: Wire) -> None:
    email = new_email()
    api.sign_up(email)
    for _ in range(3):
        with wire.meeting(9, TRANSACTION):
            answers = at_once([lambda: api.login(email)] * 9)
        assert {answer.status for answer in answers} == {200}
        assert guesses_at_account(api, email) == guesses_by_client(api) == 0
    assert api.login(email).status == 200


def test_right_passwords_refund_no_wrong_one(api: Api, wire: Wire) -> None:
    email = new_email()
    api.sign_up(email)
    with wire.meeting(ALLOWED, GUESS_OF_ACCOUNT):
        answers = at_once([lambda: api.login(email), lambda: api.login(email, WRONG)] * (ALLOWED // 2))
    signed_in, refused = split(answers)
    assert len(signed_in) == ALLOWED // 2
    assert refused == [INVALID_CREDENTIALS] * (ALLOWED // 2)
    assert guesses_at_account(api, email) == guesses_by_client(api) == ALLOWED // 2


def test_40_sign_ins_of_one_account_make_40_sessions(api: Api, wide_api: Api, wire: Wire) -> None:
    email = new_email()
    api.sign_up(email)
    with wire.meeting(40, TRANSACTION):
        answers = at_once([lambda: wide_api.login(email)] * 40)
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json()["session_id"] for answer in answers}) == 40
    assert guesses_at_account(api, email) == guesses_by_client(wide_api) == 0


def test_40_sign_ins_of_40_accounts_from_one_client_address_all_succeed(api: Api, db: Database, wire: Wire) -> None:
    emails = [new_email() for _ in range(40)]
    for email in emails:
        write_user(db, api, email)
    with wire.meeting(40, TRANSACTION):
        answers = at_once(partial(api.login, email) for email in emails)
    assert {answer.status for answer in answers} == {200}
    assert [answer.json()["user"]["email"] for answer in answers] == emails
    assert guesses_by_client(api) == 0
