"""Roles over the admin API: written, read, listed and deleted; what is refused, and to whom (Z-02, Z-08, R-29)."""

import secrets
from typing import Any

import pytest

from gatepost.access.roles import ADMIN, USER, Role
from local.stack import Stack
from tests.integration.accounts import INVALID_CURSOR, outcome
from tests.integration.administrators import Staff, administrator, new_role, user_with, user_with_roles
from tests.support import problem

NOT_FOUND, NOT_PERMITTED = (404, "not_found"), (403, "not_permitted")


@pytest.fixture(scope="module")
def me(stack: Stack) -> Staff:
    """An administrator."""
    return administrator(stack)


def new_name() -> str:
    return f"role-{secrets.token_hex(4)}"


def put(me: Staff, name: str, *permissions: str, includes: tuple[str, ...] = (), **more: Any) -> tuple[int, str]:
    return outcome(me.admin("PUT", f"/roles/{name}", {"permissions": permissions, "includes": includes} | more))


def test_a_role_is_written_read_changed_and_deleted(me: Staff) -> None:
    name, base = new_name(), new_role(me.api.stack, Role("", "", ("orders:read",)))
    body = {"description": "Runs the shop", "permissions": ["users:read", "orders:*"], "includes": [base]}
    made = me.admin("PUT", f"/roles/{name}", body)
    assert made.status == 201
    assert made.json() == {
        "name": name,
        **body,
        "effective_permissions": ["orders:*", "users:read"],
        "built_in": False,
    }
    assert me.admin("GET", f"/roles/{name}").json() == made.json()

    changed = me.admin("PUT", f"/roles/{name}", {"permissions": ["keys:read", "keys:read"]})
    assert changed.status == 200
    assert changed.json() == made.json() | {
        "description": "",
        "permissions": ["keys:read"],
        "includes": [],
        "effective_permissions": ["keys:read"],
    }
    assert me.admin("GET", f"/roles/{name}").json() == changed.json()

    assert outcome(me.admin("DELETE", f"/roles/{name}")) == (204, "")
    assert outcome(me.admin("GET", f"/roles/{name}")) == NOT_FOUND
    assert outcome(me.admin("DELETE", f"/roles/{name}")) == NOT_FOUND


def test_the_list_has_every_role_once_in_pages_by_name(me: Staff) -> None:
    made = {new_role(me.api.stack, Role("")) for _ in range(3)}
    whole = me.admin("GET", "/roles?limit=100").json()
    names = [role["name"] for role in whole["items"]]
    assert whole["next_cursor"] is None
    assert names == sorted(set(names))
    assert made | {ADMIN, USER} <= set(names)

    pages, cursor = [], ""
    while True:
        page = me.admin("GET", f"/roles?limit=2{cursor}").json()
        pages.append(page["items"])
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [role for page in pages for role in page] == whole["items"]
    assert {len(page) for page in pages[:-1]} == {2}


def test_z08_a_cursor_is_good_for_its_list_and_its_user_alone(me: Staff) -> None:
    cursor = me.admin("GET", "/roles?limit=1").json()["next_cursor"]
    other = administrator(me.api.stack)
    for wrong in (f"{cursor}A", cursor[:-1], "x", "", "AAAA", "A" * 300):
        assert outcome(me.admin("GET", f"/roles?cursor={wrong}")) == INVALID_CURSOR
    assert outcome(other.admin("GET", f"/roles?cursor={cursor}")) == INVALID_CURSOR
    me.login()
    sessions = me.call("GET", "/sessions?limit=1").json()["next_cursor"]
    assert outcome(me.admin("GET", f"/roles?cursor={sessions}")) == INVALID_CURSOR


@pytest.mark.parametrize("name", [ADMIN, USER])
def test_the_built_in_roles_are_shown_and_stay_as_they_are(me: Staff, name: str) -> None:
    before = me.admin("GET", f"/roles/{name}").json()
    assert (before["built_in"], before["effective_permissions"]) == (True, ["*"] if name == ADMIN else [])
    assert put(me, name, "orders:read") == (409, "built_in_role")
    assert outcome(me.admin("DELETE", f"/roles/{name}")) == (409, "built_in_role")
    assert me.admin("GET", f"/roles/{name}").json() == before


def test_what_roles_may_not_be_to_each_other_is_a_409(me: Staff) -> None:
    low, high = new_name(), new_name()
    assert put(me, low) == (201, "")
    assert put(me, high, includes=(low,)) == (201, "")
    assert put(me, low, includes=(high,)) == (409, "role_cycle")
    assert put(me, low, includes=(low,)) == (409, "role_cycle")
    assert outcome(me.admin("DELETE", f"/roles/{low}")) == (409, "role_included")
    assert put(me, new_name(), *(f"{'r' * 30}{number}:a" for number in range(99))) == (409, "too_many_permissions")
    names = [high]
    for _ in range(7):
        names.append(new_name())
        assert put(me, names[-1], includes=(names[-2],)) == (201, "")
    assert put(me, new_name(), includes=(names[-1],)) == (409, "roles_too_deep")


def test_an_unknown_included_role_is_named_by_its_member(me: Staff) -> None:
    answer = me.admin("PUT", f"/roles/{new_name()}", {"includes": [new_name()]})
    assert problem(answer) == (422, "invalid_request")
    assert answer.json()["errors"] == [{"field": "includes", "message": "names a role that doesn't exist"}]


@pytest.mark.parametrize(
    "body",
    [
        {"permissions": ["orders"]},
        {"permissions": ["orders:read "]},
        {"permissions": ["orders:read:all"]},
        {"permissions": ["CANARY*:read"]},
        {"permissions": "orders:read"},
        {"permissions": [1]},
        {"permissions": None},
        {"permissions": [f"r{number}:a" for number in range(101)]},
        {"includes": ["CANARY role"]},
        {"includes": [""]},
        {"includes": [f"r{number}" for number in range(21)]},
        {"description": "CANARY\n"},
        {"description": "x" * 201},
        {"description": 1},
        {"name": "CANARY"},
        {"built_in": True},
        {"effective_permissions": ["*"]},
    ],
)
def test_what_is_no_role_is_a_422_that_repeats_nothing(me: Staff, body: dict[str, Any]) -> None:
    name = new_name()
    answer = me.admin("PUT", f"/roles/{name}", body)
    assert problem(answer) == (422, "invalid_request")
    assert b"CANARY" not in answer.body
    assert outcome(me.admin("GET", f"/roles/{name}")) == NOT_FOUND


@pytest.mark.parametrize("name", ["-a", ".a", "a%20b", "a%0a", "%C3%A9", "x" * 65, "a*", "%00", "ROLE%23x", "a:b"])
def test_what_is_no_name_of_a_role_is_neither_written_nor_found(me: Staff, name: str) -> None:
    assert put(me, name) == (422, "invalid_request")
    assert outcome(me.admin("GET", f"/roles/{name}")) == NOT_FOUND
    assert outcome(me.admin("DELETE", f"/roles/{name}")) == NOT_FOUND


def test_z02_nobody_writes_a_role_that_gives_what_they_do_not_hold(stack: Stack) -> None:
    manager = user_with(stack, "roles:*", "orders:*")
    name = new_name()
    for more in (["*"], ["users:read"], ["*:read"], ["orders:read", "keys:write"]):
        assert put(manager, name, *more) == NOT_PERMITTED
    assert put(manager, name, includes=(ADMIN,)) == NOT_PERMITTED
    assert put(manager, name, includes=(new_role(stack, Role("", "", ("users:read",))),)) == NOT_PERMITTED
    assert outcome(manager.admin("GET", f"/roles/{name}")) == NOT_FOUND
    assert put(manager, name, "orders:read", "roles:read") == (201, "")


def test_z02_nobody_raises_themselves_by_the_role_they_have(stack: Stack) -> None:
    name = new_role(stack, Role("", "", ("roles:write",)))
    manager = user_with_roles(stack, name)
    assert put(manager, name, "*") == NOT_PERMITTED
    assert put(manager, name, "roles:write", "roles:read") == NOT_PERMITTED
    assert put(manager, name, "roles:write", includes=(ADMIN,)) == NOT_PERMITTED


def test_z02_nobody_changes_or_deletes_a_role_above_their_own(stack: Stack, me: Staff) -> None:
    manager = user_with(stack, "roles:*", "orders:*")
    low = new_role(stack, Role("", "", ("orders:read",)))
    above = new_role(stack, Role("", "", ("keys:write",), (low,)))
    before = me.admin("GET", f"/roles/{above}").json()
    assert put(manager, above) == NOT_PERMITTED
    assert outcome(manager.admin("DELETE", f"/roles/{above}")) == NOT_PERMITTED
    # Nor what the one above includes.
    assert put(manager, low) == NOT_PERMITTED
    assert me.admin("GET", f"/roles/{above}").json() == before


def test_z12_nothing_of_a_deleted_role_is_left_in_a_new_one_of_its_name(me: Staff) -> None:
    name = new_name()
    put(me, name, "keys:write", description="before")
    assert me.admin("DELETE", f"/roles/{name}").status == 204
    assert me.admin("PUT", f"/roles/{name}", {}).status == 201
    role = me.admin("GET", f"/roles/{name}").json()
    assert (role["description"], role["permissions"], role["effective_permissions"]) == ("", [], [])
