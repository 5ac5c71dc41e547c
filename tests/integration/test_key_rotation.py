"""Administrators see the signing keys and ask for a rotation (Z-15), which the keys function does."""

from typing import Any

import jwt
import pytest
from time_machine import Traveller

from gatepost.audit import Event
from gatepost.signing import ring
from local.stack import Stack
from tests.calls import recorded
from tests.integration.accounts import UNAVAILABLE, outcome
from tests.integration.administrators import Staff, administrator
from tests.integration.aws_faults import Fault, Send, always, broken, faults, lost_answer, no_connection, throttled, times
from tests.integration.inside import forget_rotation
from tests.integration.tables import items
from tests.support import ISSUER, Api

PENDING = (409, "rotation_pending")


@pytest.fixture
def me(stack: Stack, clock: Traveller) -> Staff:
    """An administrator of a service in which no rotation waits, and the standby key is young."""
    assert clock
    me = administrator(stack)
    forget_rotation(stack)
    return me


def shown(me: Staff) -> dict[str, Any]:
    answer = me.admin("GET", "/keys")
    assert answer.status == 200, answer.body
    keys: dict[str, Any] = answer.json()
    return keys


def states(me: Staff) -> list[str]:
    return [key["state"] for key in shown(me)["items"]]


def published(stack: Stack) -> list[str]:
    return [key["kid"] for key in Api(stack).call("GET", "/.well-known/jwks.json").json()["keys"]]


def signed_in_again(me: Staff) -> Staff:
    return Staff(me.api, me.email, me.password, me.api.login(me.email, audience=ISSUER).json())


def kid_of(me: Staff) -> str:
    """Which key has signed the token."""
    return str(jwt.get_unverified_header(me.access_token)["kid"])


def events(me: Staff) -> list[dict[str, Any]]:
    return items(me.api, "AuditTable", "actor_id = :me AND event = :event", me=me.id, event=str(Event.KEY_ROTATION_REQUESTED))


def rotate_on_schedule(stack: Stack) -> None:
    stack.functions["KeysFunction"].invoke({"gatepost": "rotate"})


def test_the_keys_are_shown_without_anything_private(me: Staff, stack: Stack) -> None:
    keys = shown(me)
    assert keys.keys() == {"items", "next_cursor", "rotation_pending"}
    assert (keys["next_cursor"], keys["rotation_pending"]) == (None, False)
    assert all(key.keys() == {"kid", "algorithm", "state", "since", "created_at"} for key in keys["items"])
    assert {key["algorithm"] for key in keys["items"]} == {"RS256"}
    assert [key["kid"] for key in keys["items"]] == published(stack)
    assert [state for state in states(me) if state != "retired"] == ["signing", "standby"]


def test_z15_a_new_key_is_published_at_once_and_the_next_signs_when_it_was_for_long_enough(
    me: Staff, stack: Stack, clock: Traveller
) -> None:
    """In every warm process, whatever it has read a moment ago."""
    before, signing = published(stack), kid_of(me)
    assert outcome(me.admin("POST", "/keys/rotate")) == (202, "")
    assert published(stack)[:-1] == before
    assert len(set(published(stack))) == len(before) + 1
    assert shown(me)["rotation_pending"] is True
    assert states(me) == ["signing", "standby", "standby"]
    assert outcome(me.admin("POST", "/keys/rotate")) == PENDING
    assert len(published(stack)) == len(before) + 1

    clock.shift(ring.PUBLISHED_BEFORE_USE)
    me = signed_in_again(me)
    assert kid_of(me) == signing  # until the hourly run
    rotate_on_schedule(stack)
    assert states(me) == ["retired", "signing", "standby"]
    assert shown(me)["rotation_pending"] is False
    clock.shift(61)
    assert me.api.me(me.access_token).status == 200  # signed by the retired key
    me = signed_in_again(me)
    assert kid_of(me) == before[-1]
    clock.shift(ring.RETIRED_LIFETIME)
    rotate_on_schedule(stack)
    assert signing not in published(stack)


def test_z15_where_the_next_key_was_published_for_long_enough_it_signs_at_once(
    me: Staff, stack: Stack, clock: Traveller
) -> None:
    clock.shift(ring.PUBLISHED_BEFORE_USE)
    me, before, signing = signed_in_again(me), published(stack), kid_of(me)
    assert outcome(me.admin("POST", "/keys/rotate")) == (202, "")
    assert shown(me)["rotation_pending"] is False
    assert [state for state in states(me) if state != "standby"] == ["retired", "signing"]
    assert published(stack)[: len(before)] == before
    assert len(published(stack)) == len(before) + 1
    clock.shift(61)  # a warm process has the new ring by then
    assert kid_of(signed_in_again(me)) not in (signing, published(stack)[-1])
    assert me.api.me(me.access_token).status == 200
    assert outcome(me.admin("POST", "/keys/rotate")) == (202, "")
    assert shown(me)["rotation_pending"] is True  # the new one is young


def test_z14_each_rotation_leaves_one_event_with_who_asked(me: Staff) -> None:
    answer = me.admin("POST", "/keys/rotate", headers={"user-agent": "curl/8.9 (a test)"})
    me.admin("POST", "/keys/rotate")
    me.admin("GET", "/keys")
    (event,) = events(me)
    assert (event["user_id"], event["ip"], event["user_agent"]) == (me.id, me.api.ip, "curl/8.9 (a test)")
    assert event["request_id"] == answer.header("x-request-id")
    assert event["expires_at"] == event["at_ms"] // 1000 + 400 * 86_400


@pytest.mark.parametrize("fault", [broken, throttled, no_connection])
@pytest.mark.parametrize("what", ["Invoke", "GetItem RING", "Encrypt", "TransactWriteItems"])
def test_r22_a_rotation_that_fails_changes_nothing_and_the_next_try_does_it(
    me: Staff, stack: Stack, what: str, fault: Fault
) -> None:
    """Whether the function can't be called or what it needs fails."""
    before = published(stack)
    with faults(always(what, fault)):
        assert outcome(me.admin("POST", "/keys/rotate")) == UNAVAILABLE
    assert published(stack) == before
    assert not events(me)
    assert outcome(me.admin("POST", "/keys/rotate")) == (202, "")


@pytest.mark.parametrize("what", ["Invoke", "TransactWriteItems"])
def test_r08_a_rotation_whose_answer_is_lost_is_done_once_and_not_refused(me: Staff, stack: Stack, what: str) -> None:
    before = published(stack)
    with faults(times(1, what, lost_answer)):
        assert outcome(me.admin("POST", "/keys/rotate")) == (202, "")
    assert len(published(stack)) == len(before) + 1
    assert len(events(me)) == 1


def test_a_change_of_the_ring_meanwhile_is_a_conflict(me: Staff, stack: Stack) -> None:
    def overtaken(send: Send) -> Any:
        forget_rotation(stack)
        return send()

    before = published(stack)
    with faults(times(1, "TransactWriteItems", overtaken)):
        assert outcome(me.admin("POST", "/keys/rotate")) == (409, "conflict")
    assert published(stack) == before
    assert not events(me)


def test_where_the_ring_can_not_be_read_the_last_one_is_published_for_a_minute(
    me: Staff, stack: Stack, clock: Traveller
) -> None:
    assert me
    before = published(stack)
    with faults(always("GetItem RING", broken)):
        assert published(stack) == before
        clock.shift(60)
        assert outcome(Api(stack).call("GET", "/.well-known/jwks.json")) == UNAVAILABLE


def test_the_key_set_says_how_long_it_may_be_kept(stack: Stack) -> None:
    answer = Api(stack).call("GET", "/.well-known/jwks.json")
    assert answer.header("cache-control") == "public, max-age=1800"


def test_only_the_rotation_makes_a_client_of_lambda_and_the_admin_function_touches_no_key(me: Staff) -> None:
    with recorded() as calls:
        assert outcome(me.admin("POST", "/keys/rotate")) == (202, "")
    assert [call.operation for call in calls] == ["BatchGetItem", "Invoke"]
