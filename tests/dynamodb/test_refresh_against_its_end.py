"""A refresh while its session ends, in every order: nothing may be alive after an end that was acknowledged."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from gatepost.storage import keys
from gatepost.storage.table import Database
from gatepost.storage.writes import update
from local.events import Response
from tests.dynamodb.support import INVALID_CREDENTIALS, INVALID_REFRESH_TOKEN, alive, at_once, sessions, split
from tests.dynamodb.wire import READING_USER, ROTATION, TRANSACTION, WRITING_USER, Wire
from tests.support import PASSWORD, Api, problem

pytestmark = pytest.mark.dynamodb

Kill = Callable[[], object]


def sign_out(api: Api, token: str) -> Response:
    answer = api.post("/logout", {"refresh_token": token})
    assert answer.status == 204
    return answer


def reset(api: Api, db: Database, signed_in: dict[str, Any]) -> Kill:
    email = signed_in["user"]["email"]
    assert api.post("/password/forgot", {"email": email}).status == 202
    body = {"token": api.mailed_token(email), "new_password": "another good password"}
    return lambda: api.post("/password/reset", body)


def erase(api: Api, db: Database, signed_in: dict[str, Any]) -> Kill:
    return lambda: api.call("DELETE", "/v1/me", {"password": PASSWORD}, token=signed_in["access_token"])


def disable(api: Api, db: Database, signed_in: dict[str, Any]) -> Kill:
    # As the admin API will.
    table, key = api.table_name("UsersTable"), keys.user(signed_in["user"]["id"])
    return lambda: db.write(update(table, key, "SET #status = :disabled", disabled="disabled"))


@pytest.fixture(params=[reset, erase, disable], ids=lambda kill: kill.__name__)
def killed(request: pytest.FixtureRequest, api: Api, db: Database) -> tuple[dict[str, Any], Kill]:
    """A sign-in, and what ends all sessions of its user."""
    signed_in = api.sign_up()
    return signed_in, request.param(api, db, signed_in)


def test_s14_a_refresh_that_a_sign_out_overtakes_is_refused(api: Api, wire: Wire) -> None:
    before = api.sign_up()
    with wire.in_the_midst(ROTATION, lambda: sign_out(api, before["refresh_token"])):
        assert problem(api.refresh(before["refresh_token"])) == INVALID_REFRESH_TOKEN
    assert sessions(api, before["user"]["id"]) == []


def test_s14_what_a_refresh_answers_after_a_sign_out_is_dead(api: Api, wire: Wire) -> None:
    before = api.sign_up()
    with wire.in_the_midst(READING_USER, lambda: sign_out(api, before["refresh_token"])):
        answer = api.refresh(before["refresh_token"])
    assert answer.status == 200
    assert not alive(api, answer)
    assert sessions(api, before["user"]["id"]) == []


def test_s14_a_sign_out_that_a_refresh_overtakes_ends_the_successor_too(api: Api, wire: Wire) -> None:
    before, refreshed = api.sign_up(), []
    with wire.in_the_midst(TRANSACTION, lambda: refreshed.append(api.refresh(before["refresh_token"]))):
        sign_out(api, before["refresh_token"])
    assert refreshed[0].status == 200
    assert not alive(api, refreshed[0])
    assert sessions(api, before["user"]["id"]) == []


def test_s14_r05_after_20_refreshes_and_20_sign_outs_at_once_nothing_is_alive(api: Api, wire: Wire) -> None:
    before = api.sign_up()
    token = before["refresh_token"]
    with wire.meeting(40, ROTATION, TRANSACTION):
        answers = at_once([lambda: api.refresh(token), lambda: sign_out(api, token)] * 20)
    refreshed, refused = split(answers[::2])
    assert set(refused) <= {INVALID_REFRESH_TOKEN}
    assert not any(alive(api, answer) for answer in refreshed)
    assert sessions(api, before["user"]["id"]) == []


def test_s04_r05_a_refresh_whose_user_is_killed_before_it_is_read_is_refused(
    api: Api, wire: Wire, killed: tuple[dict[str, Any], Kill]
) -> None:
    before, kill = killed
    with wire.in_the_midst(READING_USER, kill):
        assert problem(api.refresh(before["refresh_token"])) == INVALID_REFRESH_TOKEN


def test_s04_r05_what_a_refresh_answers_after_its_user_was_killed_is_dead_at_its_next_use(
    api: Api, wire: Wire, killed: tuple[dict[str, Any], Kill]
) -> None:
    before, kill = killed
    with wire.in_the_midst(READING_USER, kill, answered=True):
        answer = api.refresh(before["refresh_token"])
    assert answer.status == 200
    assert not alive(api, answer)


def test_r05_after_40_refreshes_and_a_kill_of_their_user_at_once_nothing_is_alive(
    api: Api, wire: Wire, killed: tuple[dict[str, Any], Kill]
) -> None:
    before, kill = killed
    refreshes: list[Callable[[], Any]] = [partial(api.refresh, before["refresh_token"])] * 40
    with wire.meeting(41, READING_USER, WRITING_USER, TRANSACTION):
        answers = at_once([*refreshes, kill])
    refreshed, refused = split(answers[:40])
    assert set(refused) <= {INVALID_REFRESH_TOKEN}
    assert not any(alive(api, answer) for answer in refreshed)


def test_r05_a_sign_in_whose_user_is_killed_meanwhile_is_refused(
    api: Api, wire: Wire, killed: tuple[dict[str, Any], Kill]
) -> None:
    before, kill = killed
    with wire.in_the_midst(TRANSACTION, kill):
        assert problem(api.login(before["user"]["email"])) == INVALID_CREDENTIALS


def test_r05_a_refresh_that_a_change_of_the_password_in_the_same_session_overtakes_goes_on(api: Api, wire: Wire) -> None:
    before = api.sign_up()
    change = {"current_password": PASSWORD, "new_password": "another good password"}

    def change_password() -> None:
        assert api.call("POST", "/v1/me/password", change, token=before["access_token"]).status == 204

    with wire.in_the_midst(READING_USER, change_password):
        answer = api.refresh(before["refresh_token"])
    assert answer.status == 200
    assert alive(api, answer)
