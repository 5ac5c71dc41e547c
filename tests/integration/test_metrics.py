"""When each metric counts: once the fact stands, once for each, and never for what was taken back (docs/metrics.md)."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from time_machine import Traveller

from gatepost import revocations as rules
from local.metrics import METRICS
from local.stack import Stack
from tests.emf import Counted
from tests.integration.accounts import (
    LIMITED,
    NEW_PASSWORD,
    UNAVAILABLE,
    WRONG,
    User,
    deployed_with,
    mailed_code,
    new_user,
    other_code,
    outcome,
    revocations,
    use_code,
    verify,
)
from tests.integration.aws_faults import (
    Fault,
    always,
    broken,
    cancelled,
    conflict,
    error,
    faults,
    nothing_processed,
    out_of_capacity,
    request_limit,
    throttled,
    times,
)
from tests.integration.inside import fresh_process
from tests.integration.ses_feedback import bounce, complaint, give
from tests.support import PASSWORD, Api, new_email, problem

FAILED, SUCCEEDED, LOCKED = "SignInFailed", "SignInSucceeded", "AccountLocked"
NOT_SERVED = "RequestFailed"


@pytest.fixture
def user(stack: Stack) -> User:
    """A user."""
    return new_user(stack)


def by_digits(user: User, *, right: bool) -> int:
    code, _ = mailed_code(user.api, user.email)
    return use_code(user.api, user.email, code if right else other_code(code)).status


def by_link(user: User) -> int:
    return use_code(user.api, None, mailed_code(user.api, user.email)[1]).status


def registration(user: User) -> int:
    """The link of a registration and a password that wasn't given with it."""
    email = new_email()
    user.api.register(email)
    return verify(user.api, user.api.mailed_token(email), WRONG).status


SUCCESSES: dict[str, Callable[[User], int]] = {
    "password": lambda user: user.api.login(user.email).status,
    "digits": lambda user: by_digits(user, right=True),
    "link": by_link,
}
FAILURES: dict[str, Callable[[User], int]] = {
    "wrong password": lambda user: user.api.login(user.email, WRONG).status,
    "unknown address": lambda user: user.api.login(new_email()).status,
    "wrong digits": lambda user: by_digits(user, right=False),
    "registration": registration,
    "password change": lambda user: user.change_password(WRONG, NEW_PASSWORD).status,
    "change of address": lambda user: user.change_email(new_email(), WRONG).status,
    "erasure": lambda user: user.erase(WRONG).status,
}


@pytest.mark.parametrize("door", SUCCESSES)
def test_a_sign_in_counts_at_every_door(user: User, logged: Counted, door: str) -> None:
    assert SUCCESSES[door](user) == 200
    assert logged() == [SUCCEEDED]


@pytest.mark.parametrize("door", FAILURES)
def test_a_wrong_password_or_code_counts_at_every_door(user: User, logged: Counted, door: str) -> None:
    assert FAILURES[door](user) == 401
    assert logged() == [FAILED]


def test_what_is_no_guess_counts_as_none(user: User, logged: Counted) -> None:
    """A link that was used, a refresh, a token that is none, a request that can't be read."""
    by_link(user)
    logged()
    _, link = mailed_code(user.api, user.email)
    use_code(user.api, None, link[:-4] + "AAAA")
    user.refreshed()
    user.api.me("none")
    user.api.post("/login", "{")
    assert logged() == []


@pytest.mark.parametrize(
    ("operation", "password"), [("TransactWriteItems", PASSWORD), ("GetItem", PASSWORD), ("GetItem", WRONG)]
)
def test_what_was_not_done_is_not_counted(user: User, logged: Counted, operation: str, password: str) -> None:
    with faults(always(operation, broken)):
        assert problem(user.api.login(user.email, password)) == UNAVAILABLE
    assert logged() == [NOT_SERVED]


def test_a_wrong_password_counts_though_its_event_can_not_be_written(user: User, logged: Counted) -> None:
    """As it counts for the limit: whoever guesses must not be helped by an outage."""
    with faults(always("PutItem", broken)):
        assert problem(user.api.login(user.email, WRONG)) == UNAVAILABLE
    assert logged() == [FAILED, NOT_SERVED]


def test_a_lock_out_counts_once_by_the_guess_that_reaches_the_limit(stack: Stack, user: User, logged: Counted) -> None:
    with deployed_with(stack, limit_account_failures="3"):
        for _ in range(3):
            assert Api(stack).login(user.email, WRONG).status == 401
        assert logged() == [FAILED, FAILED, FAILED, LOCKED]
        for password in (WRONG, PASSWORD):
            assert problem(Api(stack).login(user.email, password)) == LIMITED
        assert logged() == []


def test_a_right_password_at_the_limit_locks_nobody_out(stack: Stack, user: User, logged: Counted) -> None:
    with deployed_with(stack, limit_account_failures="2"):
        assert [Api(stack).login(user.email, password).status for password in (WRONG, PASSWORD)] == [401, 200]
        assert logged() == [FAILED, SUCCEEDED]
        assert Api(stack).login(user.email, WRONG).status == 401
        assert logged() == [FAILED, LOCKED]


def test_guesses_that_have_left_the_window_lock_nobody_out(stack: Stack, clock: Traveller, logged: Counted) -> None:
    email = new_email()
    with deployed_with(stack, limit_account_failures="2"):
        Api(stack).login(email, WRONG)
        clock.shift(900)
        Api(stack).login(email, WRONG)
        assert logged() == [FAILED, FAILED]


def test_a_client_address_is_locked_out_once(stack: Stack, logged: Counted) -> None:
    with deployed_with(stack, limit_address_failures="2"):
        api = Api(stack)
        assert [api.login(new_email(), WRONG).status for _ in range(3)] == [401, 401, 429]
        assert logged() == [FAILED, FAILED, "AddressLocked"]


def test_all_that_a_request_counts_is_one_line_with_its_id(stack: Stack) -> None:
    lines: list[dict[str, Any]] = []
    with deployed_with(stack, limit_account_failures="1"), patch.object(METRICS, "take", lines.append):
        answer = Api(stack).login(new_email(), WRONG)
    (line,) = lines
    assert (line[FAILED], line[LOCKED]) == (1, 1)
    assert (line["deployment"], line["request_id"]) == ("gatepost-local", answer.header("x-request-id"))


def test_a_reused_refresh_token_counts_once_its_session_has_ended(user: User, clock: Traveller, logged: Counted) -> None:
    user.refreshed()
    clock.shift(31)
    logged()
    with faults(always("TransactWriteItems", broken)):
        assert problem(user.api.refresh(user.refresh_token)) == UNAVAILABLE
    assert logged() == [NOT_SERVED]
    for _ in range(2):
        assert user.api.refresh(user.refresh_token).status == 401
    assert logged() == ["RefreshTokenReused"]


def test_a_revocation_list_that_is_cut_off_counts_each_time_it_is_given(user: User, logged: Counted) -> None:
    user.api.post("/logout", {"refresh_token": user.refresh_token})
    assert revocations(user.api)["complete"]
    assert logged() == []
    with patch.object(rules, "MAX_ENTRIES", 0):
        assert not revocations(user.api)["complete"]
        assert not revocations(user.api)["complete"]
    assert logged() == ["RevocationListIncomplete"] * 2


@pytest.mark.parametrize(("feedback", "metric"), [(bounce, "MailBounced"), (complaint, "MailComplained")])
def test_a_bounce_or_a_complaint_counts_once_however_often_it_is_told(
    stack: Stack, logged: Counted, feedback: Callable[..., Any], metric: str
) -> None:
    told = feedback(new_email(), new_email())
    with faults(always("TransactWriteItems", broken)), pytest.raises(Exception, match="can't answer"):
        give(stack, told)
    assert logged() == []
    give(stack, told)
    give(stack, told)
    assert logged() == [metric] * 2


WITHOUT_CAPACITY = {
    "throttled": always("GetItem", throttled),
    "out of capacity": always("GetItem", out_of_capacity),
    "the account's quota": always("GetItem", request_limit),
    "in a thread": always("UpdateItem LIMIT#account ADD", throttled),
    "a transaction": always("TransactWriteItems", cancelled("None", "ThrottlingError", "None")),
    "a batch": always("BatchGetItem", nothing_processed),
}


@pytest.mark.parametrize("case", WITHOUT_CAPACITY)
def test_a_call_that_dynamodb_has_no_capacity_for_counts_once_however_often_it_was_tried(
    user: User, logged: Counted, case: str
) -> None:
    with faults(WITHOUT_CAPACITY[case]):
        assert problem(user.api.login(user.email)) == UNAVAILABLE
    assert logged() == ["StorageThrottled", NOT_SERVED]


def test_a_call_that_another_try_has_helped_counts_nothing(user: User, logged: Counted) -> None:
    with faults(times(2, "GetItem", throttled)):
        assert user.api.login(user.email).status == 200
    assert logged() == [SUCCEEDED]


@pytest.mark.parametrize("fault", [broken, conflict, cancelled("TransactionConflict", "None", "None")])
def test_what_is_no_want_of_capacity_counts_as_none(user: User, logged: Counted, fault: Fault) -> None:
    with faults(always("TransactWriteItems", fault)):
        assert outcome(user.api.login(user.email)) == UNAVAILABLE
    assert logged() == [NOT_SERVED]


def test_what_nobody_foresaw_counts_as_a_request_that_failed_and_a_refusal_does_not(user: User, logged: Counted) -> None:
    with faults(always("GetItem", error("ValidationException"))):
        assert user.api.login(user.email).status == 500
    assert logged() == [NOT_SERVED]
    assert user.api.call("GET", "/v1/me").status == 401
    assert user.api.call("GET", "/nowhere").status == 404
    assert logged() == []


def test_r33_not_to_be_ready_is_no_request_that_failed(stack: Stack, logged: Counted) -> None:
    with fresh_process(stack), faults(always("DescribeTable", broken)):
        assert problem(Api(stack).call("GET", "/health/ready")) == (503, "not_ready")
    assert logged() == []


def test_the_keys_age_is_told_each_hour_whether_the_rotation_succeeds_or_not(stack: Stack, clock: Traveller) -> None:
    lines: list[dict[str, Any]] = []
    keys = stack.functions["KeysFunction"]
    with patch.object(METRICS, "take", lines.append):
        keys.invoke({"gatepost": "rotate"})
        clock.shift(3600)
        keys.invoke({"gatepost": "rotate"})
        clock.shift(40 * 86_400)
        with faults(always("PutItem", broken)), pytest.raises(Exception, match="can't answer"):
            keys.invoke({"gatepost": "rotate"})
        keys.invoke({"gatepost": "rotate"})
        keys.invoke({"gatepost": "rotate"})
    first, *ages = [line["SigningKeyAge"] for line in lines]
    assert ages == [first + 3600, *[first + 3600 + 40 * 86_400] * 2, 0]
