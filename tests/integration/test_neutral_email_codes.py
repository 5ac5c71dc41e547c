"""Asking for a code, and trying one, tell nobody whether an address has an account (I-04, I-05)."""

from collections.abc import Callable
from functools import partial

import pytest

from local.events import Response
from local.stack import Stack
from tests.calls import Work, measured
from tests.integration.accounts import INVALID_CODE, mailed_code, start_code, use_code
from tests.integration.inside import fresh_process
from tests.integration.test_neutral_recovery import (
    disabled,
    known,
    known_with_a_name,
    known_with_a_pending_change,
    long_address,
    pending,
    seen,
    short_address,
    unknown,
)
from tests.support import Api, problem

State = Callable[[Stack, str], None]
STATES: list[State] = [pending, known, known_with_a_name, known_with_a_pending_change, disabled]


def asking(stack: Stack, state: State, address: Callable[[], str] = short_address, *, times: int = 0) -> tuple[Response, Work]:
    """Ask for a code, having asked `times` times before; return the answer and the work."""
    Api(stack).register(short_address())  # so that the data key of the hour is made
    email = address()
    state(stack, email)
    for _ in range(times):
        start_code(Api(stack), email)
    return measured(lambda: start_code(Api(stack), email))


def trying(stack: Stack, state: State, *, asked: bool) -> tuple[Response, Work]:
    """Try a wrong code, having asked for one or not."""
    email = short_address()
    state(stack, email)
    if asked:
        start_code(Api(stack), email)
    return measured(lambda: use_code(Api(stack), email, "not the right one"))


@pytest.mark.parametrize("address", [short_address, long_address])
@pytest.mark.parametrize("state", STATES)
def test_i04_asking_is_answered_alike_for_the_same_work(stack: Stack, state: State, address: Callable[[], str]) -> None:
    answer, work = asking(stack, state, address)
    other_answer, other_work = asking(stack, unknown, address)
    assert (seen(answer), work) == (seen(other_answer), other_work)
    assert (answer.status, answer.json()) == (202, {"status": "accepted"})


def test_i04_asking_more_often_than_is_mailed_is_alike_too(stack: Stack) -> None:
    answer, work = asking(stack, known, times=5)
    other_answer, other_work = asking(stack, unknown, times=5)
    assert (seen(answer), work) == (seen(other_answer), other_work)


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("state", STATES)
def test_i05_a_wrong_code_is_answered_alike_for_the_same_work(stack: Stack, state: State, asked: bool) -> None:
    """The digits that wait are opened also where nobody will ever know them."""
    answer, work = trying(stack, state, asked=asked)
    other_answer, other_work = trying(stack, unknown, asked=asked)
    assert problem(answer) == INVALID_CODE
    assert (seen(answer), work) == (seen(other_answer), other_work)


def test_i05_a_cold_process_asks_kms_for_known_and_unknown_addresses_alike(stack: Stack) -> None:
    """It needs the data key of the process that sealed the digits."""
    asked = []
    for state in (known, unknown):
        email = short_address()
        state(stack, email)
        start_code(Api(stack), email)
        with fresh_process(stack):
            _, (calls, _) = measured(partial(use_code, Api(stack), email, "000000"))
        asked.append(sorted(operation for operation, _, _ in calls.elements()))
    assert asked[0] == asked[1]
    assert "Decrypt" in asked[0]


def test_a_13_neither_digits_nor_link_are_echoed(stack: Stack) -> None:
    email = short_address()
    known(stack, email)
    api = Api(stack)
    digits, link = mailed_code(api, email)
    for body in ({"email": email, "code": digits, "x": 1}, {"email": email, "code": link, "x": 1}, {"code": digits}):
        answer = api.post("/email-code/verify", body)
        assert answer.status == 422
        assert digits.encode() not in answer.body
        assert link.encode() not in answer.body
