"""Roles that several change at once: none is lost, and together they never allow more than each (Z-03)."""

from collections.abc import Callable
from typing import Any

import pytest

from gatepost.access.roles import Role
from gatepost.audit import Event
from gatepost.storage import roles
from gatepost.storage.table import Database
from local.events import Response
from local.stack import Stack
from tests.dynamodb.support import at_once, events, split
from tests.dynamodb.wire import TRANSACTION, Wire
from tests.integration.administrators import Staff, administrator, new_role, user_with_roles
from tests.integration.inside import change_user
from tests.support import problem

pytestmark = pytest.mark.dynamodb

CONFLICT = (409, "conflict")


@pytest.fixture
def me(stack: Stack) -> Staff:
    """An administrator."""
    return administrator(stack)


def put(me: Staff, name: str, **body: Any) -> Callable[[], Response]:
    return lambda: me.admin("PUT", f"/roles/{name}", body)


def test_z03_of_16_edits_at_once_one_is_made_and_15_are_told(stack: Stack, db: Database, me: Staff, wire: Wire) -> None:
    name = new_role(stack, Role(""))
    version = roles.read(db, stack.template.tables["RolesTable"].name).version
    with wire.meeting(16, TRANSACTION):
        made, refused = split(at_once(put(me, name, permissions=[f"orders:{number}"]) for number in range(16)))
    assert refused == [CONFLICT] * 15
    (role,) = [answer.json() for answer in made]
    assert me.admin("GET", f"/roles/{name}").json() == role
    assert roles.read(db, stack.template.tables["RolesTable"].name).version == version + 1
    assert events(me.api, me.id).count(Event.ROLE_UPDATED) == 1


def test_z03_two_includes_at_once_make_no_cycle(stack: Stack, me: Staff, wire: Wire) -> None:
    one, other = new_role(stack, Role("")), new_role(stack, Role(""))
    with wire.meeting(2, TRANSACTION):
        made, refused = split(at_once([put(me, one, includes=[other]), put(me, other, includes=[one])]))
    assert (len(made), refused) == (1, [CONFLICT])
    including = made[0].json()["name"]
    included = one if including == other else other
    assert problem(put(me, included, includes=[including])()) == (409, "role_cycle")


def test_z03_a_role_is_not_deleted_while_another_comes_to_include_it(stack: Stack, me: Staff, wire: Wire) -> None:
    one, other = new_role(stack, Role("")), new_role(stack, Role(""))
    with wire.meeting(2, TRANSACTION):
        made, refused = split(at_once([put(me, one, includes=[other]), lambda: me.admin("DELETE", f"/roles/{other}")]))
    assert (len(made), refused) == (1, [CONFLICT])


def test_z03_an_included_role_that_grows_meanwhile_is_not_given_by_who_does_not_hold_it(
    stack: Stack, me: Staff, wire: Wire
) -> None:
    """A manager includes a small role in their own, while an administrator makes it a large one: one after the other, the
    manager would be refused, so together they are too.
    """
    small, own = new_role(stack, Role("", "", ("orders:read",))), new_role(stack, Role("", "", ("roles:write", "orders:*")))
    manager = user_with_roles(stack, own)
    with wire.in_the_midst(TRANSACTION, put(me, small, permissions=["*"])):
        refused = put(manager, own, permissions=["roles:write", "orders:*"], includes=[small])()
    assert problem(refused) == CONFLICT
    assert problem(put(manager, own, permissions=["roles:write"], includes=[small])()) == (403, "not_permitted")


def test_z03_who_loses_a_role_meanwhile_changes_nothing_by_it(stack: Stack, me: Staff, wire: Wire) -> None:
    manager, name = user_with_roles(stack, "admin"), new_role(stack, Role(""))

    def demote() -> None:
        change_user(manager.api, manager.id, roles=["user"], version=1)

    with wire.in_the_midst(TRANSACTION, demote):
        assert problem(put(manager, name, permissions=["*"])()) == CONFLICT
    assert me.admin("GET", f"/roles/{name}").json()["permissions"] == []


def test_r08_an_edit_whose_answer_is_lost_is_made_once_and_is_no_conflict(stack: Stack, me: Staff, wire: Wire) -> None:
    name = new_role(stack, Role(""))
    with wire.losing_answers(TRANSACTION, 1):
        assert put(me, name, permissions=["orders:read"])().status == 200
    assert events(me.api, me.id).count(Event.ROLE_UPDATED) == 1
