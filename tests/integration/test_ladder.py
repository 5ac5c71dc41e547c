"""The ladder: nobody gives what they don't hold, or changes a user who holds more (Z-02); and an administrator stays (Z-04)."""

from typing import Any

import pytest

from gatepost.access.roles import ADMIN, MAX_PERMISSIONS, MAX_ROLES_OF_USER, USER, Role
from local.stack import Stack
from tests.integration.accounts import is_revoked, new_user, outcome
from tests.integration.administrators import Staff, administrator, new_role, user_with, user_with_roles
from tests.integration.inside import change_user, events_of
from tests.integration.tables import items
from tests.support import PASSWORD

NOT_PERMITTED = (403, "not_permitted")
LAST = (409, "last_administrator")
MANAGEMENT = ("users:*", "sessions:*", "roles:*")
CHANGES: list[tuple[str, str, Any]] = [
    ("PATCH", "", {"name": "Grace"}),
    ("PATCH", "", {"status": "disabled"}),
    ("PATCH", "", {"email_verified": False}),
    ("PATCH", "", {}),
    ("DELETE", "", None),
    ("POST", "/password-reset", None),
    ("DELETE", "/sessions", None),
    ("PUT", "/roles/user", None),
    ("DELETE", "/roles/{role}", None),
    ("DELETE", "/roles/user", None),
]


@pytest.fixture(scope="module")
def me(stack: Stack) -> Staff:
    """An administrator."""
    return administrator(stack)


@pytest.fixture(scope="module")
def manager(stack: Stack) -> Staff:
    """One who manages users, but can't do all that there is."""
    return user_with(stack, *MANAGEMENT, "orders:read")


def roles_of(me: Staff, user_id: str) -> list[str]:
    roles: list[str] = me.admin("GET", f"/users/{user_id}").json()["roles"]
    return roles


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
@pytest.mark.parametrize("held", [("*",), ("orders:*",), ("orders:write",), ("*:read",), ("orders:read", "orders:write")])
def test_z02_nobody_changes_a_user_who_holds_more(
    stack: Stack, manager: Staff, me: Staff, held: tuple[str, ...], method: str, path: str, body: Any
) -> None:
    role = new_role(stack, Role("", "", held))
    user = user_with_roles(stack, role)
    before = me.admin("GET", f"/users/{user.id}").json()
    assert outcome(manager.admin(method, f"/users/{user.id}{path.replace('{role}', role)}", body)) == NOT_PERMITTED
    assert me.admin("GET", f"/users/{user.id}").json() == before
    assert user.lives()


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
@pytest.mark.parametrize("held", [(), ("orders:read",), ("users:write", "roles:*")])
def test_z02_who_holds_no_more_is_changed(
    stack: Stack, manager: Staff, held: tuple[str, ...], method: str, path: str, body: Any
) -> None:
    role = new_role(stack, Role("", "", held))
    user = user_with_roles(stack, role)
    assert manager.admin(method, f"/users/{user.id}{path.replace('{role}', role)}", body).status in (200, 202, 204)


def test_z02_a_disabled_user_counts_with_what_they_held(stack: Stack, manager: Staff, me: Staff) -> None:
    user = user_with(stack, "orders:write")
    assert me.admin("PATCH", f"/users/{user.id}", {"status": "disabled"}).status == 200
    assert outcome(manager.admin("PATCH", f"/users/{user.id}", {"status": "active"})) == NOT_PERMITTED
    assert outcome(manager.admin("DELETE", f"/users/{user.id}")) == NOT_PERMITTED


def test_z02_a_role_is_given_only_by_who_holds_all_of_it(stack: Stack, manager: Staff, me: Staff) -> None:
    user = new_user(stack)
    small, large = (new_role(stack, Role("", "", permissions)) for permissions in (("orders:read",), ("orders:*",)))
    including = new_role(stack, Role("", "", (), (large,)))
    for role in (large, including, ADMIN):
        assert outcome(manager.admin("PUT", f"/users/{user.id}/roles/{role}")) == NOT_PERMITTED
        assert outcome(manager.admin("PUT", f"/users/{manager.id}/roles/{role}")) == NOT_PERMITTED
    assert manager.admin("PUT", f"/users/{user.id}/roles/{small}").status == 204
    assert roles_of(me, user.id) == [USER, small]
    assert me.admin("PUT", f"/users/{user.id}/roles/{large}").status == 204
    # Who comes to hold more is out of reach.
    assert outcome(manager.admin("DELETE", f"/users/{user.id}/roles/{large}")) == NOT_PERMITTED


def test_z05_s11_a_role_counts_at_once_when_given_and_when_taken(stack: Stack, me: Staff) -> None:
    user = user_with_roles(stack, USER)
    role = new_role(stack, Role("", "", ("roles:read",)))
    assert outcome(user.admin("GET", "/roles")) == NOT_PERMITTED
    assert me.admin("PUT", f"/users/{user.id}/roles/{role}").status == 204
    assert is_revoked(user)
    assert user.admin("GET", "/roles").status == 200
    assert user.refreshed().signed_in["user"]["permissions"] == ["roles:read"]
    assert me.admin("DELETE", f"/users/{user.id}/roles/{role}").status == 204
    assert outcome(user.admin("GET", "/roles")) == NOT_PERMITTED
    events = items(me.api, "AuditTable", "user_id = :user AND actor_id = :actor", user=user.id, actor=me.id)
    assert [(event["event"], event["role"]) for event in sorted(events, key=lambda each: each["sk"])] == [
        ("role.assigned", role),
        ("role.unassigned", role),
    ]


def test_giving_and_taking_are_idempotent(stack: Stack, me: Staff) -> None:
    user, role = new_user(stack), new_role(stack, Role(""))
    for _ in range(2):
        assert me.admin("PUT", f"/users/{user.id}/roles/{role}").status == 204
    assert roles_of(me, user.id) == [USER, role]
    for _ in range(2):
        assert me.admin("DELETE", f"/users/{user.id}/roles/{role}").status == 204
    assert roles_of(me, user.id) == [USER]
    assert events_of(user.api, user.id) == ["user.registered", "role.assigned", "role.unassigned"]


def test_there_is_no_role_of_another_name_but_one_that_is_gone_can_be_taken(stack: Stack, me: Staff) -> None:
    user = user_with_roles(stack, USER, "gone-since")
    for name in ("nothing-of-this-name", "%23a", "x" * 65, "%00"):
        for method in ("PUT", "DELETE"):
            assert outcome(me.admin(method, f"/users/{user.id}/roles/{name}")) == (404, "not_found")
    assert outcome(me.admin("PUT", f"/users/{user.id}/roles/gone-since")) == (404, "not_found")
    assert me.admin("DELETE", f"/users/{user.id}/roles/gone-since").status == 204
    assert outcome(me.admin("DELETE", f"/users/{user.id}/roles/gone-since")) == (404, "not_found")


def test_r29_a_user_has_so_many_roles_and_permissions_at_the_most(stack: Stack, me: Staff) -> None:
    many = user_with_roles(stack, *(f"role-{number}" for number in range(MAX_ROLES_OF_USER)))
    assert outcome(me.admin("PUT", f"/users/{many.id}/roles/user")) == (409, "too_many_roles")
    full = new_role(stack, Role("", "", tuple(f"full:{number}" for number in range(MAX_PERMISSIONS))))
    user = user_with_roles(stack, full)
    assert outcome(me.admin("PUT", f"/users/{user.id}/roles/{new_role(stack, Role('', '', ('one:more',)))}")) == (
        409,
        "too_many_permissions",
    )
    assert me.admin("PUT", f"/users/{user.id}/roles/{ADMIN}").status == 204  # which includes it all


@pytest.fixture
def last(stack: Stack, me: Staff) -> Staff:
    """The only administrator in the set: `me` is no more in it, but may still do everything."""
    last = administrator(stack)
    table = last.api.table("UsersTable")
    (item,) = [each for each in table if each["pk"] == "ADMINISTRATORS" and each["sk"] == "SET"]
    for other in item["ids"] - {last.id, me.id}:
        assert last.admin("DELETE", f"/users/{other}/roles/{ADMIN}").status == 204
    if me.id in item["ids"]:
        assert last.admin("DELETE", f"/users/{me.id}/roles/{ADMIN}").status == 204
    everything = new_role(stack, Role("", "", ("*",)))
    change_user(me.api, me.id, roles=[everything])
    return last


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("PATCH", "", {"status": "disabled"}), ("DELETE", "", None), ("DELETE", f"/roles/{ADMIN}", None)],
)
def test_z04_the_last_administrator_stays(last: Staff, me: Staff, method: str, path: str, body: Any) -> None:
    """Whoever asks for it: they themselves, or another who may do everything by a role of another name."""
    for actor in (last, me):
        assert outcome(actor.admin(method, f"/users/{last.id}{path}", body)) == LAST
    assert outcome(last.erase(PASSWORD)) == LAST
    assert last.lives()


def test_z04_with_another_one_they_may_go(stack: Stack, last: Staff) -> None:
    other = administrator(stack)
    disabled = administrator(stack)
    assert other.admin("PATCH", f"/users/{disabled.id}", {"status": "disabled"}).status == 200
    assert last.erase(PASSWORD).status == 204
    # Who is disabled doesn't count, until they're enabled.
    assert outcome(other.admin("DELETE", f"/users/{other.id}/roles/{ADMIN}")) == LAST
    assert other.admin("PATCH", f"/users/{disabled.id}", {"status": "active"}).status == 200
    assert other.admin("DELETE", f"/users/{other.id}/roles/{ADMIN}").status == 204
    assert outcome(other.admin("GET", "/users")) == NOT_PERMITTED
