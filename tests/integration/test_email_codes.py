"""Signing in by e-mail: six digits and a link, each good once, for ten minutes, for whoever asked."""

import logging
import re
from collections.abc import Callable

import jwt
import pytest

from local.stack import Stack
from tests.integration.accounts import (
    INVALID_CODE,
    NEW_PASSWORD,
    User,
    mailed_change,
    mailed_code,
    mailed_reset,
    new_user,
    other_code,
    outcome,
    reset,
    start_code,
    use_code,
    verify,
)
from tests.integration.inside import change_user
from tests.integration.leaks import cast
from tests.integration.sent_mails import text_of
from tests.support import AUDIENCE, ISSUER, OTHER_AUDIENCE, PASSWORD, Api, new_email, problem

WITH_COOKIES = {"x-gatepost-csrf": "1"}
COOKIE = "__Host-gatepost_email_code"


def cookie_of(api: Api, email: str) -> str:
    """Ask for a code as a browser app does; return the cookie as a browser sends it back."""
    answer = start_code(api, email, headers=WITH_COOKIES)
    return str(answer.header("set-cookie")).partition(";")[0]


def test_the_digits_sign_their_owner_in_once(stack: Stack) -> None:
    user = new_user(stack)
    digits, link = mailed_code(user.api, user.email)
    answer = use_code(Api(stack), user.email, digits, headers={"user-agent": "phone"})
    signed_in = answer.json()
    assert answer.status == 200
    assert signed_in["status"] == "authenticated"
    assert signed_in["user"]["id"] == user.id
    assert User(user.api, user.email, PASSWORD, signed_in).lives()
    assert problem(use_code(Api(stack), user.email, digits)) == INVALID_CODE
    assert problem(use_code(Api(stack), None, link)) == INVALID_CODE


def test_the_link_signs_its_owner_in_once(stack: Stack) -> None:
    user = new_user(stack)
    digits, link = mailed_code(user.api, user.email)
    assert use_code(Api(stack), None, link).json()["user"]["id"] == user.id
    assert problem(use_code(Api(stack), None, link)) == INVALID_CODE
    assert problem(use_code(Api(stack), user.email, digits)) == INVALID_CODE


def test_the_mail_holds_six_digits_and_one_link_to_the_issuer(stack: Stack) -> None:
    user = new_user(stack)
    digits, link = mailed_code(user.api, user.email)
    mail = user.api.mails(user.email)[0]
    assert len(digits) == 6
    assert digits in mail.text
    assert digits in mail.html
    assert digits not in mail.subject
    assert mail.links == (f"{ISSUER}/ui/email-code?token={link}",)


def test_m11_the_token_says_that_a_mail_was_the_only_factor(stack: Stack) -> None:
    """`otp` would open what an API keeps for users with a second factor."""
    user = new_user(stack)
    digits, _ = mailed_code(user.api, user.email)
    body = {"email": user.email, "code": digits, "audience": OTHER_AUDIENCE, "device_name": "tablet"}
    signed_in = Api(stack).post("/email-code/verify", body).json()
    claims = jwt.decode(signed_in["access_token"], options={"verify_signature": False})
    assert (claims["amr"], claims["acr"]) == (["email"], "aal1")
    assert claims["aud"] == [ISSUER, OTHER_AUDIENCE]
    assert AUDIENCE not in claims["aud"]
    assert {session["device_name"] for session in user.sessions()} == {None, "tablet"}


def test_i02_another_spelling_of_the_address_is_the_same_account(stack: Stack) -> None:
    user = new_user(stack)
    assert start_code(user.api, user.email.upper()).status == 202
    digits = user.api.mails(user.email)[0].code
    assert digits is not None
    assert use_code(user.api, user.email.title(), digits).status == 200


def test_only_the_newest_code_is_good(stack: Stack) -> None:
    user = new_user(stack)
    old_digits, old_link = mailed_code(user.api, user.email)
    digits, _ = mailed_code(user.api, user.email)
    assert problem(use_code(user.api, None, old_link)) == INVALID_CODE
    assert old_digits == digits or problem(use_code(user.api, user.email, old_digits)) == INVALID_CODE
    assert use_code(user.api, user.email, digits).status == 200


def test_a_code_of_one_address_is_none_of_another(stack: Stack) -> None:
    user, other = new_user(stack), new_user(stack)
    digits, link = mailed_code(user.api, user.email)
    other_digits, _ = mailed_code(other.api, other.email)
    assert digits == other_digits or problem(use_code(user.api, other.email, digits)) == INVALID_CODE
    assert use_code(other.api, None, link).json()["user"]["id"] == user.id


def test_nobody_gets_a_code_for_an_address_without_an_account(stack: Stack) -> None:
    email, pending = new_email(), new_email()
    api = Api(stack)
    api.register(pending)
    for address in (email, pending):
        before = len(api.mails(address))
        assert (start_code(api, address).status, len(api.mails(address))) == (202, before)
        assert problem(use_code(api, address, "123456")) == INVALID_CODE


def test_a_disabled_user_gets_no_further_than_with_a_wrong_code(stack: Stack) -> None:
    user = new_user(stack)
    digits, link = mailed_code(user.api, user.email)
    change_user(user.api, user.id, status="disabled")
    assert problem(use_code(Api(stack), None, link)) == INVALID_CODE
    assert problem(use_code(Api(stack), user.email, digits)) == INVALID_CODE


def _reset(user: User) -> None:
    assert reset(user.api, mailed_reset(user.api, user.email)).status == 204


def _change_password(user: User) -> None:
    assert user.change_password(PASSWORD, NEW_PASSWORD).status == 204


def _change_address(user: User) -> None:
    assert verify(user.api, mailed_change(user, new_email())).status == 204


def _erase_and_register_again(user: User) -> None:
    assert user.erase().status == 204
    new_user(user.api.stack, user.email)


@pytest.mark.parametrize("change", [_reset, _change_password, _change_address, _erase_and_register_again])
def test_s03_z12_a_code_dies_with_what_it_was_mailed_for(stack: Stack, change: Callable[[User], None]) -> None:
    """With the password that the owner had to change, with the address, with the account."""
    user = new_user(stack)
    digits, link = mailed_code(user.api, user.email)
    change(user)
    assert problem(use_code(Api(stack), None, link)) == INVALID_CODE
    assert problem(use_code(Api(stack), user.email, digits)) == INVALID_CODE


def test_z12_a_code_written_just_after_its_address_was_given_up_is_good_for_nothing(stack: Stack) -> None:
    """`start` may have seen the user at the old address, and write its code after the change that deletes them."""
    user = new_user(stack)
    digits, link = mailed_code(user.api, user.email)
    change_user(user.api, user.id, email_digest=b"x" * 32)
    assert problem(use_code(Api(stack), None, link)) == INVALID_CODE
    assert problem(use_code(Api(stack), user.email, digits)) == INVALID_CODE


def test_a_code_is_good_in_the_browser_that_asked_alone(stack: Stack) -> None:
    user = new_user(stack)
    mine, others = cookie_of(user.api, user.email), cookie_of(Api(stack), new_email())
    code, link = user.api.mails(user.email)[0].code, user.api.mailed_token(user.email)
    assert code is not None
    for headers in ({}, {"cookie": others}, {"cookie": f"{COOKIE}="}, {"cookie": mine[:-1]}):
        assert problem(use_code(Api(stack), None, link, headers=headers)) == INVALID_CODE
        assert problem(use_code(Api(stack), user.email, code, headers=headers)) == INVALID_CODE
    assert use_code(Api(stack), None, link, headers={"cookie": f"a=b; {mine}; c=d"}).status == 200


def test_s22_the_cookie_that_binds_a_code_is_of_this_host_alone_and_out_of_reach_for_scripts(stack: Stack) -> None:
    user = new_user(stack)
    answer = start_code(user.api, user.email, headers=WITH_COOKIES)
    name_and_value, *attributes = str(answer.header("set-cookie")).split("; ")
    assert name_and_value.startswith(f"{COOKIE}=")
    assert {attribute.lower() for attribute in attributes} == {
        "secure",
        "httponly",
        "samesite=strict",
        "path=/",
        "max-age=600",
    }
    digits = str(user.api.mails(user.email)[0].code)
    used = use_code(user.api, user.email, digits, headers={"cookie": name_and_value})
    assert used.status == 200
    assert "max-age=0" in str(used.header("set-cookie")).lower()


def test_s22_two_cookies_of_that_name_are_refused_and_use_nothing_up(stack: Stack) -> None:
    user = new_user(stack)
    mine = cookie_of(user.api, user.email)
    link = user.api.mailed_token(user.email)
    twice = {"cookie": f"{COOKIE}=of-an-attacker; {mine}"}
    assert problem(use_code(user.api, None, link, headers=twice)) == (400, "malformed_request")
    assert use_code(user.api, None, link, headers={"cookie": mine}).status == 200


@pytest.mark.parametrize("headers", [{}, {"x-gatepost-csrf": "0"}, {"cookie": f"{COOKIE}=anything"}])
def test_who_does_not_work_with_cookies_gets_none_and_needs_none(stack: Stack, headers: dict[str, str]) -> None:
    user = new_user(stack)
    answer = start_code(user.api, user.email, headers=headers)
    assert answer.header("set-cookie") is None
    assert use_code(Api(stack), None, user.api.mailed_token(user.email)).status == 200


FULLWIDTH = "".join(chr(0xFF11 + digit) for digit in range(6))


@pytest.mark.parametrize("code", [FULLWIDTH, "12345", "1234567", " 123456", "123 456", "-12345", "0x1234", "\0" * 6, "é" * 6])
def test_m08_what_is_no_code_is_wrong(stack: Stack, code: str) -> None:
    user = new_user(stack)
    assert start_code(user.api, user.email).status == 202
    assert problem(use_code(user.api, user.email, code)) == INVALID_CODE


@pytest.mark.parametrize("code", [123456, ["123456"], None, "", {"code": "123456"}, "1" * 8193])
def test_m08_what_could_be_no_code_is_refused_as_input(stack: Stack, code: object) -> None:
    user = new_user(stack)
    answer = user.api.post("/email-code/verify", {"email": user.email, "code": code})
    assert problem(answer) == (422, "invalid_request")


def test_six_digits_without_an_address_are_refused_as_input(stack: Stack) -> None:
    assert problem(use_code(Api(stack), None, "123456")) == (422, "invalid_request")


def test_j21_a_link_is_good_in_one_spelling_alone(stack: Stack) -> None:
    user = new_user(stack)
    _, link = mailed_code(user.api, user.email)
    spelt = [link[:-1], link + "A", link + "=", link.swapcase(), f" {link}", link[:-1] + ("A" if link[-1] != "A" else "B")]
    for other in spelt:
        assert outcome(use_code(user.api, None, other)) in (INVALID_CODE, (422, "invalid_request")), other
    assert use_code(user.api, None, link).status == 200


def test_a_wrong_code_leaves_the_right_one_good(stack: Stack) -> None:
    user = new_user(stack)
    digits, _ = mailed_code(user.api, user.email)
    assert problem(use_code(user.api, user.email, other_code(digits))) == INVALID_CODE
    assert use_code(user.api, user.email, digits).status == 200


def test_z13_the_digits_stand_in_the_mail_and_nowhere_else(stack: Stack) -> None:
    """Neither in what AWS is told nor in the log at its most talkative, where they'd stand as a word."""
    user = new_user(stack)
    with cast(logging.DEBUG) as net:
        digits, _ = mailed_code(user.api, user.email)
        use_code(user.api, user.email, other_code(digits))
        use_code(user.api, user.email, digits)
    word = re.compile(rf"(?<!\w){digits}(?!\w)")
    assert net.calls
    assert net.lines
    assert not [said for _, _, said in net.calls if word.search(said.decode("latin-1"))]
    assert not [line for line in net.lines if word.search(line)]
    assert [mail for mail in net.mails if word.search(text_of(mail))]
