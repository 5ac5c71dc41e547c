"""A role that changes: in tokens from the next refresh on, at `/v1/me` and `/v1/admin` at once, everywhere (S-11, Z-05)."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from gatepost.access.roles import MAX_PERMISSIONS, USER, Role
from local.events import Response
from local.stack import Stack
from tests.emf import Counted
from tests.integration.accounts import UNAVAILABLE, outcome
from tests.integration.administrators import Staff, administrator, new_role, user_with_roles
from tests.integration.aws_faults import always, broken, faults
from tests.integration.inside import fresh_process
from tests.integration.logs import captured_logs

Said = tuple[list[str], list[str]]


@pytest.fixture(scope="module")
def me(stack: Stack) -> Staff:
    """An administrator."""
    return administrator(stack)


def said(signed_in: dict[str, Any]) -> Said:
    """Return the roles and permissions that a sign-in's or refresh's token says; its profile must say the same."""
    payload = signed_in["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert (claims["roles"], claims["permissions"]) == (signed_in["user"]["roles"], signed_in["user"]["permissions"])
    return claims["roles"], claims["permissions"]


def shown(user: Staff) -> Said:
    """Return the roles and permissions that the profile shows."""
    profile = user.api.me(user.access_token).json()
    return profile["roles"], profile["permissions"]


def put(me: Staff, name: str, *permissions: str) -> None:
    assert me.admin("PUT", f"/roles/{name}", {"permissions": permissions}).status in (200, 201)


def test_s11_an_edited_role_is_in_the_next_token_and_in_the_profile_at_once(stack: Stack, me: Staff) -> None:
    name = new_role(stack, Role("", "", ("orders:read", "orders:write")))
    user = user_with_roles(stack, USER, name)
    assert said(user.signed_in) == shown(user) == ([USER, name], ["orders:read", "orders:write"])
    put(me, name, "users:read")
    assert shown(user) == ([USER, name], ["users:read"])
    refreshed = user.refreshed()
    assert said(refreshed.signed_in) == ([USER, name], ["users:read"])
    assert said(user.login().signed_in) == ([USER, name], ["users:read"])


def test_s11_what_an_included_role_gains_and_loses_reaches_those_who_have_the_one_that_includes_it(
    stack: Stack, me: Staff
) -> None:
    low = new_role(stack, Role("", "", ("orders:read",)))
    user = user_with_roles(stack, new_role(stack, Role("", "", ("orders:write",), (low,))))
    assert shown(user)[1] == ["orders:read", "orders:write"]
    put(me, low, "keys:read")
    assert said(user.refreshed().signed_in)[1] == ["keys:read", "orders:write"]


def test_z05_a_deleted_role_gives_nothing_and_is_not_named(stack: Stack, me: Staff) -> None:
    name = new_role(stack, Role("", "", ("roles:read",)))
    user = user_with_roles(stack, name, USER)
    assert user.admin("GET", "/roles").status == 200
    assert me.admin("DELETE", f"/roles/{name}").status == 204
    assert outcome(user.admin("GET", "/roles")) == (403, "not_permitted")
    assert shown(user) == said(user.refreshed().signed_in) == ([USER], [])


def test_s11_another_process_knows_a_change_at_its_next_request(stack: Stack, me: Staff) -> None:
    """Also one that has kept what the roles were."""
    name = new_role(stack, Role("", "", ("orders:read",)))
    user = user_with_roles(stack, name)
    with fresh_process(stack):
        assert shown(user)[1] == ["orders:read"]
        put(me, name, "orders:write")
        assert shown(user)[1] == ["orders:write"]
    assert shown(user)[1] == ["orders:write"]


def test_the_catalogue_is_read_once_a_change(stack: Stack, me: Staff) -> None:
    name = new_role(stack, Role("", "", ("orders:read",)))
    user = user_with_roles(stack, name)
    with fresh_process(stack), faults() as attempts:
        for _ in range(3):
            shown(user)
            user = user.refreshed()
            user.login()
        put(me, name, "orders:write")
        for _ in range(3):
            shown(user)
    # By the account function at its start and after the change, by the admin function before it.
    assert [attempt.what for attempt in attempts].count("GetItem ROLES") == 3


@pytest.mark.parametrize("call", ["profile", "refresh", "sign-in"])
def test_r16_roles_that_cannot_be_read_are_a_503_and_never_old_rights(stack: Stack, me: Staff, call: str) -> None:
    name = new_role(stack, Role("", "", ("orders:read",)))
    user = user_with_roles(stack, name)
    put(me, name, "orders:write")
    requests: dict[str, Callable[[], Response]] = {
        "profile": lambda: user.api.me(user.access_token),
        "refresh": lambda: user.api.refresh(user.refresh_token),
        "sign-in": lambda: user.api.login(user.email),
    }
    with faults(always("GetItem ROLES", broken)):
        assert outcome(requests[call]()) == UNAVAILABLE
    answer = requests[call]().json()
    assert answer.get("user", answer)["permissions"] == ["orders:write"]


def test_r29_who_comes_to_have_more_than_a_token_carries_has_what_they_had_before_the_last_edit_and_the_operator_learns_it(
    stack: Stack, me: Staff, logged: Counted
) -> None:
    """Z-02: else who may edit a small role could fill it until a larger one, of which they hold nothing, falls out."""
    one = new_role(stack, Role("", "", tuple(f"one:{number}" for number in range(MAX_PERMISSIONS - 1))))
    other = new_role(stack, Role("", "", ("other:a",)))
    user = user_with_roles(stack, one, other)
    assert len(shown(user)[1]) == MAX_PERMISSIONS
    put(me, other, "other:a", "other:b")
    logged()
    with captured_logs() as lines:
        refreshed = user.refreshed()
    assert said(refreshed.signed_in) == ([one, other], sorted(f"one:{number}" for number in range(MAX_PERMISSIONS - 1)))
    assert [line for line in lines if "permit more than a token may carry" in line]
    assert "TooManyPermissions" in logged()
    put(me, other, "other:a")
    assert len(shown(user)[1]) == MAX_PERMISSIONS


def test_r29_an_administrator_who_also_has_much_else_is_one_still(stack: Stack) -> None:
    """`*` includes it all, so there's nothing too many."""
    roles = [new_role(stack, Role("", "", tuple(f"{half}:{number}" for number in range(60)))) for half in ("a", "b")]
    user = user_with_roles(stack, "admin", *roles)
    assert said(user.signed_in)[1] == ["*"]
    assert user.admin("GET", "/roles").status == 200
