"""Who gets into the admin API: the one permission of each route, and only a token for the issuer alone (Z-01, Z-05, Z-11)."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from functions.admin.routes import ROUTERS
from gatepost.access.roles import ADMIN, USER
from gatepost.web.dependencies import Permitted
from local.stack import Stack
from tests.integration.accounts import NOT_AUTHENTICATED, outcome
from tests.integration.administrators import Staff, administrator, user_with, user_with_roles
from tests.integration.inside import change_user
from tests.support import AUDIENCE, ISSUER, OTHER_AUDIENCE, Api

NOT_PERMITTED = (403, "not_permitted")

# What each route asks for, written out: a route without a row here fails, and so does one that asks for something else.
PERMISSIONS = {
    ("GET", "/v1/admin/users"): "users:read",
    ("POST", "/v1/admin/users"): "users:write",
    ("GET", "/v1/admin/users/{user_id}"): "users:read",
    ("PATCH", "/v1/admin/users/{user_id}"): "users:write",
    ("DELETE", "/v1/admin/users/{user_id}"): "users:write",
    ("POST", "/v1/admin/users/{user_id}/password-reset"): "users:write",
    ("GET", "/v1/admin/users/{user_id}/sessions"): "sessions:write",
    ("DELETE", "/v1/admin/users/{user_id}/sessions"): "sessions:write",
    ("PUT", "/v1/admin/users/{user_id}/roles/{role}"): "roles:assign",
    ("DELETE", "/v1/admin/users/{user_id}/roles/{role}"): "roles:assign",
    ("GET", "/v1/admin/roles"): "roles:read",
    ("GET", "/v1/admin/roles/{name}"): "roles:read",
    ("PUT", "/v1/admin/roles/{name}"): "roles:write",
    ("DELETE", "/v1/admin/roles/{name}"): "roles:write",
    ("GET", "/v1/admin/clients"): "clients:read",
    ("POST", "/v1/admin/clients"): "clients:write",
    ("GET", "/v1/admin/clients/{client_id}"): "clients:read",
    ("PATCH", "/v1/admin/clients/{client_id}"): "clients:write",
    ("DELETE", "/v1/admin/clients/{client_id}"): "clients:write",
    ("POST", "/v1/admin/clients/{client_id}/secret"): "clients:write",
    ("GET", "/v1/admin/keys"): "keys:read",
    ("POST", "/v1/admin/keys/rotate"): "keys:write",
    ("GET", "/v1/admin/audit"): "audit:read",
    ("GET", "/v1/admin/audit/export"): "audit:read",
}
ROUTES = list(PERMISSIONS)
# The bodies of those that take one.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/admin/users"): {"email": "invited@example.com"},
    ("PATCH", "/v1/admin/users/{user_id}"): {"name": "Nobody"},
    ("PUT", "/v1/admin/roles/{name}"): {"description": "of a test"},
    ("POST", "/v1/admin/clients"): {
        "name": "of a test",
        "type": "public",
        "redirect_uris": ["https://app.example.com/cb"],
    },
    ("PATCH", "/v1/admin/clients/{client_id}"): {"name": "of a test"},
}


@pytest.fixture(scope="module")
def everything_else(stack: Stack) -> dict[str, Staff]:
    """For each permission, a user who has all the others that routes ask for."""
    asked = sorted(set(PERMISSIONS.values()))
    return {permission: user_with(stack, *(each for each in asked if each != permission)) for permission in asked}


@pytest.fixture(scope="module")
def nothing_else(stack: Stack) -> dict[str, Staff]:
    """For each permission, a user who has it alone."""
    return {permission: user_with(stack, permission) for permission in sorted(set(PERMISSIONS.values()))}


def routes() -> Iterator[APIRoute]:
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            yield route


def call(staff: Staff, method: str, path: str, token: str | None = None) -> tuple[int, str]:
    """Call a route for something that doesn't exist; return status and code."""
    target = path.replace("{name}", "nothing-of-this-name").replace("{role}", USER)
    target = target.replace("{user_id}", "0" * 32).replace("{client_id}", "0" * 32)
    return outcome(staff.api.call(method, target, BODIES.get((method, path)), token=token or staff.access_token))


def test_z01_each_route_asks_for_the_permission_that_is_written_here() -> None:
    found: dict[tuple[str, str], str] = {}
    for route in routes():
        calls = [dependency.call for dependency in route.dependant.dependencies]
        (permission,) = [call.permission for call in calls if isinstance(call, Permitted)]
        found |= {(method, route.path): permission for method in route.methods or ()}
    assert found == PERMISSIONS


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_z01_who_has_the_permission_alone_gets_in(nothing_else: dict[str, Staff], method: str, path: str) -> None:
    """What they get is another matter: there is no such thing, or they hold too little."""
    assert call(nothing_else[PERMISSIONS[method, path]], method, path)[0] in (200, 201, 202, 204, 404)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_z01_who_has_all_others_does_not(everything_else: dict[str, Staff], method: str, path: str) -> None:
    assert call(everything_else[PERMISSIONS[method, path]], method, path) == NOT_PERMITTED


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_z01_z11_who_has_none_does_not(stack: Stack, method: str, path: str) -> None:
    for roles in ((USER,), (), ("nothing-of-this-name",)):
        assert call(user_with_roles(stack, *roles), method, path) == NOT_PERMITTED


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_z01_without_a_token_nobody_does(stack: Stack, method: str, path: str) -> None:
    answer = Api(stack).call(method, path.replace("{", "").replace("}", ""), BODIES.get((method, path)))
    assert outcome(answer) == NOT_AUTHENTICATED
    assert answer.header("www-authenticate") == "Bearer"


@pytest.mark.parametrize("audience", [None, AUDIENCE, OTHER_AUDIENCE])
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_j14_a_token_that_another_api_may_have_been_handed_does_not_get_in(
    stack: Stack, method: str, path: str, audience: str | None
) -> None:
    """Not even the administrator's own, which works at `/v1/me`."""
    me = administrator(stack)
    signed_in = me.api.login(me.email, **({"audience": audience} if audience else {})).json()
    assert me.api.me(signed_in["access_token"]).status == 200
    assert call(me, method, path, signed_in["access_token"]) == NOT_AUTHENTICATED


def test_j14_a_refresh_gets_a_token_for_the_issuer_alone_where_it_is_asked_for(stack: Stack) -> None:
    me = administrator(stack)
    wide = me.api.login(me.email).json()
    narrow = me.api.refresh(wide["refresh_token"], audience=ISSUER).json()
    assert me.api.call("GET", "/v1/admin/roles", token=narrow["access_token"]).status == 200


def test_z05_a_token_is_good_only_while_its_user_may(stack: Stack) -> None:
    """Whatever it says: the user, the session and the roles are looked at on every call."""
    me = administrator(stack)
    assert me.admin("GET", "/roles").status == 200
    change_user(me.api, me.id, roles=[USER])
    assert outcome(me.admin("GET", "/roles")) == NOT_PERMITTED
    change_user(me.api, me.id, roles=[ADMIN])
    assert me.admin("GET", "/roles").status == 200
    change_user(me.api, me.id, status="disabled")
    assert outcome(me.admin("GET", "/roles")) == NOT_AUTHENTICATED


def test_z05_signing_out_ends_it_at_once(stack: Stack) -> None:
    me = administrator(stack)
    assert me.api.post("/logout", {"refresh_token": me.refresh_token}).status == 204
    assert outcome(me.admin("GET", "/roles")) == NOT_AUTHENTICATED


def test_a_wildcard_gets_in(stack: Stack) -> None:
    for permission in ("*", "*:*", "roles:*", "*:read"):
        assert user_with(stack, permission).admin("GET", "/roles").status == 200
    for permission in ("role:*", "*:reader", "orders:*"):
        assert outcome(user_with(stack, permission).admin("GET", "/roles")) == NOT_PERMITTED
