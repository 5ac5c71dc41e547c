"""Clients that are made or changed at once: one for one key, and no change is lost (R-39)."""

import pytest

from gatepost.audit import Event
from local.stack import Stack
from tests.dynamodb.support import at_once, events, split
from tests.dynamodb.wire import TRANSACTION, Wire
from tests.integration.administrators import administrator
from tests.integration.inside import change_user

pytestmark = pytest.mark.dynamodb

BODY = {"name": "Shop", "type": "confidential", "redirect_uris": ["https://shop.example.com/cb"]}
KEY = {"idempotency-key": "one"}
CONFLICT = (409, "conflict")


def test_r39_of_12_creations_at_once_with_one_key_one_makes_the_client(stack: Stack, wire: Wire) -> None:
    me = administrator(stack)
    with wire.meeting(12, TRANSACTION):
        answers = at_once([lambda: me.admin("POST", "/clients", BODY, headers=KEY)] * 12)
    made, refused = split(answers)
    # DynamoDB may refuse one as a conflict for as long as another is at the same item; it says nothing was done then.
    assert {status for status, _ in refused} <= {503}
    assert len({answer.json()["client_id"] for answer in made}) == 1
    assert len([answer for answer in made if answer.json()["client_secret"]]) == 1
    assert events(me.api, me.id).count(Event.CLIENT_CREATED) == 1


def test_r08_a_creation_whose_answer_is_lost_still_shows_its_secret(stack: Stack, wire: Wire) -> None:
    me = administrator(stack)
    with wire.losing_answers(TRANSACTION, 1):
        answer = me.admin("POST", "/clients", BODY, headers=KEY)
    assert (answer.status, bool(answer.json()["client_secret"])) == (201, True)


def test_of_8_changes_at_once_one_is_made_and_the_others_are_told(stack: Stack, wire: Wire) -> None:
    me = administrator(stack)
    path = f"/clients/{me.admin('POST', '/clients', BODY).json()['client_id']}"
    with wire.meeting(8, TRANSACTION):
        made, refused = split(at_once([lambda: me.admin("POST", f"{path}/secret")] * 8))
    assert (len(made), refused) == (1, [CONFLICT] * 7)
    assert len(me.admin("GET", path).json()["secrets"]) == 2


def test_z03_who_loses_their_role_meanwhile_changes_nothing(stack: Stack, wire: Wire) -> None:
    me = administrator(stack)
    with wire.in_the_midst(TRANSACTION, lambda: change_user(me.api, me.id, roles=["user"], version=1)):
        _, refused = split([me.admin("POST", "/clients", BODY)])
    assert refused == [CONFLICT]
