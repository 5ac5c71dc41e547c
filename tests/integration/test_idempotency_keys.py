"""Creating a client twice with one Idempotency-Key makes one (R-39)."""

from typing import Any

import pytest
from time_machine import Traveller

from gatepost.audit import Event
from local.events import Response
from local.stack import Stack
from tests.integration.accounts import outcome
from tests.integration.administrators import Staff, administrator
from tests.integration.tables import items
from tests.support import ISSUER, problem

BODY = {"name": "Shop", "type": "confidential", "redirect_uris": ["https://shop.example.com/cb"]}


@pytest.fixture
def me(stack: Stack) -> Staff:
    """An administrator, whose keys nobody else has used."""
    return administrator(stack)


def create(me: Staff, key: str | None = None, **more: Any) -> Response:
    return me.admin("POST", "/clients", BODY | more, headers={"idempotency-key": key} if key is not None else {})


def events(me: Staff) -> int:
    return len(items(me.api, "AuditTable", "actor_id = :me AND event = :event", me=me.id, event=str(Event.CLIENT_CREATED)))


def test_r39_the_same_request_again_gets_the_same_client_without_its_secret(me: Staff) -> None:
    first, again, third = create(me, "a-key"), create(me, "a-key"), create(me, "a-key")
    assert [answer.status for answer in (first, again, third)] == [201] * 3
    assert first.json()["client_secret"]
    assert again.json() == third.json() == first.json() | {"client_secret": None}
    assert events(me) == 1


def test_r39_the_client_is_shown_as_it_is_by_then(me: Staff) -> None:
    client_id = create(me, "a-key").json()["client_id"]
    me.admin("PATCH", f"/clients/{client_id}", {"name": "Renamed"})
    assert create(me, "a-key").json()["name"] == "Renamed"
    me.admin("DELETE", f"/clients/{client_id}")
    assert outcome(create(me, "a-key")) == (404, "not_found")


def test_r39_the_same_key_with_another_body_is_a_conflict(me: Staff) -> None:
    create(me, "a-key")
    for more in ({"name": "Other"}, {"type": "public"}, {"scopes": ["openid"]}):
        assert problem(create(me, "a-key", **more)) == (409, "idempotency_key_reused")
    assert events(me) == 1


def test_r39_another_key_another_user_or_none_make_another_client(me: Staff) -> None:
    other = administrator(me.api.stack)
    answers = [create(me, "a-key"), create(me, "A-key"), create(other, "a-key"), create(me), create(me)]
    assert [answer.status for answer in answers] == [201] * 5
    assert len({answer.json()["client_id"] for answer in answers}) == 5


def test_r39_a_key_is_remembered_for_a_day(me: Staff, clock: Traveller) -> None:
    me = administrator(me.api.stack)
    first = create(me, "a-key").json()["client_id"]
    clock.shift(86_399)
    me = Staff(me.api, me.email, me.password, me.api.login(me.email, audience=ISSUER).json())
    assert create(me, "a-key").json()["client_id"] == first
    clock.shift(1)
    assert create(me, "a-key").json()["client_id"] != first


def test_r39_what_was_refused_leaves_the_key_free(me: Staff) -> None:
    assert outcome(create(me, "a-key", redirect_uris=[])) == (422, "invalid_request")
    assert create(me, "a-key").json()["client_secret"]


@pytest.mark.parametrize("key", ["", "x" * 256, "\t", "a b", "\x7f"])
def test_what_is_no_key_is_refused(me: Staff, key: str) -> None:
    assert outcome(create(me, key)) == (422, "invalid_request")
    assert events(me) == 0
