"""Users as administrators see and change them: `/v1/admin/users` (CONTRACT, Administration)."""

from typing import Any

import pytest

from gatepost.access.roles import ADMIN, USER, Role
from local.stack import Stack
from tests.integration.accounts import (
    INVALID_CURSOR,
    INVALID_REFRESH_TOKEN,
    INVALID_TOKEN,
    NOT_AUTHENTICATED,
    REFUSED,
    is_revoked,
    mailed_change,
    mailed_code,
    new_user,
    outcome,
    reset,
    use_code,
    verify,
)
from tests.integration.administrators import Staff, administrator, new_role, user_with_roles
from tests.integration.aws_faults import faults, nothing_processed, times
from tests.integration.inside import events_of
from tests.integration.test_erasure import copy_session
from tests.support import Api, new_email, problem

NOT_FOUND = (404, "not_found")
NEW_PASSWORD = "an entirely different passphrase"


@pytest.fixture(scope="module")
def me(stack: Stack) -> Staff:
    """An administrator."""
    return administrator(stack)


def read(me: Staff, user_id: str) -> dict[str, Any]:
    answer = me.admin("GET", f"/users/{user_id}")
    assert answer.status == 200, answer.body
    shown: dict[str, Any] = answer.json()
    return shown


def test_z10_a_user_is_shown_whole_and_with_nothing_that_signs_in(stack: Stack, me: Staff) -> None:
    user = new_user(stack, name="Ada")
    assert read(me, user.id) == {
        "id": user.id,
        "email": user.email,
        "email_verified": True,
        "name": "Ada",
        "status": "active",
        "created_at": user.signed_in["user"]["created_at"],
        "roles": [USER],
        "permissions": [],
    }


def test_the_permissions_of_a_user_are_those_of_their_roles(stack: Stack, me: Staff) -> None:
    role = new_role(stack, Role("", "", ("orders:write", "orders:read")))
    user = user_with_roles(stack, role, "gone-since")
    shown = read(me, user.id)
    assert (shown["roles"], shown["permissions"]) == ([role], ["orders:read", "orders:write"])


NOBODY = ["0" * 32, "x", "a" * 33, "A" * 32, "%23a", "USER%23a", "..", "%00", "a%20=%20:b", "me"]


@pytest.mark.parametrize("user_id", NOBODY)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "Ada"}),
        ("DELETE", "", None),
        ("POST", "/password-reset", None),
        ("GET", "/sessions", None),
        ("DELETE", "/sessions", None),
        ("PUT", "/roles/user", None),
        ("DELETE", "/roles/user", None),
    ],
)
def test_z09_there_is_no_user_of_another_id(me: Staff, method: str, path: str, body: Any, user_id: str) -> None:
    assert outcome(me.admin(method, f"/users/{user_id}{path}", body)) == NOT_FOUND


def test_a_name_and_whether_the_address_is_verified_can_be_changed(stack: Stack, me: Staff) -> None:
    user = new_user(stack, name="Ada")
    answer = me.admin("PATCH", f"/users/{user.id}", {"name": "Grace", "email_verified": False})
    assert answer.status == 200
    assert (answer.json()["name"], answer.json()["email_verified"]) == ("Grace", False)
    assert answer.json() == read(me, user.id)
    assert me.admin("PATCH", f"/users/{user.id}", {"name": None}).json()["name"] is None
    assert events_of(user.api, user.id)[1:] == ["user.profile_updated"] * 2
    assert user.api.me(user.access_token).json()["name"] is None
    assert user.lives()


@pytest.mark.parametrize("body", [{}, {"status": "active"}, {"name": None}, {"email_verified": True}])
def test_a_change_that_is_none_changes_nothing_and_leaves_no_event(stack: Stack, me: Staff, body: dict[str, Any]) -> None:
    user = new_user(stack)
    before = read(me, user.id)
    answer = me.admin("PATCH", f"/users/{user.id}", body)
    assert (answer.status, answer.json()) == (200, before)
    assert events_of(user.api, user.id) == ["user.registered"]


@pytest.mark.parametrize(
    "body",
    [
        {"status": "deleted"},
        {"status": "invited"},
        {"status": None},
        {"email_verified": None},
        {"email_verified": "yes"},
        {"name": ""},
        {"name": "a\nb"},
        {"email": "other@example.com"},
        {"password": NEW_PASSWORD},
        {"password_hash": "x"},
        {"roles": [ADMIN]},
        {"version": 0},
    ],
)
def test_z17_nothing_else_can_be(stack: Stack, me: Staff, body: dict[str, Any]) -> None:
    user = new_user(stack)
    before = read(me, user.id)
    assert problem(me.admin("PATCH", f"/users/{user.id}", body)) == (422, "invalid_request")
    assert read(me, user.id) == before


def test_s11_who_is_disabled_is_signed_out_everywhere_and_comes_back_when_enabled(stack: Stack, me: Staff) -> None:
    user = new_user(stack)
    other = user.login()
    assert me.admin("PATCH", f"/users/{user.id}", {"status": "disabled"}).json()["status"] == "disabled"
    assert is_revoked(user)
    assert outcome(user.api.me(user.access_token)) == NOT_AUTHENTICATED
    assert outcome(user.api.refresh(other.refresh_token)) == INVALID_REFRESH_TOKEN
    assert outcome(user.api.login(user.email)) == REFUSED
    again = me.admin("PATCH", f"/users/{user.id}", {"status": "disabled"})  # idempotent
    assert (again.status, again.json()["status"]) == (200, "disabled")
    assert me.admin("PATCH", f"/users/{user.id}", {"status": "active"}).json()["status"] == "active"
    assert not other.lives()
    assert user.login().lives()
    left = [event for event in events_of(user.api, user.id) if event.startswith("user.")]
    assert left == ["user.registered", "user.disabled", "user.enabled"]


def test_z12_a_deleted_user_is_gone_and_the_address_free(stack: Stack, me: Staff) -> None:
    user = new_user(stack, name="Ada")
    assert me.admin("PUT", f"/users/{user.id}/roles/{ADMIN}").status == 204
    assert (answer := me.admin("DELETE", f"/users/{user.id}")).status == 204
    assert answer.body == b""
    assert outcome(me.admin("GET", f"/users/{user.id}")) == outcome(me.admin("DELETE", f"/users/{user.id}")) == NOT_FOUND
    assert not user.lives()
    assert is_revoked(user)
    assert user.api.mails(user.email)[0].subject == "Your account at Gatepost was deleted"
    assert not [item for item in user.api.table("SessionsTable") if item["pk"] == f"USER#{user.id}"]
    newcomer = new_user(stack, user.email)
    assert newcomer.id != user.id
    assert read(me, newcomer.id)["roles"] == [USER]
    assert read(me, newcomer.id)["name"] is None
    assert events_of(user.api, user.id)[-1] == "user.deleted"


def test_z12_a_disabled_user_can_be_deleted_too(stack: Stack, me: Staff) -> None:
    user = new_user(stack)
    me.admin("PATCH", f"/users/{user.id}", {"status": "disabled"})
    assert me.admin("DELETE", f"/users/{user.id}").status == 204
    assert new_user(stack, user.email).lives()


def test_z17_s03_a_demanded_reset_ends_all_and_only_the_mailed_link_sets_a_password(stack: Stack, me: Staff) -> None:
    user = new_user(stack)
    other, change = user.login(), mailed_change(user, new_email())
    code, _ = mailed_code(user.api, user.email)
    answer = me.admin("POST", f"/users/{user.id}/password-reset")
    assert (answer.status, answer.json()) == (202, {"status": "accepted"})
    assert is_revoked(user)
    assert not user.lives()
    assert not other.lives()
    assert outcome(user.api.login(user.email)) == REFUSED
    assert outcome(use_code(Api(stack), user.email, code)) == (401, "invalid_code")
    assert outcome(verify(user.api, change)) == INVALID_TOKEN
    mail = user.api.mails(user.email)[0]
    assert "no longer works" in mail.text
    token = user.api.mailed_token(user.email)
    assert reset(user.api, token, NEW_PASSWORD).status == 204
    assert outcome(reset(user.api, token, NEW_PASSWORD)) == INVALID_TOKEN
    assert user.api.login(user.email, NEW_PASSWORD).status == 200
    assert "password.reset_demanded" in events_of(user.api, user.id)


def test_a_demanded_reset_is_mailed_five_times_an_hour_and_the_newest_that_was_stays_good(stack: Stack, me: Staff) -> None:
    user = new_user(stack)
    for _ in range(7):
        assert me.admin("POST", f"/users/{user.id}/password-reset").status == 202
    assert len([mail for mail in user.api.mails(user.email) if mail.subject.startswith("Choose")]) == 5
    assert reset(user.api, user.api.mailed_token(user.email), NEW_PASSWORD).status == 204


def test_a_users_sessions_are_listed_and_ended_all_at_once(stack: Stack, me: Staff) -> None:
    user = new_user(stack)
    other = user.login(device_name="phone")
    answer = me.admin("GET", f"/users/{user.id}/sessions")
    assert answer.status == 200
    shown = {session["id"]: session for session in answer.json()["items"]}
    assert shown.keys() == {user.session_id, other.session_id}
    assert shown[other.session_id]["device_name"] == "phone"
    assert {"id", "device_name", "ip", "created_at", "last_used_at", "current"} == shown[other.session_id].keys()
    assert not any(session["current"] for session in shown.values())
    assert me.admin("DELETE", f"/users/{user.id}/sessions").status == 204
    assert me.admin("GET", f"/users/{user.id}/sessions").json() == {"items": [], "next_cursor": None}
    assert is_revoked(user)
    assert not user.lives()
    assert not other.lives()
    assert user.login().lives()
    assert "session.all_ended" in events_of(user.api, user.id)


def test_r14_250_sessions_are_all_ended(stack: Stack, me: Staff) -> None:
    user = new_user(stack)
    copy_session(user, 250)
    assert me.admin("DELETE", f"/users/{user.id}/sessions").status == 204
    cursor, listed = "", []
    while True:
        page = me.admin("GET", f"/users/{user.id}/sessions?limit=100{cursor}").json()
        listed += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert not listed


def test_z08_a_cursor_of_one_users_sessions_is_none_of_anothers(stack: Stack, me: Staff) -> None:
    user, other = new_user(stack), new_user(stack)
    for each in (user, other):
        each.login()
    first = me.admin("GET", f"/users/{user.id}/sessions?limit=1").json()
    path = f"sessions?limit=1&cursor={first['next_cursor']}"
    second = me.admin("GET", f"/users/{user.id}/{path}").json()
    assert first["items"][0]["id"] != second["items"][0]["id"]
    assert outcome(me.admin("GET", f"/users/{other.id}/{path}")) == INVALID_CURSOR
    assert outcome(administrator(stack).admin("GET", f"/users/{user.id}/{path}")) == INVALID_CURSOR


@pytest.mark.parametrize("tries", [2, 1000])
def test_r13_who_is_deleted_is_gone_before_what_was_theirs_and_whatever_comes_of_that(
    stack: Stack, me: Staff, tries: int
) -> None:
    """What stays undone expires, and opens nothing meanwhile."""
    user = new_user(stack)
    copy_session(user, 30)
    with faults(times(tries, "BatchWriteItem", nothing_processed)):
        assert me.admin("DELETE", f"/users/{user.id}").status == 204
    assert bool([item for item in user.api.table("SessionsTable") if item["pk"] == f"USER#{user.id}"]) == (tries > 2)
    assert not user.lives()
    newcomer = new_user(stack, user.email)
    assert [session["id"] for session in newcomer.sessions()] == [newcomer.session_id]


def test_an_administrator_may_end_their_own_sessions_and_change_their_own_name(stack: Stack) -> None:
    me = administrator(stack)
    assert me.admin("PATCH", f"/users/{me.id}", {"name": "Root"}).json()["name"] == "Root"
    shown = me.admin("GET", f"/users/{me.id}/sessions").json()["items"]
    assert [session["current"] for session in shown] == [True]
    assert me.admin("DELETE", f"/users/{me.id}/sessions").status == 204
    assert outcome(me.admin("GET", f"/users/{me.id}")) == NOT_AUTHENTICATED
