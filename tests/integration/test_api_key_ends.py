"""What ends an API key and its tokens, and what doesn't (I-06, Z-07, Z-12, S-11, R-34)."""

from collections.abc import Callable

import pytest
from time_machine import Traveller

from local.stack import Stack
from tests.integration.accounts import (
    NEW_PASSWORD,
    NOT_AUTHENTICATED,
    User,
    deployed_with,
    mailed_change,
    mailed_code,
    mailed_reset,
    new_user,
    outcome,
    reset,
    revocations,
    use_code,
    verify,
)
from tests.integration.administrators import administrator
from tests.integration.api_keys import INVALID_API_KEY, ApiKey, new_api_key
from tests.integration.inside import change_user
from tests.support import PASSWORD, new_email


def _administered(method: str, path: str = "", **body: object) -> Callable[[User], None]:
    def act(user: User) -> None:
        answer = administrator(user.api.stack).admin(method, f"/users/{user.id}{path}", body or None)
        assert answer.status in (200, 202, 204), answer.body

    return act


def _reset(user: User) -> None:
    assert reset(user.api, mailed_reset(user.api, user.email)).status == 204


def _demanded_and_reset(user: User) -> None:
    _administered("POST", "/password-reset")(user)
    assert reset(user.api, user.api.mailed_token(user.email)).status == 204


def _disabled_demanded_and_enabled(user: User) -> None:
    _administered("PATCH", status="disabled")(user)
    _administered("POST", "/password-reset")(user)
    _administered("PATCH", status="active")(user)


def _change_email(user: User) -> None:
    assert verify(user.api, mailed_change(user, new_email())).status == 204


def _sign_in_by_code(user: User) -> None:
    digits, _ = mailed_code(user.api, user.email)
    assert use_code(user.api, user.email, digits).status == 200


ENDS: dict[str, Callable[[User], None]] = {
    "reset": _reset,
    "demanded reset": _administered("POST", "/password-reset"),
    "demanded reset, answered": _demanded_and_reset,
    "disabled": _administered("PATCH", status="disabled"),
    "disabled and enabled after a demanded reset": _disabled_demanded_and_enabled,
    "address not verified": _administered("PATCH", email_verified=False),
    "erased": lambda user: _done(user.erase().status),
    "deleted by an administrator": _administered("DELETE"),
}
GOES_ON: dict[str, Callable[[User], None]] = {
    "password change": lambda user: _done(user.change_password(PASSWORD).status),
    "end of other sessions": lambda user: _done(user.call("DELETE", "/sessions").status),
    "sign-out": lambda user: _done(user.api.post("/logout", {"refresh_token": user.refresh_token}).status),
    "end of all sessions by an administrator": _administered("DELETE", "/sessions"),
    "change of address": _change_email,
    "sign-in by code": _sign_in_by_code,
    "a role that is given": _administered("PUT", "/roles/admin"),
    "a reset that was asked for": lambda user: _done(200 * bool(mailed_reset(user.api, user.email))),
    "rename": lambda user: _done(user.call("PATCH", "", {"name": "Ada"}).status),
}


def _done(status: int) -> None:
    assert status in (200, 204)


def works(key: ApiKey, token: str) -> bool:
    """Whether the key can be exchanged, and a token from before still works here; they must agree."""
    answers = {outcome(key.exchange()), outcome(key.api.me(token))}
    assert answers in ({(200, "")}, {INVALID_API_KEY, NOT_AUTHENTICATED})
    return answers == {(200, "")}


@pytest.mark.parametrize("end", ENDS)
def test_i06_z07_a_key_ends_by(stack: Stack, end: str) -> None:
    user = new_user(stack)
    key = new_api_key(user)
    token = key.access_token()
    assert works(key, token)
    ENDS[end](user)
    assert not works(key, token)


@pytest.mark.parametrize("deed", GOES_ON)
def test_a_key_survives(stack: Stack, deed: str) -> None:
    user = new_user(stack)
    key = new_api_key(user)
    token = key.access_token()
    GOES_ON[deed](user)
    assert works(key, token)


def test_i06_after_a_reset_a_key_is_in_no_list_and_makes_room(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    keys = [new_api_key(user) for _ in range(25)]
    _reset(user)
    user = user.login(NEW_PASSWORD)
    assert user.items("/api-keys") == user.export()["api_keys"] == []
    newer = new_api_key(user)
    assert [shown["id"] for shown in user.items("/api-keys")] == [newer.id]
    assert newer.exchange().status == 200
    assert {outcome(key.exchange()) for key in keys} == {INVALID_API_KEY}


def test_a_disabled_owners_key_works_again_when_they_are_enabled(stack: Stack) -> None:
    """As their password does."""
    user = new_user(stack)
    key = new_api_key(user)
    _administered("PATCH", status="disabled")(user)
    assert not works(key, key.text)
    _administered("PATCH", status="active")(user)
    assert key.api.me(key.access_token()).status == 200


def test_i07_while_the_address_is_not_proven_a_key_is_good_for_nothing(stack: Stack) -> None:
    user = new_user(stack)
    key = new_api_key(user)
    token = key.access_token()
    change_user(user.api, user.id, email_verified=False)
    assert not works(key, token)
    change_user(user.api, user.id, email_verified=True)
    assert works(key, token)


def test_s18_a_deleted_keys_tokens_are_on_the_revocation_list(stack: Stack) -> None:
    user = new_user(stack)
    key, other = new_api_key(user), new_api_key(user)
    before = set(revocations(user.api)["sessions"])
    assert user.call("DELETE", f"/api-keys/{key.id}").status == 204
    added = set(revocations(user.api)["sessions"]) - before
    assert len(added) == 1
    assert user.call("DELETE", f"/api-keys/{other.id}").status == 204
    assert len(set(revocations(user.api)["sessions"]) - before) == 2


def test_r34_after_a_restore_no_key_from_before_comes_alive_again(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    key = new_api_key(user)
    token = key.access_token()
    clock.shift(60)
    with deployed_with(stack, sessions_not_before=str(clock.time_ns() // 10**9)):
        assert not works(key, token)
        user = user.login()
        assert user.items("/api-keys") == []
        assert new_api_key(user).exchange().status == 200
    assert works(key, token)
