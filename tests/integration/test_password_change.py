"""Changing one's password: it takes the current one, and ends every session but the one that asks (S-03, S-05)."""

from collections.abc import Callable

import pytest
from time_machine import Traveller

from gatepost import session_list
from local.events import Response
from local.stack import Stack
from tests.calls import hashed
from tests.integration.accounts import (
    INVALID_TOKEN,
    LIMITED,
    NEW_PASSWORD,
    NOT_AUTHENTICATED,
    REFUSED,
    WRONG,
    User,
    is_revoked,
    mailed_change,
    mailed_reset,
    new_user,
    outcome,
    reset,
    revocations,
    verify,
)
from tests.integration.inside import change_user
from tests.support import PASSWORD, Api, problem


def test_s05_the_new_password_signs_in_and_the_old_one_no_more(stack: Stack) -> None:
    user = new_user(stack)
    answer = user.change_password(PASSWORD)
    assert (answer.status, answer.body) == (204, b"")
    assert problem(user.api.login(user.email)) == REFUSED
    assert user.login(NEW_PASSWORD).id == user.id


def test_s05_a_wrong_current_password_changes_nothing(stack: Stack) -> None:
    user = new_user(stack)
    other = user.login()
    before = user.api.table("UsersTable")
    assert problem(user.change_password(WRONG)) == REFUSED
    assert user.api.table("UsersTable") == before
    assert user.lives()
    assert other.lives()


@pytest.mark.parametrize(
    "body",
    [
        {"new_password": NEW_PASSWORD},
        {"current_password": None, "new_password": NEW_PASSWORD},
        {"current_password": "", "new_password": NEW_PASSWORD},
        {"current_password": [PASSWORD], "new_password": NEW_PASSWORD},
        {"password": PASSWORD, "new_password": NEW_PASSWORD},
        {"current_password": PASSWORD},
        {"current_password": PASSWORD, "new_password": "too short"},
        {"current_password": PASSWORD, "new_password": "x" * 257},
        {"current_password": PASSWORD, "new_password": "!!password!!"},
        {"current_password": PASSWORD, "new_password": NEW_PASSWORD, "user_id": "somebody"},
    ],
)
def test_s05_a_wrong_body_changes_nothing_and_counts_as_no_guess(stack: Stack, body: dict[str, object]) -> None:
    user = new_user(stack)
    with hashed() as hashes:
        for _ in range(11):
            assert problem(user.call("POST", "/password", body)) == (422, "invalid_request")
    assert not hashes
    assert user.change_password(PASSWORD).status == 204


def test_s05_wrong_current_passwords_are_limited_like_sign_ins(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    for _ in range(10):
        assert problem(user.change_password(WRONG)) == REFUSED
    for current in (WRONG, PASSWORD):
        answer = user.change_password(current)
        assert problem(answer) == LIMITED
        assert answer.header("retry-after") == "900"
    assert problem(user.api.login(user.email)) == LIMITED
    clock.shift(900)
    user = user.refreshed()
    assert user.change_password(PASSWORD).status == 204


def test_s03_the_session_that_asks_goes_on_and_all_others_end(stack: Stack) -> None:
    here = new_user(stack)
    others = [here.login(device_name=f"phone {number}") for number in range(3)]
    assert here.change_password(PASSWORD).status == 204
    assert [session["id"] for session in here.sessions()] == [here.session_id]
    assert [other.lives() for other in others] == [False] * 3
    assert all(is_revoked(other) for other in others)
    assert not is_revoked(here)
    assert here.lives()
    assert here.login(NEW_PASSWORD).lives()


def test_s03_the_session_that_asks_goes_on_for_as_long_as_any(stack: Stack, clock: Traveller) -> None:
    here = new_user(stack)
    here.change_password(PASSWORD)
    clock.shift(29 * 86_400)
    assert here.refreshed().lives()


def test_s03_of_many_sessions_none_goes_on_but_the_one_that_asks(
    stack: Stack, clock: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than a transaction can put onto the list one by one: then all access tokens of the user are void, its own too."""
    monkeypatch.setattr(session_list, "_REVOKED_ONE_BY_ONE", 3)
    here = new_user(stack)
    others = [here.login() for _ in range(5)]
    assert here.change_password(PASSWORD).status == 204
    assert [other.lives() for other in others] == [False] * 5
    listed = revocations(here.api)
    assert not {other.session_id for other in others} & set(listed["sessions"])
    assert all(is_revoked(other) for other in others)
    assert here.refreshed().lives()


def test_s03_a_session_that_began_long_ago_needs_no_place_on_the_list(stack: Stack, clock: Traveller) -> None:
    """Its last access token has expired."""
    here = new_user(stack)
    old = here.login()
    clock.shift(3600)
    here = here.refreshed()
    assert here.change_password(PASSWORD).status == 204
    assert not is_revoked(old)
    assert problem(old.api.refresh(old.refresh_token))[0] == 401


def test_s03_a_token_for_a_reset_dies_with_the_password_it_was_to_replace(stack: Stack) -> None:
    """Whoever had it mailed, say from a mailbox that was left open, doesn't outlive the owner's own change."""
    user = new_user(stack)
    token = mailed_reset(user.api, user.email)
    assert user.change_password(PASSWORD).status == 204
    assert outcome(reset(user.api, token, "what the intruder chose")) == INVALID_TOKEN
    assert user.login(NEW_PASSWORD).id == user.id


def test_s03_a_change_of_address_needs_the_new_password_after_a_change(stack: Stack) -> None:
    user = new_user(stack)
    email = f"new-{user.email}"
    token = mailed_change(user, email)
    assert user.change_password(PASSWORD).status == 204
    assert problem(verify(user.api, token, PASSWORD))[0] in (400, 401)
    assert problem(user.api.login(email, NEW_PASSWORD)) == REFUSED


def test_s03_a_reset_ends_a_change_of_address_and_every_session(stack: Stack) -> None:
    """Its notice says so: who changed the address with a stolen password gets nothing any more."""
    user = new_user(stack)
    other = user.login()
    change = mailed_change(user, f"new-{user.email}")
    assert reset(user.api, mailed_reset(user.api, user.email)).status == 204
    for password in (PASSWORD, NEW_PASSWORD):
        assert problem(verify(user.api, change, password)) == INVALID_TOKEN
    assert not user.lives()
    assert not other.lives()
    assert is_revoked(user)
    assert user.login(NEW_PASSWORD).lives()


def test_s20_no_session_becomes_another_by_a_change(stack: Stack) -> None:
    """What was issued before the reset never works again, also not after a later sign-in."""
    user = new_user(stack)
    reset(user.api, mailed_reset(user.api, user.email))
    again = user.login(NEW_PASSWORD)
    assert again.session_id != user.session_id
    assert not user.lives()
    assert again.lives()


def test_the_owner_is_told_of_a_change_without_a_link(stack: Stack) -> None:
    user = new_user(stack)
    user.change_password(PASSWORD)
    notice = user.api.mails(user.email)[0]
    assert notice.subject == "Your password at Gatepost was changed"
    assert not notice.links


CALLS: dict[str, Callable[[User], Response]] = {
    "password": lambda user: user.change_password(PASSWORD),
    "email": lambda user: user.change_email(f"new-{user.email}"),
    "erase": lambda user: user.erase(),
    "export": lambda user: user.call("GET", "/export"),
    "sessions": lambda user: user.call("GET", "/sessions"),
    "end others": lambda user: user.call("DELETE", "/sessions"),
    "end one": lambda user: user.call("DELETE", f"/sessions/{user.session_id}"),
    "audit": lambda user: user.call("GET", "/audit"),
}


@pytest.mark.parametrize("call", CALLS)
def test_s18_no_call_takes_the_token_of_an_ended_session_or_a_disabled_user(stack: Stack, call: str) -> None:
    ended, disabled = new_user(stack), new_user(stack)
    ended.api.post("/logout", {"refresh_token": ended.refresh_token})
    change_user(disabled.api, disabled.id, status="disabled")
    for user in (ended, disabled):
        assert problem(CALLS[call](user)) == NOT_AUTHENTICATED
    assert problem(Api(stack).call("GET", "/v1/me/export")) == NOT_AUTHENTICATED
    assert ended.login().lives()
