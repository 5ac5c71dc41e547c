"""What DynamoDB refuses for reasons of its own is tried again, and never told as the caller's fault.

The engine itself never refuses: the wire does in its place.
"""

from collections.abc import Callable

import pytest

from local.events import Response
from tests.dynamodb.support import UNAVAILABLE, alive
from tests.dynamodb.wire import ROTATION, TRANSACTION, Wire
from tests.support import PASSWORD, Api, new_email, problem

pytestmark = pytest.mark.dynamodb

TRIES = 4  # ours, of what the SDK doesn't try again

Request = Callable[[], Response]


def registration(api: Api) -> Request:
    email = new_email()
    return lambda: api.register(email)


def resending(api: Api) -> Request:
    email = new_email()
    api.register(email)
    return lambda: api.post("/resend-verification", {"email": email})


def verification(api: Api) -> Request:
    email = new_email()
    api.register(email)
    token = api.mailed_token(email)
    return lambda: api.post("/verify-email", {"token": token, "password": PASSWORD})


def sign_in(api: Api) -> Request:
    email = new_email()
    api.sign_up(email)
    return lambda: api.login(email)


def sign_out(api: Api) -> Request:
    refresh_token = api.sign_up()["refresh_token"]
    return lambda: api.post("/logout", {"refresh_token": refresh_token})


def renaming(api: Api) -> Request:
    access_token = api.sign_up()["access_token"]
    return lambda: api.call("PATCH", "/v1/me", {"name": "Ada"}, token=access_token)


every_transaction = pytest.mark.parametrize(
    "prepare", [registration, resending, verification, sign_in, sign_out, renaming], ids=lambda prepare: prepare.__name__
)


@every_transaction
@pytest.mark.parametrize("codes", [("TransactionConflict", "None"), ("ConditionalCheckFailed", "TransactionConflict")])
def test_r11_a_transaction_that_meets_another_is_tried_again(
    api: Api, wire: Wire, prepare: Callable[[Api], Request], codes: tuple[str, ...]
) -> None:
    request, reasons = prepare(api), [{"Code": code} for code in codes]
    with wire.refusing(TRANSACTION, "TransactionCanceledException", TRIES - 1, CancellationReasons=reasons):
        assert request().status < 300


@every_transaction
def test_r11_s15_a_transaction_that_meets_another_at_every_try_is_unavailable_and_can_be_repeated(
    api: Api, wire: Wire, prepare: Callable[[Api], Request]
) -> None:
    request, reasons = prepare(api), [{"Code": "TransactionConflict"}]
    with wire.refusing(TRANSACTION, "TransactionCanceledException", TRIES, CancellationReasons=reasons):
        answer = request()
    assert problem(answer) == UNAVAILABLE
    assert answer.header("retry-after") == "1"
    assert request().status < 300


@pytest.mark.parametrize("error", ["TransactionConflictException", "TransactionInProgressException"])
def test_r11_a_rotation_that_meets_a_transaction_is_tried_again(api: Api, wire: Wire, error: str) -> None:
    before = api.sign_up()
    with wire.refusing(ROTATION, error, TRIES - 1):
        answer = api.refresh(before["refresh_token"])
    assert answer.status == 200
    assert alive(api, answer)


def test_r11_a_rotation_that_meets_a_transaction_at_every_try_is_unavailable_and_can_be_repeated(api: Api, wire: Wire) -> None:
    before = api.sign_up()
    with wire.refusing(ROTATION, "TransactionConflictException", TRIES):
        assert problem(api.refresh(before["refresh_token"])) == UNAVAILABLE
    answer = api.refresh(before["refresh_token"])
    assert answer.status == 200
    assert alive(api, answer)
