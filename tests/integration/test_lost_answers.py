"""R-08, CASES F3: a call is done and its answer lost, the SDK tries again and meets its own write. Nobody is to notice."""

import pytest
from time_machine import Traveller

from local.stack import Stack
from tests.integration.aws_faults import always, calls, conflict, faults, lost_answer, times
from tests.integration.flows import FLOWS, Flow
from tests.integration.inside import events_of, session_of
from tests.support import Api, new_email, problem

ROTATION = "UpdateItem USER SET"
REUSED = "session.refresh_token_reused"
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"}


@pytest.mark.parametrize("lost", [1, 2])
def test_r08_a_rotation_whose_answer_is_lost_succeeds_by_the_sdks_own_retry(api: Api, clock: Traveller, lost: int) -> None:
    email = new_email()
    first = api.sign_up(email)
    mails = len(api.mails(email))
    with faults(times(lost, ROTATION, lost_answer)) as attempts:
        answer = api.refresh(first["refresh_token"])
    assert answer.status == 200, answer.body
    second = answer.json()
    assert [attempt.what for attempt in attempts] == [ROTATION] * (lost + 1) + ["BatchGetItem"]
    assert len(calls(attempts)) == 2
    assert api.me(second["access_token"]).status == 200
    assert REUSED not in events_of(api, first["user"]["id"])
    assert len(api.mails(email)) == mails
    # The client, which may have lost its answer too, gets the same one; and the family goes on.
    assert api.refresh(first["refresh_token"]).json()["refresh_token"] == second["refresh_token"]
    clock.shift(3600)
    assert api.refresh(second["refresh_token"]).status == 200


def test_r08_after_a_503_the_clients_own_retry_gets_the_successor(api: Api, clock: Traveller) -> None:
    """All answers of the SDK's tries are lost: the rotation has happened, and the client was told that nothing had."""
    first = api.sign_up()
    with faults(always(ROTATION, lost_answer)):
        assert problem(api.refresh(first["refresh_token"])) == (503, "temporarily_unavailable")
    clock.shift(29)
    second = api.refresh(first["refresh_token"])
    assert second.status == 200
    assert REUSED not in events_of(api, first["user"]["id"])
    clock.shift(3600)
    assert api.refresh(second.json()["refresh_token"]).status == 200


def test_r08_the_user_read_after_a_rotation_may_be_lost_too(api: Api) -> None:
    first = api.sign_up()
    with faults(always("BatchGetItem", lost_answer)):
        assert problem(api.refresh(first["refresh_token"])) == (503, "temporarily_unavailable")
    second = api.refresh(first["refresh_token"])
    assert second.status == 200
    assert api.refresh(second.json()["refresh_token"]).status == 200


def test_r08_a_conflict_and_a_lost_answer_in_one_rotation_succeed(api: Api) -> None:
    first = api.sign_up()
    conflicting, losing = times(1, ROTATION, conflict), times(1, ROTATION, lost_answer)
    with faults(lambda attempt: conflicting(attempt) or losing(attempt)):
        second = api.refresh(first["refresh_token"])
    assert second.status == 200
    assert api.refresh(second.json()["refresh_token"]).status == 200


def test_r08_a_lost_answer_in_the_grace_changes_nothing(api: Api) -> None:
    first = api.sign_up()
    second = api.refresh(first["refresh_token"]).json()
    before = session_of(api, first)
    with faults(times(1, ROTATION, lost_answer)):
        assert api.refresh(first["refresh_token"]).json()["refresh_token"] == second["refresh_token"]
    assert session_of(api, first) == before


def test_r08_the_end_of_a_reused_family_is_told_once_if_its_answer_is_lost(api: Api, clock: Traveller) -> None:
    email = new_email()
    first = api.sign_up(email)
    api.refresh(first["refresh_token"])
    clock.shift(30)
    mails = len(api.mails(email))
    with faults(times(1, "TransactWriteItems", lost_answer)):
        assert problem(api.refresh(first["refresh_token"])) == (401, "invalid_refresh_token")
    assert session_of(api, first) is None
    assert events_of(api, first["user"]["id"]).count(REUSED) == 1
    assert len(api.mails(email)) == mails + 1


def test_s15_an_end_that_could_not_be_written_is_no_success(api: Api) -> None:
    """CVE-2020-15223: signing out answers 204 only when it has happened."""
    first = api.sign_up()
    with faults(always("TransactWriteItems", conflict)):
        assert problem(api.post("/logout", {"refresh_token": first["refresh_token"]})) == (503, "temporarily_unavailable")
    assert session_of(api, first) is not None
    assert api.post("/logout", {"refresh_token": first["refresh_token"]}).status == 204


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_r07_r09_whichever_answer_is_lost_once_the_request_succeeds(stack: Stack, flow: Flow) -> None:
    """The SDK's retry never turns a success into "already used", "address taken" or "wrong password"."""
    send = flow.prepare(Api(stack))
    with faults() as attempts:
        assert send().status == flow.success
    # A read whose answer is lost is read again, as `test_r16…` shows; a write is what the SDK may find done.
    for what in sorted({attempt.what for attempt in attempts if attempt.operation in WRITES}):
        send = flow.prepare(Api(stack))
        with faults(times(1, what, lost_answer)):
            answer = send()
        assert answer.status == flow.success, (what, answer.body)


def test_r09_a_sign_in_whose_answer_is_lost_makes_one_session(api: Api) -> None:
    email = new_email()
    user = api.sign_up(email)["user"]
    with faults(times(1, "TransactWriteItems", lost_answer)):
        token = api.login(email).json()["access_token"]
    assert len(api.call("GET", "/v1/me/sessions", token=token).json()["items"]) == 2
    assert events_of(api, user["id"]).count("sign_in.succeeded") == 1
