"""Asking for a new password, and trying a token for one, tell nobody whether an address or a user is known (I-04)."""

import secrets
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from time_machine import Traveller

from gatepost.identifiers import TokenKind, decode_token, encode_token
from local.events import Response
from local.stack import Stack
from tests.calls import Work, hashed, measured
from tests.integration.accounts import INVALID_TOKEN, forgot, mailed_change, mailed_reset, new_user, reset
from tests.integration.aws_faults import faults
from tests.integration.inside import change_user
from tests.support import Api, new_email, problem

OF_THE_REQUEST = {"x-request-id", "apigw-requestid", "request_id"}
LAYOUT = TokenKind.PASSWORD_RESET, 16, 34


def short_address() -> str:
    return f"{secrets.token_hex(6)}@example.com"


def long_address() -> str:
    return f"{secrets.token_hex(6)}{'x' * 52}@{'.'.join(['y' * 60] * 3)}.org"


def unknown(stack: Stack, email: str) -> None:
    """Nothing was ever done with the address."""


def pending(stack: Stack, email: str) -> None:
    """The address waits to be verified."""
    assert Api(stack).register(email).status == 202


def known(stack: Stack, email: str) -> None:
    """The address has an account."""
    new_user(stack, email)


def known_with_a_name(stack: Stack, email: str) -> None:
    new_user(stack, email, name="\U0001f600" * 100)


def known_and_asked_before(stack: Stack, email: str) -> None:
    known(stack, email)
    assert forgot(Api(stack), email).status == 202


def unknown_and_asked_before(stack: Stack, email: str) -> None:
    assert forgot(Api(stack), email).status == 202


def known_with_a_pending_change(stack: Stack, email: str) -> None:
    mailed_change(new_user(stack, email), new_email())


def disabled(stack: Stack, email: str) -> None:
    user = new_user(stack, email)
    change_user(user.api, user.id, status="disabled")


State = Callable[[Stack, str], None]
STATES: list[State] = [
    *(pending, known, known_with_a_name, known_and_asked_before, unknown_and_asked_before),
    *(known_with_a_pending_change, disabled),
]


def seen(answer: Response) -> tuple[Any, ...]:
    headers = {name: value for name, value in answer.headers if name not in OF_THE_REQUEST}
    body = {name: value for name, value in answer.json().items() if name not in OF_THE_REQUEST}
    return answer.status, headers, body, len(answer.body)


def asking(stack: Stack, state: State, address: Callable[[], str] = short_address, *, times: int = 0) -> tuple[Response, Work]:
    """Ask for a new password, having asked `times` times before; return the answer and the work."""
    assert Api(stack).register(short_address()).status == 202  # so that the data key of the hour is made
    email = address()
    state(stack, email)
    for _ in range(times):
        assert forgot(Api(stack), email).status == 202
    return measured(lambda: forgot(Api(stack), email))


@pytest.mark.parametrize("state", STATES)
def test_i04_asking_for_a_new_password_is_answered_alike(stack: Stack, state: State) -> None:
    answer, _ = asking(stack, state)
    assert seen(answer) == seen(asking(stack, unknown)[0])
    assert (answer.status, answer.json()) == (202, {"status": "accepted"})


@pytest.mark.parametrize("address", [short_address, long_address])
@pytest.mark.parametrize("state", STATES)
def test_i04_asking_for_a_new_password_is_the_same_work(stack: Stack, state: State, address: Callable[[], str]) -> None:
    """The same calls with the same capacity on the same tables, and no hash."""
    _, (calls, hashes) = asking(stack, state, address)
    assert (calls, hashes) == asking(stack, unknown, address)[1]
    assert hashes == ()
    assert sorted(operation for operation, _, _ in calls.elements()) == ["GetItem", "TransactWriteItems", "UpdateItem"]


def test_i04_asking_more_often_than_is_mailed_is_the_same_work_for_known_and_unknown(stack: Stack) -> None:
    answer, work = asking(stack, known, times=5)
    other_answer, other_work = asking(stack, unknown, times=5)
    assert (seen(answer), work) == (seen(other_answer), other_work)
    assert seen(answer) == seen(asking(stack, unknown)[0])


def test_i04_200_requests_for_known_and_200_for_unknown_addresses_make_the_same_calls(stack: Stack, clock: Traveller) -> None:
    """Twenty addresses, ten times each: what is mailed, what is muted, and again ten minutes later."""
    totals = []
    for state in (known, unknown):
        Api(stack).register(short_address())
        emails = [short_address() for _ in range(20)]
        for email in emails:
            state(stack, email)
        with faults() as attempts, hashed() as hashes:
            answers = [forgot(Api(stack), email) for email in emails * 5]
            clock.shift(600)
            answers += [forgot(Api(stack), email) for email in emails * 5]
        # A data key is made once an hour, whoever asks.
        counts = Counter(attempt.what for attempt in attempts if attempt.what != "GenerateDataKey")
        totals.append((counts, hashes, {answer.body for answer in answers}))
    assert totals[0] == totals[1]
    assert totals[0][0]["TransactWriteItems"] == 200


def spoilt_tokens(stack: Stack, clock: Traveller) -> dict[str, str]:
    """Return tokens of the right form that set no password."""
    user, used = new_user(stack), new_user(stack)
    nobody, none, secret = secrets.token_bytes(16), bytes.fromhex(new_user(stack).id), secrets.token_bytes(34)
    expired = mailed_reset(used.api, used.email)
    clock.shift(3600)
    token = mailed_reset(user.api, user.email)
    user_id, _ = decode_token(token, *LAYOUT)
    return {
        "of nobody": encode_token(TokenKind.PASSWORD_RESET, nobody, secret),
        "of a user who asked for none": encode_token(TokenKind.PASSWORD_RESET, none, secret),
        "of a user who asked for another": encode_token(TokenKind.PASSWORD_RESET, user_id, secret),
        "expired": expired,
    }


def test_i04_a_token_that_sets_no_password_is_answered_alike_for_the_same_work(stack: Stack, clock: Traveller) -> None:
    """Whether its user exists or not; a common password is not told from another either."""
    outcomes = []
    for token in spoilt_tokens(stack, clock).values():
        for password in ("an entirely different passphrase", "!!password!!"):
            answer, work = measured(lambda: reset(Api(stack), token, password))  # noqa: B023
            assert problem(answer) == INVALID_TOKEN
            outcomes.append((seen(answer), work))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    calls, hashes = outcomes[0][1]
    assert ([operation for operation, _, _ in calls], hashes) == (["BatchGetItem"], ())
