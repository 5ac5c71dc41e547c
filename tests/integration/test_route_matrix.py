"""Z-01: every operation of openapi.json, called by everybody there is, answers what is documented. One without a row fails.

Second factors and OAuth clients' tokens get their actors with their features; an address that isn't verified has no
account, and so no token.
"""

import itertools
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from gatepost.access.roles import ADMIN, USER, Role
from local.events import Response
from local.stack import Stack
from tests.integration import test_admin_access
from tests.integration.accounts import NOT_AUTHENTICATED, outcome
from tests.integration.administrators import Staff, administrator, new_role, user_with_roles
from tests.integration.api_keys import NOT_PERMITTED, new_api_key
from tests.integration.inside import change_user
from tests.integration.route_matrix import OWN, OWN_BY_API_KEY, PERMISSIONS, PUBLIC, ROWS
from tests.support import ISSUER, ROOT, Api, problem

DOCUMENT: dict[str, Any] = json.loads((ROOT / "openapi.json").read_text("utf-8"))
OPERATIONS = {
    (method.upper(), path): operation for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
}
Route = tuple[str, str]
WITH, WITHOUT = "API key with the permission", "API key with every other"
EVERY_ROUTE = [pytest.param(route, id=" ".join(route)) for route in ROWS]
OWN_THINGS = [pytest.param(route, id=" ".join(route)) for route in ROWS if ROWS[route].access == OWN and "{" in route[1]]
ADMINISTRATION = [pytest.param(route, id=" ".join(route)) for route in PERMISSIONS]


def _expired(stack: Stack) -> str:
    with time_machine.travel(time.time() - 3600):
        return administrator(stack).access_token


def _disabled(stack: Stack) -> str:
    me = administrator(stack)
    change_user(me.api, me.id, status="disabled")
    return me.access_token


def _ended(stack: Stack) -> str:
    me = administrator(stack)
    assert me.api.post("/logout", {"refresh_token": me.refresh_token}).status == 204
    return me.access_token


def _api_key_deleted(stack: Stack) -> str:
    me = administrator(stack)
    key = new_api_key(me, "*")
    token = key.access_token(audience=ISSUER)
    assert me.call("DELETE", f"/api-keys/{key.id}").status == 204
    return token


# Nobody's tokens, though all of them were administrators' once.
NOBODY: dict[str, Callable[[Stack], str | None]] = {
    "no token": lambda stack: None,
    "expired": _expired,
    "disabled": _disabled,
    "session ended": _ended,
    "API key deleted": _api_key_deleted,
}


@pytest.fixture(scope="module")
def nobody(stack: Stack) -> dict[str, str | None]:
    """The tokens of those."""
    return {name: make(stack) for name, make in NOBODY.items()}


@pytest.fixture(scope="module")
def somebody(stack: Stack) -> Callable[[str, str], Staff]:
    """Makes a new user of a kind, as seen from a permission."""
    asked = sorted(set(PERMISSIONS.values()))
    exactly = {permission: new_role(stack, Role("", "", (permission,))) for permission in asked}
    others = {one: new_role(stack, Role("", "", tuple(each for each in asked if each != one))) for one in asked}

    def make(kind: str, permission: str) -> Staff:
        roles = {
            "plain user": USER,
            "exactly the permission": exactly.get(permission, USER),
            "every other permission": others.get(permission, USER),
            "administrator": ADMIN,
        }
        return user_with_roles(stack, roles[kind])

    return make


@pytest.fixture(scope="module")
def api_keys(stack: Stack) -> dict[tuple[str, str], str]:
    """The tokens of API keys of administrators, by kind and as seen from a permission."""
    asked = sorted(set(PERMISSIONS.values()))
    everything = _by_api_key(stack, "*")
    tokens = {(kind, access): everything for kind in (WITH, WITHOUT) for access in (OWN, PUBLIC)}
    for permission in asked:
        tokens[WITH, permission] = _by_api_key(stack, permission)
        tokens[WITHOUT, permission] = _by_api_key(stack, *(each for each in asked if each != permission))
    return tokens


def _by_api_key(stack: Stack, *permissions: str) -> str:
    return new_api_key(administrator(stack), *permissions).access_token(audience=ISSUER)


def call(stack: Stack, route: Route, target: str | tuple[str, ...], token: str | None) -> Response:
    """Call a route from a client address of its own, with `target` for its placeholders, one for each or one for all."""
    method, path = route
    values = itertools.repeat(target) if isinstance(target, str) else iter(target)
    answer = Api(stack).call(method, re.sub(r"\{\w+\}", lambda _: next(values), path), ROWS[route].new_body(), token=token)
    assert str(answer.status) in OPERATIONS[route]["responses"], "a status that isn't documented"
    return answer


def call_as(me: Staff, route: Route, token: str | None = None) -> Response:
    """Call a route about something that is there."""
    target = ROWS[route].target
    return call(me.api.stack, route, target(me) if target else "", token or me.access_token)


def test_z01_every_operation_has_a_row() -> None:
    assert ROWS.keys() == OPERATIONS.keys()
    assert test_admin_access.PERMISSIONS == PERMISSIONS


def test_z01_what_is_private_is_said_to_be() -> None:
    assert {route for route in ROWS if ROWS[route].access != PUBLIC} == {
        route for route, operation in OPERATIONS.items() if "security" in operation
    }


@pytest.mark.parametrize("kind", NOBODY)
@pytest.mark.parametrize("route", EVERY_ROUTE)
def test_z01_nobody_gets_what_is_for_everybody_and_nothing_else(
    stack: Stack, nobody: dict[str, str | None], route: Route, kind: str
) -> None:
    answer = call(stack, route, "0" * 32, nobody[kind])
    if ROWS[route].access == PUBLIC:
        assert answer.status == ROWS[route].status
    else:
        assert problem(answer) == NOT_AUTHENTICATED


@pytest.mark.parametrize("route", EVERY_ROUTE)
def test_z01_the_token_that_other_apis_are_handed_is_no_good_for_administration(stack: Stack, route: Route) -> None:
    """Though it's an administrator's."""
    me = administrator(stack)
    answer = call_as(me, route, me.api.login(me.email).json()["access_token"])
    assert outcome(answer) == NOT_AUTHENTICATED if route in PERMISSIONS else answer.status == ROWS[route].status


@pytest.mark.parametrize("kind", ["plain user", "exactly the permission", "every other permission", "administrator"])
@pytest.mark.parametrize("route", EVERY_ROUTE)
def test_z01_a_user_gets_what_is_their_own_and_what_they_may(
    somebody: Callable[[str, str], Staff], route: Route, kind: str
) -> None:
    row = ROWS[route]
    answer = call_as(somebody(kind, row.access), route)
    if route in PERMISSIONS and kind in ("plain user", "every other permission"):
        assert problem(answer) == NOT_PERMITTED
    else:
        assert answer.status == row.status, answer.body


@pytest.mark.parametrize("route", OWN_THINGS)
def test_z01_what_is_anothers_is_not_there(somebody: Callable[[str, str], Staff], route: Route) -> None:
    me, other = somebody("plain user", OWN), somebody("plain user", OWN)
    target = ROWS[route].target
    assert target is not None
    theirs = target(other)
    assert outcome(call(me.api.stack, route, theirs, me.access_token)) == (404, "not_found")
    assert call(me.api.stack, route, theirs, other.access_token).status == ROWS[route].status


@pytest.mark.parametrize("route", ADMINISTRATION)
def test_z01_a_user_administers_not_even_themselves(somebody: Callable[[str, str], Staff], route: Route) -> None:
    me = somebody("plain user", ROWS[route].access)
    assert outcome(call(me.api.stack, route, me.id, me.access_token)) == NOT_PERMITTED


@pytest.mark.parametrize("kind", [WITH, WITHOUT])
@pytest.mark.parametrize("route", EVERY_ROUTE)
def test_z01_z07_an_api_key_gets_what_it_permits_itself_and_of_its_owners_own_the_profile_alone(
    stack: Stack, api_keys: dict[tuple[str, str], str], route: Route, kind: str
) -> None:
    """Though its owner may do everything."""
    row = ROWS[route]
    answer = call_as(administrator(stack), route, api_keys[kind, row.access])
    if row.access == PUBLIC or route in OWN_BY_API_KEY or (kind == WITH and route in PERMISSIONS):
        assert answer.status == row.status, answer.body
    else:
        assert problem(answer) == NOT_PERMITTED
