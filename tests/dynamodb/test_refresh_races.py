"""Refreshes of one session at once."""

import time
from functools import partial

import pytest
import time_machine

from gatepost.refresh import GRACE_MS
from tests.dynamodb.support import INVALID_REFRESH_TOKEN, alive, at_once, events, sessions, split
from tests.dynamodb.wire import ROTATION, Wire
from tests.support import Api, problem

pytestmark = pytest.mark.dynamodb

REUSED = "session.refresh_token_reused"


def test_s07_s08_r02_40_refreshes_of_one_token_all_get_the_same_successor_which_refreshes_again(api: Api, wire: Wire) -> None:
    before = api.sign_up()
    user_id, old = before["user"]["id"], before["refresh_token"]
    with wire.meeting(40, ROTATION):
        answers = at_once([lambda: api.refresh(old)] * 40)
    refreshed, refused = split(answers)
    assert refused == []
    assert all(api.me(answer.json()["access_token"]).status == 200 for answer in refreshed)
    (successor,) = {answer.json()["refresh_token"] for answer in refreshed}
    assert successor != old
    (session,) = sessions(api, user_id)
    assert {answer.json()["session_id"] for answer in refreshed} == {session["id"]} == {before["session_id"]}

    again = api.refresh(successor)
    assert again.status == 200
    assert problem(api.refresh(old)) == INVALID_REFRESH_TOKEN  # two before the current one, but still in the grace
    assert REUSED not in events(api, user_id)
    assert alive(api, again)


def test_s06_s07_after_the_grace_40_uses_of_the_old_token_end_the_session_and_tell_it_once(api: Api, wire: Wire) -> None:
    before = api.sign_up()
    user, old = before["user"], before["refresh_token"]
    current = api.refresh(old)
    with time_machine.travel(time.time() + GRACE_MS / 1000):
        with wire.meeting(40, ROTATION):
            answers = at_once([lambda: api.refresh(old)] * 40)
        assert [problem(answer) for answer in answers] == [INVALID_REFRESH_TOKEN] * 40
        assert not alive(api, current)
    assert sessions(api, user["id"]) == []
    assert events(api, user["id"]).count(REUSED) == 1
    assert len(api.mails(user["email"])) == 2  # of the registration, and this one


def test_s07_late_twins_of_the_predecessor_do_no_harm_to_refreshes_of_the_current_token(api: Api, wire: Wire) -> None:
    before = api.sign_up()
    user_id, predecessor = before["user"]["id"], before["refresh_token"]
    current = api.refresh(predecessor).json()["refresh_token"]
    with wire.meeting(40, ROTATION):
        answers = at_once(partial(api.refresh, token) for token in [predecessor, current] * 20)
    late, regular = answers[::2], answers[1::2]
    # A late one gets the current token again, or comes too late for that.
    refreshed, refused = split(late)
    assert {answer.json()["refresh_token"] for answer in refreshed} <= {current}
    assert set(refused) <= {INVALID_REFRESH_TOKEN}
    (successor,) = {answer.json()["refresh_token"] for answer in regular}
    assert successor not in {predecessor, current}
    assert REUSED not in events(api, user_id)
    assert alive(api, regular[0])
