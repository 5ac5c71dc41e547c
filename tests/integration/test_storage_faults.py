"""DynamoDB fails, throttles or conflicts: a request gets through by trying again, or is answered 503 and can be sent again.

Nothing is half done, and no trouble of ours looks like a mistake of the client (CASES R-10, R-11, R-16, I-21).
"""

import pytest

from gatepost.errors import Unavailable
from local.events import Response
from local.stack import Stack
from tests.integration.aws_faults import (
    Fault,
    always,
    broken,
    calls,
    cancelled,
    conflict,
    error,
    faults,
    no_connection,
    nothing_processed,
    out_of_capacity,
    request_limit,
    throttled,
    times,
)
from tests.integration.flows import BY_NAME, FLOWS, Flow
from tests.integration.inside import fresh_process, session_of
from tests.support import Api, new_email, problem

TRIES_OF_THE_SDK = 3
TRIES_OF_OURS = 4
TRANSACTIONS = [
    *("register", "resend verification", "verify e-mail", "log in", "forgot password", "reset password", "log out", "rename"),
    *("change password", "change e-mail", "complete e-mail change", "end a session", "end other sessions", "erase account"),
]
FAULTS = {
    "throttled": throttled,
    "out of capacity": out_of_capacity,
    "request limit": request_limit,
    "broken": broken,
    "no connection": no_connection,
}


def assert_unavailable(answer: Response) -> None:
    assert problem(answer) == (503, "temporarily_unavailable")
    assert int(answer.header("retry-after") or "") >= Unavailable.retry_after


def kinds_of_calls(flow: Flow, api: Api) -> list[str]:
    """Return what calls a success of this flow makes, but for those that a warm process makes now and then."""
    send = flow.prepare(api)
    with faults() as attempts:
        assert send().status == flow.success
    return sorted({attempt.what for attempt in attempts} - {"GenerateDataKey", "Decrypt", "GetItem RING"})


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_r16_whichever_call_fails_the_answer_is_503_and_the_next_try_heals(stack: Stack, flow: Flow) -> None:
    """The loop of R-16 with a call that never succeeds. An answer may be a success if that call was not worth a failure."""
    for what in kinds_of_calls(flow, Api(stack)):
        send = flow.prepare(Api(stack))
        with faults(always(what, broken)) as attempts:
            answer = send()
        assert what in {attempt.what for attempt in attempts}
        if answer.status != flow.success:
            assert_unavailable(answer)
            healed = send()
            assert healed.status == flow.success, (what, healed.body)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        *(("refresh", fault) for fault in FAULTS.values()),
        *((name, throttled) for name in ("log in", "log out", "read profile")),
    ],
)
def test_r10_trouble_that_passes_is_not_noticed(stack: Stack, name: str, fault: Fault) -> None:
    flow = BY_NAME[name]
    for what in kinds_of_calls(flow, Api(stack)):
        send = flow.prepare(Api(stack))
        with faults(times(2, what, fault)):
            assert send().status == flow.success, what


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("what", ["UpdateItem", "BatchGetItem"])
def test_r10_trouble_that_stays_is_tried_three_times_and_leaves_the_session_good(api: Api, what: str, fault: Fault) -> None:
    signed_in = api.sign_up()
    before = session_of(api, signed_in)
    with faults(always(what, fault)) as attempts:
        assert_unavailable(api.refresh(signed_in["refresh_token"]))
    assert [attempt.operation for attempt in attempts].count(what) == TRIES_OF_THE_SDK
    if what == "UpdateItem":
        assert session_of(api, signed_in) == before
    answer = api.refresh(signed_in["refresh_token"])
    assert answer.status == 200
    assert answer.json()["session_id"] == signed_in["session_id"]


def test_r10_i21_failures_of_storage_are_not_counted_as_failed_sign_ins(api: Api) -> None:
    """The owner of an account isn't locked out by an hour of throttling."""
    email = new_email()
    api.sign_up(email)
    for what in ("GetItem EMAIL", "BatchGetItem", "TransactWriteItems"):
        with faults(always(what, throttled)):
            for _ in range(10):
                assert_unavailable(api.login(email))
        assert api.login(email).status == 200, what


@pytest.mark.parametrize("name", ["verify e-mail", "change password", "erase account"])
def test_r10_i21_failures_of_storage_are_not_counted_as_wrong_passwords_elsewhere(stack: Stack, name: str) -> None:
    send = BY_NAME[name].prepare(Api(stack))
    with faults(always("TransactWriteItems", throttled)):
        for _ in range(11):
            assert_unavailable(send())
    assert send().status == BY_NAME[name].success


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        *((name, cancelled("TransactionConflict", "None")) for name in TRANSACTIONS),
        ("log out", error("TransactionInProgressException")),
        ("log out", conflict),
    ],
)
def test_r11_a_conflict_of_transactions_is_tried_four_times(stack: Stack, name: str, fault: Fault) -> None:
    flow = BY_NAME[name]
    send = flow.prepare(Api(stack))
    with faults(always("TransactWriteItems", fault)) as attempts:
        assert_unavailable(send())
    assert calls(attempts).count("TransactWriteItems") == TRIES_OF_OURS
    with faults(times(TRIES_OF_OURS - 1, "TransactWriteItems", fault)):
        assert send().status == flow.success


@pytest.mark.parametrize(
    "reasons",
    [
        ("None", "TransactionConflict"),
        ("ConditionalCheckFailed", "TransactionConflict"),
        ("TransactionConflict", "ThrottlingError"),
        ("None", "ThrottlingError"),
        ("ProvisionedThroughputExceeded", "None"),
        ("ConditionalCheckFailed", "ThrottlingError"),
    ],
)
@pytest.mark.parametrize("name", ["log in", "verify e-mail", "log out"])
def test_r11_a_transaction_cancelled_for_a_passing_reason_is_tried_again(
    stack: Stack, name: str, reasons: tuple[str, ...]
) -> None:
    """botocore doesn't; and while one write was throttled, the condition of another says nothing that we'd have to tell."""
    flow = BY_NAME[name]
    send = flow.prepare(Api(stack))
    with faults(times(2, "TransactWriteItems", cancelled(*reasons))):
        answer = send()
    assert answer.status == flow.success, answer.body


@pytest.mark.parametrize(
    ("name", "refusal"), [("log in", (401, "invalid_credentials")), ("verify e-mail", (400, "invalid_token"))]
)
def test_r11_a_failed_condition_alone_is_an_answer(stack: Stack, name: str, refusal: tuple[int, str]) -> None:
    send = BY_NAME[name].prepare(Api(stack))
    with faults(always("TransactWriteItems", cancelled("None", "ConditionalCheckFailed"))) as attempts:
        assert problem(send()) == refusal
    # Signing in looks once more at who has changed meanwhile.
    assert calls(attempts).count("TransactWriteItems") <= 2


def test_r11_a_conflict_on_the_rotation_is_tried_four_times(api: Api) -> None:
    signed_in = api.sign_up()
    with faults(always("UpdateItem", conflict)) as attempts:
        assert_unavailable(api.refresh(signed_in["refresh_token"]))
    assert calls(attempts) == ["UpdateItem USER SET"] * TRIES_OF_OURS
    with faults(times(TRIES_OF_OURS - 1, "UpdateItem", conflict)):
        assert api.refresh(signed_in["refresh_token"]).status == 200


@pytest.mark.parametrize(
    ("name", "what"), [("refresh", "BatchGetItem"), ("read profile", "BatchGetItem"), ("list sessions", "Query")]
)
def test_r11_a_conflict_reported_to_a_read_is_a_503_too(stack: Stack, name: str, what: str) -> None:
    """DynamoDB doesn't promise that it never is; a 500 would say that the fault is ours."""
    send = BY_NAME[name].prepare(Api(stack))
    with faults(always(what, conflict)):
        assert_unavailable(send())


def test_r14_a_batch_that_comes_back_undone_is_asked_again(api: Api) -> None:
    token = api.sign_up()["access_token"]
    with faults(times(TRIES_OF_OURS - 1, "BatchGetItem", nothing_processed)):
        assert api.me(token).status == 200
    with faults(always("BatchGetItem", nothing_processed)) as attempts:
        assert_unavailable(api.me(token))
    assert calls(attempts).count("BatchGetItem") == TRIES_OF_OURS


@pytest.mark.parametrize(
    "fault", [broken, throttled, error("AccessDeniedException"), error("DisabledException"), no_connection]
)
def test_r22_without_kms_or_the_key_ring_a_cold_process_answers_503_and_heals(stack: Stack, api: Api, fault: Fault) -> None:
    email = new_email()
    token = api.sign_up(email)["access_token"]
    with fresh_process(stack):
        with faults(always("Decrypt", fault)):
            assert_unavailable(api.login(email))
            assert api.me(token).status == 200  # what verifies is public
        with faults(always("GetItem RING", fault)):
            assert api.login(email).status == 200  # it was read by now
        assert api.login(email).status == 200
    with fresh_process(stack):
        with faults(always("GetItem RING", fault)):
            assert_unavailable(api.login(email))
            assert_unavailable(api.me(token))
            assert_unavailable(api.call("GET", "/.well-known/jwks.json"))
        assert api.me(token).status == 200


def test_r25_without_its_table_the_revocation_list_is_not_said_to_be_empty(stack: Stack, api: Api) -> None:
    with fresh_process(stack):
        with faults(always("Query", broken)):
            assert_unavailable(api.call("GET", "/.well-known/gatepost/revocations"))
        assert api.call("GET", "/.well-known/gatepost/revocations").json()["complete"] is True


def test_r22_a_warm_process_goes_on_without_kms(api: Api) -> None:
    email = new_email()
    signed_in = api.sign_up(email)
    with faults(lambda attempt: broken if attempt.operation in ("Decrypt", "GenerateDataKey", "Encrypt") else None):
        assert api.login(email).status == 200
        assert api.refresh(signed_in["refresh_token"]).status == 200
        assert api.register(new_email()).status == 202


@pytest.mark.parametrize("name", TRANSACTIONS)
def test_r12_a_token_used_for_another_transaction_is_a_503_and_nothing_is_done(stack: Stack, name: str) -> None:
    flow = BY_NAME[name]
    send = flow.prepare(Api(stack))
    with faults(always("TransactWriteItems", error("IdempotentParameterMismatchException"))) as attempts:
        assert_unavailable(send())
    assert calls(attempts).count("TransactWriteItems") == 1
    assert send().status == flow.success
