"""Making, listing and deleting one's own API keys (Z-06, Z-07, R-29, R-39)."""

from typing import Any

import pytest
from time_machine import Traveller

from gatepost.access.roles import ADMIN
from gatepost.storage import keys
from local.stack import Stack
from tests.calls import recorded
from tests.integration.accounts import NOT_AUTHENTICATED, User, new_user, outcome
from tests.integration.administrators import Staff, user_with, user_with_roles
from tests.integration.api_keys import INVALID_API_KEY, NOT_PERMITTED, ask_for_api_key, new_api_key
from tests.integration.inside import change_user
from tests.integration.tables import items
from tests.opaque import spellings, tables_that_hold
from tests.support import Api, problem

DAY = 86_400
NOT_FOUND = (404, "not_found")
KEY = {"idempotency-key": "one"}


@pytest.fixture
def me(stack: Stack) -> Staff:
    """A user who may read and write orders."""
    return user_with(stack, "orders:read", "orders:write")


def listed(user: User) -> list[dict[str, Any]]:
    return user.items("/api-keys")


def test_z07_a_key_is_shown_once_and_kept_as_a_digest(stack: Stack, clock: Traveller) -> None:
    me = user_with(stack, "orders:read")
    key = new_api_key(me, "orders:read")
    shown = dict(key.shown)
    assert shown.pop("api_key") == key.text
    assert shown == {
        "id": key.id,
        "prefix": f"gp_{key.id}",
        "name": "deploy",
        "permissions": ["orders:read"],
        "audience": None,
        "created_at": "2026-11-23T12:00:00Z",
        "expires_at": "2027-02-21T12:00:00Z",
        "last_used_at": None,
    }
    assert listed(me) == [shown]
    secret = key.text.rpartition("_")[2]
    assert key.text.startswith(f"gp_{key.id}_")
    assert not tables_that_hold(stack, spellings(secret.encode()) | spellings(secret[:-6].encode()))


def test_z07_nobody_gives_a_key_what_they_do_not_hold(stack: Stack, me: Staff) -> None:
    for asked in (["users:read"], ["orders:*"], ["*:read"], ["*"], ["orders:read", "orders:delete"]):
        assert outcome(ask_for_api_key(me, *asked)) == NOT_PERMITTED
    assert listed(me) == []
    assert ask_for_api_key(user_with(stack, "orders:*"), "orders:read", "orders:*").status == 201
    assert ask_for_api_key(user_with_roles(stack, ADMIN), "*", "anything:at-all").status == 201


def test_a_user_who_may_nothing_has_keys_that_may_nothing(stack: Stack) -> None:
    user = new_user(stack)
    assert new_api_key(user).shown["permissions"] == []
    assert outcome(ask_for_api_key(user, "orders:read")) == NOT_PERMITTED


def test_i07_without_a_proven_address_there_is_no_key(me: Staff) -> None:
    change_user(me.api, me.id, email_verified=False)
    assert outcome(ask_for_api_key(me, "orders:read")) == NOT_PERMITTED
    change_user(me.api, me.id, email_verified=True)
    assert ask_for_api_key(me, "orders:read").status == 201


def test_z07_a_key_mints_no_key_and_sees_and_deletes_none(me: Staff) -> None:
    key = new_api_key(me, "orders:read")
    token = key.access_token()
    body = {"name": "another", "permissions": []}
    for method, path, sent in (("POST", "", body), ("GET", "", None), ("DELETE", f"/{key.id}", None)):
        assert problem(key.api.call(method, f"/v1/me/api-keys{path}", sent, token=token)) == NOT_PERMITTED
    assert [shown["id"] for shown in listed(me)] == [key.id]


def test_z06_anothers_key_is_not_there_and_nobody_says_whose_it_is(stack: Stack, me: Staff) -> None:
    other = user_with(stack, "orders:read")
    key = new_api_key(other, "orders:read")
    assert problem(me.call("DELETE", f"/api-keys/{key.id}")) == NOT_FOUND
    assert listed(me) == []
    for member in ("user_id", "owner", "id"):
        assert problem(ask_for_api_key(me, "orders:read", **{member: other.id})) == (422, "invalid_request")
    for method, path in (("GET", ""), ("POST", ""), ("DELETE", f"/{key.id}")):
        body = {"name": "x", "permissions": []} if method == "POST" else None
        assert problem(Api(stack).call(method, f"/v1/me/api-keys{path}", body)) == NOT_AUTHENTICATED
    assert [shown["id"] for shown in listed(other)] == [key.id]
    assert key.exchange().status == 200


@pytest.mark.parametrize("key_id", ["0" * 48, "0" * 32, "x", "PROFILE", "0" * 47 + "G", "%00", "gp_"])
def test_what_is_no_key_of_ones_own_cannot_be_deleted(me: Staff, key_id: str) -> None:
    assert problem(me.call("DELETE", f"/api-keys/{key_id}")) == NOT_FOUND


def test_a_deleted_key_is_gone_and_is_deleted_once(me: Staff) -> None:
    key, other = new_api_key(me, "orders:read"), new_api_key(me, "orders:write")
    assert me.call("DELETE", f"/api-keys/{key.id}").status == 204
    assert problem(me.call("DELETE", f"/api-keys/{key.id}")) == NOT_FOUND
    assert [shown["id"] for shown in listed(me)] == [other.id]
    assert problem(key.exchange()) == INVALID_API_KEY
    assert other.exchange().status == 200


@pytest.mark.parametrize(
    ("more", "expires_at"),
    [
        ({}, "2027-02-21T12:00:00Z"),
        ({"expires_in_days": 1}, "2026-11-24T12:00:00Z"),
        ({"expires_in_days": 366}, "2027-11-24T12:00:00Z"),
        ({"expires_at": "2026-11-23T12:00:01Z"}, "2026-11-23T12:00:01Z"),
        ({"expires_at": "2027-11-24T13:00:00+01:00"}, "2027-11-24T12:00:00Z"),
        ({"expires_at": None, "expires_in_days": None}, "2027-02-21T12:00:00Z"),
    ],
)
def test_a_key_expires_when_its_owner_says_within_366_days(
    stack: Stack, clock: Traveller, more: dict[str, Any], expires_at: str
) -> None:
    assert new_api_key(new_user(stack), **more).shown["expires_at"] == expires_at


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"expires_at": "2026-11-23T12:00:00Z"}, "expires_at"),
        ({"expires_at": "2027-11-24T12:00:01Z"}, "expires_at"),
        ({"expires_at": "1969-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": 1_795_435_200}, "expires_at"),
        ({"expires_at": True}, "expires_at"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 367}, "expires_in_days"),
        ({"expires_in_days": -1}, "expires_in_days"),
        ({"expires_in_days": "1"}, "expires_in_days"),
        ({"expires_in_days": 1.0}, "expires_in_days"),
        ({"expires_at": "2026-11-24T12:00:00Z", "expires_in_days": 1}, "body"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": None}, "name"),
        ({"permissions": None}, "permissions"),
        ({"permissions": "*"}, "permissions"),
        ({"permissions": ["orders"]}, "permissions.0"),
        ({"permissions": ["orders:read", "a:b:c"]}, "permissions.1"),
        ({"permissions": [f"a{number}:b" for number in range(101)]}, "permissions"),
        ({"permissions": [f"{'x' * 60}{number:03}:{'y' * 60}" for number in range(30)]}, "permissions"),
        ({"last_used_at": None}, "body"),
    ],
)
def test_what_is_no_key_is_refused_and_nothing_is_written(
    stack: Stack, clock: Traveller, more: dict[str, Any], field: str
) -> None:
    me = user_with_roles(stack, ADMIN)
    with recorded() as calls:
        answer = me.call("POST", "/api-keys", {"name": "x", "permissions": ["*"], **more})
    assert problem(answer) == (422, "invalid_request")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert {call.operation for call in calls} <= {"BatchGetItem"}


def test_permissions_are_shown_as_they_were_asked_for_and_none_twice(me: Staff) -> None:
    key = new_api_key(me, "orders:write", "orders:read", "orders:write")
    assert key.shown["permissions"] == ["orders:write", "orders:read"]


def test_r29_a_user_has_25_keys_and_those_that_are_over_make_room(stack: Stack, clock: Traveller) -> None:
    me = user_with(stack, "orders:read")
    brief = [new_api_key(me, "orders:read", expires_in_days=1) for _ in range(2)]
    lasting = [new_api_key(me, "orders:read") for _ in range(23)]
    for headers in (None, KEY):
        assert problem(ask_for_api_key(me, "orders:read", headers=headers)) == (409, "too_many_api_keys")
    assert me.call("DELETE", f"/api-keys/{lasting[0].id}").status == 204
    clock.shift(60)
    assert new_api_key(me, "orders:read").exchange().status == 200
    assert problem(ask_for_api_key(me, "orders:read")) == (409, "too_many_api_keys")

    clock.shift(DAY)
    me = me.login()
    assert len(listed(me)) == 23
    for _ in range(2):
        new_api_key(me, "orders:read")
    assert problem(ask_for_api_key(me, "orders:read")) == (409, "too_many_api_keys")
    assert len(listed(me)) == 25
    for key in brief:
        place = keys.api_key(me.id, key.id)
        assert not items(me.api, "UsersTable", "pk = :pk AND sk = :sk", pk=place["pk"], sk=place["sk"])


def test_r39_a_request_that_is_sent_again_gets_the_same_key_without_its_text(me: Staff) -> None:
    first, again = (ask_for_api_key(me, "orders:read", headers=KEY) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert first.json()["api_key"]
    assert again.json() == first.json() | {"api_key": None}
    assert len(listed(me)) == 1
    assert len([event for event in me.trail() if event["event"] == "api_key.created"]) == 1
    assert len(me.api.mails(me.email)) == 1


def test_r39_the_same_idempotency_key_with_another_body_is_a_conflict(me: Staff) -> None:
    ask_for_api_key(me, "orders:read", headers=KEY)
    others: list[dict[str, Any]] = [{"name": "other"}, {"permissions": []}, {"expires_in_days": 90}]
    for more in others:
        assert problem(ask_for_api_key(me, "orders:read", headers=KEY, **more)) == (409, "idempotency_key_reused")
    assert len(listed(me)) == 1


def test_r39_another_idempotency_key_another_user_or_none_make_another_key(stack: Stack, me: Staff) -> None:
    other = user_with(stack, "orders:read")
    answers = [ask_for_api_key(me, "orders:read", headers=headers) for headers in (KEY, {"idempotency-key": "two"}, None, None)]
    answers.append(ask_for_api_key(other, "orders:read", headers=KEY))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 5


def test_r39_the_last_key_there_is_room_for_is_found_again_and_a_deleted_one_is_not(me: Staff) -> None:
    for _ in range(24):
        new_api_key(me, "orders:read")
    first, again = (ask_for_api_key(me, "orders:read", headers=KEY) for _ in range(2))
    assert (again.status, again.json()["id"]) == (201, first.json()["id"])
    assert me.call("DELETE", f"/api-keys/{first.json()['id']}").status == 204
    assert problem(ask_for_api_key(me, "orders:read", headers=KEY)) == NOT_FOUND


def test_the_owner_gets_a_mail_of_each_key_five_an_hour(me: Staff) -> None:
    for number in range(6):
        new_api_key(me, "orders:read", name=f"<b>canary {number}</b>")
    mails = me.api.mails(me.email)
    assert [mail.subject for mail in mails] == ["A new API key for your account at Gatepost"] * 5
    assert not [mail for mail in mails if mail.links or "canary" in mail.text + mail.html]
