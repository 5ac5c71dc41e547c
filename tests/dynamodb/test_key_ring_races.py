"""Making and rotating the signing keys at once: the ring changes once."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

from gatepost.audit import Event
from gatepost.signing.ring import ROTATION_PERIOD, KeyRing
from gatepost.storage import keys, signing_keys
from gatepost.storage.table import Database
from gatepost.storage.writes import delete
from local.custom_resources import create_custom_resource
from local.mailbox import Mailbox
from local.stack import Stack
from tests.dynamodb.support import at_once, events, split
from tests.dynamodb.wire import ASKING_FOR_ROTATION, WRITING_RING, Wire
from tests.integration.administrators import administrator
from tests.support import PARAMETERS, Api

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def new_stack(mailbox: Mailbox, wire: Wire, project: Path) -> Iterator[Stack]:
    """A service of its own, whose keys a test may rotate."""
    with wire.laid():
        service = Stack(project / "template.yaml", mailbox, parameters=PARAMETERS)
    with service:
        yield service


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


def test_of_16_rotations_at_once_one_changes_the_ring(new_stack: Stack, db: Database, wire: Wire) -> None:
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
