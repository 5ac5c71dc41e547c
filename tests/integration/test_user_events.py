"""What administrators do to users leaves its event once, in the trail of the user, with who did it and from where (Z-14)."""

from typing import Any

import pytest

from gatepost.audit import Event
from gatepost.storage.writes import Item
from local.events import Response
from local.stack import Stack
from tests.integration.accounts import new_user
from tests.integration.administrators import Staff, administrator
from tests.integration.tables import items
from tests.support import PASSWORD, Api, new_email

AGENT = {"user-agent": "administration/1.0"}
# What leaves which events, one after the other, to one user.
DEEDS: list[tuple[Event, str, str, Any]] = [
    (Event.PROFILE_UPDATED, "PATCH", "", {"name": "Grace", "email_verified": False}),
    (Event.USER_DISABLED, "PATCH", "", {"status": "disabled"}),
    (Event.USER_ENABLED, "PATCH", "", {"status": "active"}),
    (Event.ROLE_ASSIGNED, "PUT", "/roles/admin", None),
    (Event.ROLE_UNASSIGNED, "DELETE", "/roles/admin", None),
    (Event.ALL_SESSIONS_ENDED, "DELETE", "/sessions", None),
    (Event.PASSWORD_RESET_DEMANDED, "POST", "/password-reset", None),
    (Event.ACCOUNT_DELETED, "DELETE", "", None),
]
EVENTS = [event for event, *_ in DEEDS] + [
    Event.USER_INVITED,
    Event.INVITATION_ACCEPTED,
    Event.INVITATION_WITHDRAWN,
    Event.USER_CREATED,
]


@pytest.fixture
def me(stack: Stack) -> Staff:
    """An administrator."""
    return administrator(stack)


def left_to(api: Api, user_id: str) -> list[Item]:
    """Return the events in a user's trail, oldest first."""
    return sorted(items(api, "AuditTable", "user_id = :user", user=user_id), key=lambda item: str(item["sk"]))


def check(item: Item, event: Event, actor: Staff, answer: Response, role: str | None = None) -> None:
    assert (item["event"], item["result"], item.get("role")) == (event, "success", role)
    assert (item["actor_id"], item["ip"], item["user_agent"]) == (actor.id, actor.api.ip, AGENT["user-agent"])
    assert item["request_id"] == answer.header("x-request-id")


def test_z14_each_deed_leaves_one_event_with_who_did_it_to_whom(stack: Stack, me: Staff) -> None:
    user = new_user(stack)
    for number, (event, method, path, body) in enumerate(DEEDS, start=1):
        answer = me.admin(method, f"/users/{user.id}{path}", body, headers=AGENT)
        assert answer.status in (200, 202, 204), answer.body
        left = left_to(me.api, user.id)
        assert len(left) == number + 1  # the registration came first
        check(left[-1], event, me, answer, "admin" if path == "/roles/admin" else None)


def test_z14_a_change_of_two_kinds_leaves_both(stack: Stack, me: Staff) -> None:
    user = new_user(stack)
    me.admin("PATCH", f"/users/{user.id}", {"name": "Grace", "status": "disabled"})
    left = {item["event"] for item in left_to(me.api, user.id)}
    assert left == {Event.USER_REGISTERED, Event.PROFILE_UPDATED, Event.USER_DISABLED}


def test_z14_an_invitation_and_what_comes_of_it_are_in_the_trail_of_who_is_invited(stack: Stack, me: Staff) -> None:
    email, api = new_email(), Api(stack)
    answer = me.admin("POST", "/users", {"email": email, "roles": ["user", "admin"], "invite": True}, headers=AGENT)
    user_id = answer.json()["id"]
    body = {"token": api.mailed_token(email), "password": PASSWORD}
    assert api.post("/accept-invitation", body).status == 200
    made, accepted = left_to(me.api, user_id)
    check(made, Event.USER_INVITED, me, answer, "user admin")
    assert (accepted["event"], accepted["actor_id"], accepted["ip"]) == (Event.INVITATION_ACCEPTED, user_id, api.ip)
    assert email not in str((made, accepted))


def test_z14_a_withdrawal_is_left_there_too(stack: Stack, me: Staff) -> None:
    user_id = me.admin("POST", "/users", {"email": new_email(), "invite": True}).json()["id"]
    answer = me.admin("DELETE", f"/users/{user_id}", headers=AGENT)
    _, withdrawn = left_to(me.api, user_id)
    check(withdrawn, Event.INVITATION_WITHDRAWN, me, answer)


def test_z14_a_user_made_at_once_leaves_one_too(stack: Stack, me: Staff) -> None:
    answer = me.admin("POST", "/users", {"email": new_email(), "invite": False}, headers=AGENT)
    (made,) = left_to(me.api, answer.json()["id"])
    check(made, Event.USER_CREATED, me, answer, "user")


def test_z14_the_user_sees_what_was_done_but_not_from_where(stack: Stack, me: Staff) -> None:
    user = new_user(stack)
    me.admin("PATCH", f"/users/{user.id}", {"name": "Grace"}, headers=AGENT)
    done, own = user.trail()
    assert (done["event"], done["ip"], done["user_agent"]) == (Event.PROFILE_UPDATED, None, None)
    assert own["ip"] == user.api.ip
    assert me.api.ip not in str(user.export())


def test_z14_what_is_refused_leaves_none(stack: Stack, me: Staff) -> None:
    user = new_user(stack)
    assert user.login(audience="https://auth.example.com").api.call(
        "DELETE", f"/v1/admin/users/{me.id}", token=user.access_token
    ).status in (401, 403)
    assert me.admin("PATCH", f"/users/{user.id}", {"status": "gone"}).status == 422
    assert me.admin("PUT", f"/users/{user.id}/roles/nothing-of-this-name").status == 404
    assert {item["event"] for item in left_to(me.api, user.id)} == {Event.USER_REGISTERED, Event.SIGN_IN_SUCCEEDED}
