"""Guessing at codes, and mailing them: limits of their own beside those of all doors, and none for the link (I-20)."""

import pytest
from time_machine import Traveller

from gatepost.sign_in_by_email import TRIES
from gatepost.web.browser_binding import COOKIE
from local.stack import Stack
from tests.integration.accounts import (
    INVALID_CODE,
    LIMITED,
    UNAVAILABLE,
    mailed_code,
    new_user,
    other_code,
    outcome,
    start_code,
    use_code,
)
from tests.integration.aws_faults import Fault, always, broken, faults, no_connection, throttled
from tests.integration.browsers import Browser
from tests.support import Api, new_email, problem

CALLS = ["GetItem EMAIL", "BatchGetItem", "UpdateItem EMAIL ADD", "UpdateItem LIMIT#account ADD", "TransactWriteItems"]


def test_a_code_takes_five_answers_and_no_right_one_after_them(stack: Stack) -> None:
    user = new_user(stack)
    digits, _ = mailed_code(user.api, user.email)
    for _ in range(TRIES):
        assert problem(use_code(Api(stack), user.email, other_code(digits))) == INVALID_CODE
    assert problem(use_code(Api(stack), user.email, digits)) == INVALID_CODE
    newer, _ = mailed_code(user.api, user.email)
    assert use_code(Api(stack), user.email, newer).status == 200


def test_i18_ten_failures_over_codes_and_passwords_close_both_and_the_link_opens_all_the_same(stack: Stack) -> None:
    """I-20: who owns the address isn't locked out by who guesses."""
    user = new_user(stack)
    digits, link = mailed_code(user.api, user.email)
    for _ in range(5):
        assert problem(use_code(Api(stack), user.email, other_code(digits))) == INVALID_CODE
        assert problem(Api(stack).login(user.email, "wrong, wrong, wrong")) == (401, "invalid_credentials")
    refused = use_code(Api(stack), user.email, digits)
    assert problem(refused) == LIMITED
    assert int(refused.header("retry-after") or 0) >= 60
    assert problem(Api(stack).login(user.email)) == LIMITED
    assert use_code(Api(stack), None, link).status == 200


def test_i05_an_address_without_an_account_is_limited_alike(stack: Stack) -> None:
    email = new_email()
    for _ in range(10):
        assert problem(use_code(Api(stack), email, "123456")) == INVALID_CODE
    assert problem(use_code(Api(stack), email, "123456")) == LIMITED


def test_i18_one_client_guesses_at_fifty_accounts_and_no_more(stack: Stack) -> None:
    api = Api(stack)
    outcomes = [outcome(use_code(api, new_email(), "123456")) for _ in range(51)]
    assert outcomes == [INVALID_CODE] * 50 + [LIMITED]


def test_what_is_limited_uses_up_no_answer_of_the_code(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    for _ in range(10):
        Api(stack).login(user.email, "wrong, wrong, wrong")
    clock.shift(500)
    digits, _ = mailed_code(user.api, user.email)
    assert {outcome(use_code(Api(stack), user.email, digits)) for _ in range(TRIES + 1)} == {LIMITED}
    clock.shift(400)
    assert use_code(Api(stack), user.email, digits).status == 200


def test_five_codes_an_hour_are_mailed_and_the_newest_mailed_one_stays_good(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    *_, (digits, _) = [mailed_code(user.api, user.email) for _ in range(5)]
    mails = len(user.api.mails(user.email))
    assert start_code(user.api, user.email).status == 202
    assert len(user.api.mails(user.email)) == mails
    assert use_code(user.api, user.email, digits).status == 200
    clock.shift(3600)
    assert start_code(user.api, user.email).status == 202
    assert len(user.api.mails(user.email)) == mails + 1


def test_a_browser_that_asks_too_often_or_for_another_address_can_still_use_the_code_that_was_mailed(stack: Stack) -> None:
    """What isn't mailed replaces nothing, so the browser's cookie must go on to fit what was."""
    user = new_user(stack)
    browser = Browser(user.api, user.email)
    for email in (*[user.email] * 6, new_email()):
        assert browser.post("/email-code/start", {"email": email}).status == 202
    assert len([mail for mail in user.api.mails(user.email) if mail.code]) == 5
    code = user.api.mails(user.email)[0].code
    assert browser.post("/email-code/verify", {"email": user.email, "code": code}).status == 200
    assert browser.cookies == {}


@pytest.mark.parametrize("planted", ["", "short", "a" * 42, "a" * 44, "é" * 43])
def test_s22_a_browser_that_brings_no_secret_of_ours_gets_a_new_one(stack: Stack, planted: str) -> None:
    browser = Browser(Api(stack), cookies={COOKIE: planted})
    assert browser.post("/email-code/start", {"email": browser.email}).status == 202
    assert len(browser.cookies[COOKIE]) == 43
    assert browser.cookies[COOKIE] != planted


def test_codes_and_links_for_a_new_password_are_counted_apart(stack: Stack) -> None:
    user = new_user(stack)
    for _ in range(5):
        mailed_code(user.api, user.email)
    mails = len(user.api.mails(user.email))
    assert user.api.post("/password/forgot", {"email": user.email}).status == 202
    assert len(user.api.mails(user.email)) == mails + 1


@pytest.mark.parametrize("fault", [broken, throttled, no_connection])
@pytest.mark.parametrize("call", CALLS)
def test_i21_a_fault_is_no_wrong_code(stack: Stack, call: str, fault: Fault) -> None:
    """Eleven times, more often than an account may fail and a code takes answers: then the code works."""
    user = new_user(stack)
    digits, _ = mailed_code(user.api, user.email)
    with faults(always(call, fault)):
        assert {outcome(use_code(user.api, user.email, digits)) for _ in range(11)} == {UNAVAILABLE}
    assert use_code(user.api, user.email, digits).status == 200


def test_i21_a_code_that_could_not_be_mailed_counts_as_none(stack: Stack) -> None:
    user = new_user(stack)
    with faults(always("TransactWriteItems", broken)):
        assert {outcome(start_code(user.api, user.email)) for _ in range(6)} == {UNAVAILABLE}
    digits, _ = mailed_code(user.api, user.email)
    assert use_code(user.api, user.email, digits).status == 200
