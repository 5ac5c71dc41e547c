"""The clock goes back ten minutes, or a machine's is behind: nothing that was over begins again, and nothing lives longer
(R-27).
"""

from contextlib import nullcontext

import pytest
from time_machine import Traveller

from gatepost_verifier import TokenExpired, TokenNotYetValid, parse_key_set, verify_access_token
from local.stack import Stack
from tests.integration.accounts import (
    INVALID_REFRESH_TOKEN,
    INVALID_TOKEN,
    LIMITED,
    NEW_PASSWORD,
    NOT_AUTHENTICATED,
    REFUSED,
    WRONG,
    forgot,
    is_revoked,
    mailed_change,
    mailed_reset,
    new_user,
    outcome,
    reset,
    verify,
)
from tests.support import AUDIENCE, ISSUER, Api, new_email, problem

BACK = -600  # seconds
DAY = 86_400


def test_r27_an_account_that_is_limited_stays_so(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    for _ in range(10):
        assert problem(Api(stack).login(user.email, WRONG)) == REFUSED
    clock.shift(BACK)
    for seconds in (0, 60, 840, 599):  # all in all one second before the window of the failures is over
        clock.shift(seconds)
        answer = user.api.login(user.email)
        assert problem(answer) == LIMITED
        assert int(answer.header("retry-after") or 0) >= 1
    clock.shift(1)
    assert user.api.login(user.email).status == 200


def test_r27_failures_of_a_time_to_come_count(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    for _ in range(9):
        assert problem(Api(stack).login(user.email, WRONG)) == REFUSED
    clock.shift(BACK)
    assert problem(Api(stack).login(user.email, WRONG)) == REFUSED
    assert problem(user.api.login(user.email)) == LIMITED


def test_r27_the_count_outlives_the_failures_of_a_time_to_come(stack: Stack, clock: Traveller) -> None:
    """What is counted after the step must not have DynamoDB delete what was counted before it, which stands longer."""
    user = new_user(stack)
    for _ in range(9):
        assert problem(Api(stack).login(user.email, WRONG)) == REFUSED
    last = clock.time_ns() // 10**9
    clock.shift(BACK)
    assert problem(Api(stack).login(user.email, WRONG)) == REFUSED
    counts = [item for item in user.api.table("SessionsTable") if item["pk"].startswith("LIMIT#account#")]
    full = [item for item in counts if len(item.get("entries", ())) == 10 and max(item["entries"]) // 10**9 == last]
    assert full
    assert all(item["expires_at"] >= last + 900 for item in full)


def test_r27_no_more_is_mailed(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    for _ in range(5):
        forgot(user.api, user.email)
    clock.shift(BACK)
    mails = len(user.api.mails(user.email))
    forgot(user.api, user.email)
    assert len(user.api.mails(user.email)) == mails


def test_r27_mailed_tokens_end_when_they_were_to_end(stack: Stack, clock: Traveller) -> None:
    user, mover = new_user(stack), new_user(stack)
    token, change = mailed_reset(user.api, user.email), mailed_change(mover, new_email())
    clock.shift(BACK)
    clock.shift(3600 - BACK)
    assert problem(reset(user.api, token)) == INVALID_TOKEN
    clock.shift(DAY - 3600)
    assert problem(verify(mover.api, change)) == INVALID_TOKEN


def test_r27_a_token_that_is_used_stays_used(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    token = mailed_reset(user.api, user.email)
    assert reset(user.api, token).status == 204
    clock.shift(BACK)
    assert problem(reset(user.api, token)) == INVALID_TOKEN
    assert not user.lives()
    assert user.login(NEW_PASSWORD).lives()


def test_r27_a_session_ends_no_later_than_it_was_to_end(stack: Stack, clock: Traveller) -> None:
    user, unused = new_user(stack), new_user(stack)
    clock.shift(BACK)
    user = user.refreshed()
    clock.shift(30 * DAY)
    assert not user.lives()
    clock.shift(-BACK)
    assert not unused.lives()


def test_r27_a_sign_out_holds(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    user.api.post("/logout", {"refresh_token": user.refresh_token})
    clock.shift(BACK)
    assert problem(user.api.me(user.access_token)) == NOT_AUTHENTICATED
    assert problem(user.api.refresh(user.refresh_token)) == INVALID_REFRESH_TOKEN


@pytest.mark.parametrize("start", [0, 599, 600, 899])
def test_r27_the_revocation_list_keeps_what_it_has(stack: Stack, clock: Traveller, start: int) -> None:
    """Wherever in a quarter of an hour: the tokens of before the step are good again in its time."""
    clock.shift(start)
    user = new_user(stack)
    user.api.post("/logout", {"refresh_token": user.refresh_token})
    clock.shift(BACK)
    assert is_revoked(user)
    clock.shift(-BACK)
    assert is_revoked(user)


def test_r27_the_grace_of_a_rotated_token_is_not_given_again(stack: Stack, clock: Traveller) -> None:
    """It's 30 s; what is presented outside of them is in somebody else's hands."""
    user = new_user(stack)
    newest = user.refreshed()
    clock.shift(31)
    clock.shift(BACK)
    assert outcome(user.api.refresh(user.refresh_token)) == INVALID_REFRESH_TOKEN
    assert not newest.lives()


@pytest.mark.parametrize("seconds", [-1, -29])
def test_r27_a_machine_that_is_a_little_behind_gives_the_grace(stack: Stack, clock: Traveller, seconds: int) -> None:
    """The retry of a lost answer may meet another machine."""
    user = new_user(stack)
    newest = user.refreshed()
    clock.shift(seconds)
    assert user.refreshed().refresh_token == newest.refresh_token


def test_r27_a_sign_in_that_was_no_longer_fresh_is_not_fresh_again(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    clock.shift(301)
    assert problem(user.call("DELETE")) == REFUSED
    clock.shift(BACK)
    assert outcome(user.refreshed().call("DELETE")) == REFUSED


@pytest.mark.parametrize(
    ("skew", "good"), [(0, True), (29, True), (30, True), (31, False), (300, False), (-929, True), (-930, False)]
)
def test_r27_the_leeway_of_access_tokens_is_30_seconds_at_either_end(
    stack: Stack, clock: Traveller, skew: int, good: bool
) -> None:
    """`skew`: how far the issuer's clock is ahead of the verifier's. This API's own verification agrees."""
    user = new_user(stack)
    keys = parse_key_set(user.api.call("GET", "/.well-known/jwks.json").json())
    now = clock.time_ns() // 10**9 - skew
    clock.shift(-skew)
    assert user.api.me(user.access_token).status == (200 if good else 401)
    refusal = nullcontext() if good else pytest.raises(TokenNotYetValid if skew > 0 else TokenExpired)
    with refusal:
        verify_access_token(user.access_token, issuer=ISSUER, audience=AUDIENCE, keys=keys.get, now=now)
