"""Trouble of ours is no mistake of the user: it counts as no failed guess, shows as no wrong password, and does nothing half
(I-21, R-16).
"""

import pytest

from local.stack import Stack
from tests.integration.accounts import UNAVAILABLE, deployed_with, new_user, outcome
from tests.integration.aws_faults import Attempt, Fault, always, broken, cancelled, faults, nothing_processed, throttled
from tests.integration.doors import NAMES, SUCCESSES, Doors
from tests.integration.inside import events_of
from tests.support import Api, new_email, problem


def calls_of(stack: Stack, door: str) -> list[str]:
    """Return what the calls of a right password at this door are, until all is committed: but for those that take the guess
    back or clear up.
    """
    doors = Doors.of(new_user(stack))
    with faults() as attempts:
        assert doors.open(door, doors.user.password).status == SUCCESSES[door]
    late = {"GetItem RING", "Query", "BatchWriteItem"}
    return sorted({attempt.what for attempt in attempts if not attempt.what.endswith(" DELETE")} - late)


@pytest.mark.parametrize("door", NAMES)
def test_i21_a_fault_of_any_call_counts_as_no_failure(stack: Stack, door: str) -> None:
    """Eleven times: one more than there may be failures. Then the password works."""
    for what in calls_of(stack, door):
        doors = Doors.of(new_user(stack))
        with faults(always(what, broken)):
            outcomes = {outcome(doors.open(door, doors.user.password)) for _ in range(11)}
        if outcomes == {UNAVAILABLE}:
            assert outcome(doors.open(door, doors.user.password)) == (SUCCESSES[door], ""), what
        else:  # what was not worth a failure
            assert UNAVAILABLE not in outcomes, what


@pytest.mark.parametrize(
    "fault", [cancelled("None", "TransactionConflict"), cancelled("ThrottlingError", "ConditionalCheckFailed"), throttled]
)
@pytest.mark.parametrize("door", NAMES)
def test_i21_a_transaction_that_is_refused_for_reasons_of_its_own_is_no_wrong_password(
    stack: Stack, door: str, fault: Fault
) -> None:
    doors = Doors.of(new_user(stack))
    with faults(always("TransactWriteItems", fault)):
        assert {outcome(doors.open(door, doors.user.password)) for _ in range(11)} == {UNAVAILABLE}
    assert outcome(doors.open(door, doors.user.password)) == (SUCCESSES[door], "")


@pytest.mark.parametrize("limit", ["account", "address"])
def test_i21_a_sign_in_whose_guess_cannot_be_taken_back_is_no_failure(stack: Stack, limit: str) -> None:
    """The session is made by then; a 503 would say that nothing was."""
    user = new_user(stack)
    with faults(always(f"UpdateItem LIMIT#{limit} DELETE", broken)):
        answer = Api(stack).login(user.email)
    assert outcome(answer) == (200, "")
    assert len(user.sessions()) == 2


@pytest.mark.parametrize("what", ["Query", "BatchWriteItem"])
@pytest.mark.parametrize("fault", [broken, nothing_processed], ids=["broken", "undone"])
def test_r13_an_erasure_that_was_cut_short_is_one(stack: Stack, what: str, fault: Fault) -> None:
    """The user is gone: a 503 would say that nothing was changed, and the next try, that the token is invalid."""
    if (what, fault) == ("Query", nothing_processed):
        fault = throttled
    user = new_user(stack)
    with faults(always(what, fault)):
        answer = user.erase()
    if answer.status == 503:
        assert user.lives()
    else:
        assert outcome(answer) == (204, "")
        assert not user.lives()
        assert problem(Api(stack).login(user.email)) == (401, "invalid_credentials")
        assert events_of(user.api, user.id)[-1] == "user.deleted"


@pytest.mark.parametrize("what", ["Query", "TransactWriteItems"])
def test_r16_a_sign_in_beyond_the_cap_that_ends_no_session_is_no_failure(stack: Stack, what: str) -> None:
    """The sign-in is committed when the oldest session is to end; the next one ends it."""
    user = new_user(stack)
    operations: list[str] = []

    def after_the_commit(attempt: Attempt) -> Fault | None:
        committed = "TransactWriteItems" in operations
        operations.append(attempt.operation)
        return broken if committed and attempt.operation == what else None

    with deployed_with(stack, max_sessions="1"):
        with faults(after_the_commit):
            answer = Api(stack).login(user.email)
        assert operations.count(what) > (1 if what == "TransactWriteItems" else 0)
        assert outcome(answer) == (200, "")
        assert len(user.sessions()) == 2
        assert [session["id"] for session in user.login().sessions()] != [user.session_id]
        assert not user.lives()


def test_i21_faults_at_an_unknown_address_count_as_no_failure_either(stack: Stack) -> None:
    """Else trouble of ours would tell who has an account, once it's over."""
    outcomes = []
    for email in (new_email(), new_user(stack).email):
        client = Api(stack)
        with faults(always("BatchGetItem", broken)):
            outcomes.append([outcome(client.login(email, "not the password")) for _ in range(11)])
        outcomes[-1].append(outcome(client.login(email, "not the password")))
    assert outcomes[0] == outcomes[1] == [UNAVAILABLE] * 11 + [(401, "invalid_credentials")]
