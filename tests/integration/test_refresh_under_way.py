"""A refresh under way while its session ends: it gets no tokens, or such as are dead at their next use (S-04, S-11)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.events import Response
from local.stack import Stack
from tests.integration.accounts import (
    INVALID_REFRESH_TOKEN,
    User,
    deployed_with,
    is_revoked,
    mailed_reset,
    new_user,
    outcome,
    reset,
)
from tests.integration.aws_faults import Answer, Send, faults, times
from tests.integration.inside import change_user
from tests.support import Api

End = Callable[[], Response]


def by_reset(user: User, other: User) -> End:
    token = mailed_reset(user.api, user.email)
    return lambda: reset(Api(user.api.stack), token)


def by_change_elsewhere(user: User, other: User) -> End:
    return lambda: other.change_password(user.password)


def by_sign_out(user: User, other: User) -> End:
    return lambda: user.api.post("/logout", {"refresh_token": user.refresh_token})


def by_end_of_session(user: User, other: User) -> End:
    return lambda: other.call("DELETE", f"/sessions/{user.session_id}")


def by_end_of_others(user: User, other: User) -> End:
    return lambda: other.call("DELETE", "/sessions")


def by_erasure(user: User, other: User) -> End:
    return other.erase


ENDS = [by_reset, by_change_elsewhere, by_sign_out, by_end_of_session, by_end_of_others, by_erasure]
# What of a refresh the end comes to, and whether before that call or between it and its answer.
PLACES = [
    ("UpdateItem USER SET", "before"),
    ("UpdateItem USER SET", "after"),
    ("BatchGetItem", "before"),
    ("BatchGetItem", "after"),
]


@pytest.mark.parametrize(("call", "when"), PLACES)
@pytest.mark.parametrize("end", ENDS)
def test_s04_whatever_ends_a_session_beats_a_refresh_under_way(
    stack: Stack, end: Callable[[User, User], End], call: str, when: str
) -> None:
    user = new_user(stack)
    do = end(user, user.login())
    answers: list[Response] = []

    def meanwhile(send: Send) -> Answer:
        answer = send() if when == "after" else None
        with ThreadPoolExecutor(1) as elsewhere:
            answers.append(elsewhere.submit(do).result())
        return answer if when == "after" else send()

    with faults(times(1, call, meanwhile)):
        refreshed = user.api.refresh(user.refresh_token)

    assert [answer.status for answer in answers] == [204]
    if refreshed.status == 200:
        assert (call, when) != ("UpdateItem USER SET", "before")
        newer = User(user.api, user.email, user.password, refreshed.json())
        assert is_revoked(newer)  # other teams' APIs don't ask us: they go by the list
        assert not newer.lives()
    else:
        assert outcome(refreshed) == INVALID_REFRESH_TOKEN
    assert not user.lives()


def test_s04_a_user_who_is_disabled_during_a_refresh_gets_no_tokens(stack: Stack) -> None:
    user = new_user(stack)

    def disable(send: Send) -> Answer:
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(lambda: change_user(user.api, user.id, status="disabled", epoch=1, version=1)).result()
        return send()

    with faults(times(1, "BatchGetItem", disable)):
        assert outcome(user.api.refresh(user.refresh_token)) == INVALID_REFRESH_TOKEN
    assert not user.lives()


def test_s23_a_session_that_is_displaced_during_its_refresh_is_over(stack: Stack) -> None:
    user = new_user(stack)

    def displace(send: Send) -> Answer:
        answer = send()
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(user.login).result()
        return answer

    with deployed_with(stack, max_sessions="1"):
        with faults(times(1, "BatchGetItem", displace)):
            refreshed = user.api.refresh(user.refresh_token)
        assert refreshed.status == 200
        newer = User(user.api, user.email, user.password, refreshed.json())
        assert is_revoked(newer)
        assert not newer.lives()
