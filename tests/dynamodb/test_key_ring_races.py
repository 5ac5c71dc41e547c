"""Making, rotating and removing signing keys at once: each change of the ring happens once."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import time_machine

from gatepost.audit import Event
from gatepost.signing.ring import ROTATION_PERIOD, KeyRing
from gatepost.storage import keys, signing_keys
from gatepost.storage.table import Database
from gatepost.storage.writes import delete
from local.custom_resources import create_custom_resource
from local.stack import Stack
from tests.dynamodb.support import at_once, events, split
from tests.dynamodb.wire import ASKING_FOR_ROTATION, REMOVING_KEY, WRITING_RING, Wire
from tests.integration.administrators import administrator
from tests.support import Api

pytestmark = pytest.mark.dynamodb


def ring(db: Database, stack: Stack) -> KeyRing:
    return signing_keys.read(db, stack.template.tables["KeysTable"].name)


def forget_keys(db: Database, stack: Stack) -> None:
    db.write(delete(stack.template.tables["KeysTable"].name, keys.signing_key_ring()))


def deploy(stack: Stack) -> None:
    """Ask for the first keys, as a deployment does."""
    (resource,) = (each for each in stack.template.custom_resources if each.logical_id == "SigningKeys")
    create_custom_resource(resource, stack.functions[resource.function], stack.template.stack_id)


def rotate(stack: Stack) -> Any:
    """Do what the schedule does."""
    return stack.functions["KeysFunction"].invoke({"gatepost": "rotate"})


def remove(stack: Stack, kid: str, request: str = "a request") -> Any:
    """Do what an operator asks for."""
    asked_by = {"operator": "arn:aws:iam::123456789012:user/ada", "ip": "", "user_agent": "a test", "request_id": request}
    return stack.functions["KeysFunction"].invoke({"remove": kid, "asked_by": asked_by})


def removals(stack: Stack) -> int:
    """How many events of removals there are."""
    return [item["event"] for item in Api(stack).table("AuditTable")].count(Event.KEY_REMOVED)


def published(stack: Stack) -> set[str]:
    return {key["kid"] for key in Api(stack).call("GET", "/.well-known/jwks.json").json()["keys"]}


def test_of_16_deployments_at_once_one_makes_the_first_two_keys(new_stack: Stack, db: Database, wire: Wire) -> None:
    forget_keys(db, new_stack)
    with wire.meeting(16, WRITING_RING):
        at_once([lambda: deploy(new_stack)] * 16)
    made = ring(db, new_stack)
    assert (made.version, [key.state for key in made.keys]) == (1, ["signing", "standby"])
    assert published(new_stack) == {key.kid for key in made.keys}
    assert Api(new_stack).sign_up()["status"] == "authenticated"


def test_r21_of_16_rotations_at_once_one_changes_the_ring(new_stack: Stack, db: Database, wire: Wire) -> None:
    before = ring(db, new_stack)
    with time_machine.travel(time.time() + ROTATION_PERIOD):
        with wire.meeting(16, WRITING_RING):
            answers = at_once([lambda: rotate(new_stack)] * 16)
        after = ring(db, new_stack)
        assert published(new_stack) == {key.kid for key in after.keys}
    assert answers == [{"version": before.version + 1}] * 16
    assert after.version == before.version + 1
    old, standby = before.keys
    assert [(key.kid, key.state) for key in after.keys[:2]] == [(old.kid, "retired"), (standby.kid, "signing")]
    assert [key.state for key in after.keys[2:]] == ["standby"]


@pytest.mark.parametrize("change", [deploy, rotate])
def test_a_change_of_the_ring_that_another_overtakes_leaves_the_keys_of_the_other(
    new_stack: Stack, db: Database, wire: Wire, change: Callable[[Stack], Any]
) -> None:
    if change is deploy:
        forget_keys(db, new_stack)
    seen = []

    def overtake() -> None:
        change(new_stack)
        seen.append(ring(db, new_stack))

    with time_machine.travel(time.time() + ROTATION_PERIOD), wire.in_the_midst(WRITING_RING, overtake):
        change(new_stack)
    assert [ring(db, new_stack)] == seen


def test_of_8_rotations_asked_for_at_once_one_is_done_and_the_others_are_told(
    new_stack: Stack, db: Database, wire: Wire
) -> None:
    me, before = administrator(new_stack), ring(db, new_stack)
    with wire.meeting(8, ASKING_FOR_ROTATION):
        done, refused = split(at_once([lambda: me.admin("POST", "/keys/rotate")] * 8))
    assert (len(done), refused) == (1, [(409, "conflict")] * 7)
    after = ring(db, new_stack)
    assert (after.version, len(after.keys), after.rotation_due) == (before.version + 1, len(before.keys) + 1, True)
    assert events(me.api, me.id).count(Event.KEY_ROTATION_REQUESTED) == 1
    assert published(new_stack) == {key.kid for key in after.keys}


def test_r08_a_rotation_that_is_asked_for_and_whose_answer_is_lost_is_done_once(
    new_stack: Stack, db: Database, wire: Wire
) -> None:
    me, before = administrator(new_stack), ring(db, new_stack)
    with wire.losing_answers(ASKING_FOR_ROTATION, 2):
        assert me.admin("POST", "/keys/rotate").status == 202
    assert len(ring(db, new_stack).keys) == len(before.keys) + 1


def test_z15_of_8_removals_of_a_key_at_once_one_is_done_and_the_others_find_it_gone(
    new_stack: Stack, db: Database, wire: Wire
) -> None:
    before = ring(db, new_stack)
    stolen, standby = before.keys
    with wire.meeting(8, REMOVING_KEY):
        calls = [partial(remove, new_stack, stolen.kid, f"request {number}") for number in range(8)]
        answers = at_once(calls)
    assert sorted(str(answer["refused"]) for answer in answers) == ["None"] + ["not_found"] * 7
    assert removals(new_stack) == 1
    after = ring(db, new_stack)
    assert [(key.kid, key.state) for key in after.keys[:1]] == [(standby.kid, "signing")]
    assert [key.state for key in after.keys[1:]] == ["standby"]
    assert published(new_stack) == {key.kid for key in after.keys}


def test_z15_of_4_removals_of_one_request_at_once_one_is_done_and_all_say_so(
    new_stack: Stack, db: Database, wire: Wire
) -> None:
    """Lambda's client asks again before the first has answered."""
    stolen = ring(db, new_stack).keys[0]
    with wire.meeting(4, REMOVING_KEY):
        answers = at_once([lambda: remove(new_stack, stolen.kid)] * 4)
    assert answers == [{"refused": None}] * 4
    assert removals(new_stack) == 1
    assert stolen.kid not in published(new_stack)


@pytest.mark.parametrize("due", [False, True])
def test_z15_a_removal_and_rotations_at_once_leave_a_ring_without_the_key(
    new_stack: Stack, db: Database, wire: Wire, due: bool
) -> None:
    """Whichever comes first: with the key goes what another has made of it."""
    me, before = administrator(new_stack), ring(db, new_stack)
    with time_machine.travel(time.time() + (ROTATION_PERIOD if due else 0)):
        with wire.meeting(2, REMOVING_KEY):
            # One of the schedule, one asked for; the latter meets the removal.
            calls = [lambda: remove(new_stack, before.keys[0].kid), lambda: rotate(new_stack)]
            calls += [] if due else [lambda: me.admin("POST", "/keys/rotate")]
            calls += [lambda: remove(new_stack, before.keys[1].kid, "another")] if due else []
            removed = at_once(calls)[0]
        assert removed == {"refused": None}
        after = ring(db, new_stack)
        assert before.keys[0].kid not in {key.kid for key in after.keys}
        assert [key.state for key in after.keys].count("signing") == 1
        assert {key.kid for key in after.removed} <= {key.kid for key in before.keys}
        rotate(new_stack)
        assert published(new_stack) == {key.kid for key in ring(db, new_stack).keys}


def test_z15_a_rotation_that_a_removal_overtakes_does_not_bring_the_key_back(
    new_stack: Stack, db: Database, wire: Wire
) -> None:
    stolen = ring(db, new_stack).keys[0]
    with time_machine.travel(time.time() + ROTATION_PERIOD):
        with wire.in_the_midst(WRITING_RING, lambda: remove(new_stack, stolen.kid)):
            rotate(new_stack)
        assert stolen.kid not in published(new_stack)
        assert rotate(new_stack) == {"version": ring(db, new_stack).version}


def test_r08_a_removal_whose_answers_are_lost_is_done_once(new_stack: Stack, db: Database, wire: Wire) -> None:
    stolen = ring(db, new_stack).keys[0]
    with wire.losing_answers(REMOVING_KEY, 2):
        assert remove(new_stack, stolen.kid) == {"refused": None}
    assert removals(new_stack) == 1
    assert len(ring(db, new_stack).keys) == 2
