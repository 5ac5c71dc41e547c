"""`gatepost roles`: a file says what the roles are, and nothing changes that wasn't shown."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gatepost.access.roles import MAX_ROLES, Role
from gatepost.audit import Event
from local.stack import Stack
from tests.cli.support import Operator
from tests.integration.administrators import administrator, new_role, user_with_roles

EVENTS = (Event.ROLE_CREATED, Event.ROLE_UPDATED, Event.ROLE_DELETED)


@pytest.fixture
def file(tmp_path: Path, operator: Operator) -> Path:
    """A file of roles; there are no others yet."""
    path = tmp_path / "roles.yaml"
    path.write_text("roles: {}")
    operator.run("roles", "apply", str(path), "--prune", "--yes")
    return path


def write(file: Path, **roles: dict[str, Any]) -> str:
    """Write `roles` to the file, and return its path."""
    file.write_text(yaml.safe_dump({"roles": roles}, allow_unicode=True), "utf-8")
    return str(file)


CLERK = {"description": "Reads orders: « été » 😀.", "permissions": ["orders:read"], "includes": []}
MANAGER = {"description": "", "permissions": ["orders:write"], "includes": ["clerk"]}


def test_what_is_exported_and_applied_again_is_no_change(operator: Operator, file: Path) -> None:
    path = write(file, clerk=CLERK, manager=MANAGER)
    assert operator.json("roles", "apply", path, "--yes")["applied"]
    exported = operator.json("roles", "export")
    assert exported == {"roles": {"clerk": CLERK, "manager": MANAGER}}
    for text in (operator.run("roles", "export").stdout, operator.run("roles", "export", "--json").stdout):
        file.write_text(text, "utf-8")
        assert operator.json("roles", "apply", path, "--dry-run", "--prune") == {
            "created": [],
            "updated": [],
            "deleted": [],
            "applied": False,
        }
    operator.run("roles", "export", path)
    assert yaml.safe_load(file.read_text("utf-8")) == exported


def test_the_order_of_permissions_is_no_change(operator: Operator, file: Path) -> None:
    role = {"permissions": ["a:read", "b:read"], "includes": []}
    operator.run("roles", "apply", write(file, one=role), "--yes")
    operator.run("roles", "apply", write(file, one=role | {"permissions": ["b:read", "a:read", "a:read"]}), "--dry-run")


def test_the_difference_is_shown_line_by_line(operator: Operator, file: Path) -> None:
    operator.run("roles", "apply", write(file, clerk=CLERK, manager=MANAGER, old={}), "--yes")
    path = write(file, clerk=CLERK | {"permissions": ["orders:*"]}, manager={"permissions": ["orders:write"]}, fresh=MANAGER)
    result = operator.run("roles", "apply", path, "--dry-run", "--prune", code=1)
    assert result.stdout.splitlines() == [
        "+ fresh",
        "    + orders:write",
        "    + includes clerk",
        "~ clerk",
        "    - orders:read",
        "    + orders:*",
        "~ manager",
        "    - includes clerk",
        "- old",
    ]
    shown = operator.json("roles", "apply", path, "--dry-run", "--prune", code=1)
    assert shown == {"created": ["fresh"], "updated": ["clerk", "manager"], "deleted": ["old"], "applied": False}
    assert operator.json("roles", "export")["roles"].keys() == {"clerk", "manager", "old"}


@pytest.mark.parametrize(("typed", "code"), [("n\n", 1), ("", 1), ("y\n", 0)])
def test_nothing_changes_before_a_yes(operator: Operator, file: Path, typed: str, code: int) -> None:
    result = operator.run("roles", "apply", write(file, clerk=CLERK), typed=typed, code=code)
    assert "+ clerk" in result.stdout
    assert ("clerk" in operator.json("roles", "export")["roles"]) == (code == 0)


def test_a_role_that_the_file_does_not_name_goes_by_prune_alone(operator: Operator, file: Path) -> None:
    operator.run("roles", "apply", write(file, one={}, two={}), "--yes")
    operator.run("roles", "apply", write(file, one={}), "--yes")
    assert operator.json("roles", "export")["roles"].keys() == {"one", "two"}
    assert operator.json("roles", "apply", str(file), "--prune", "--yes")["deleted"] == ["two"]
    assert operator.json("roles", "export")["roles"].keys() == {"one"}


def test_each_change_leaves_its_event_by_the_operator(operator: Operator, file: Path) -> None:
    before = len(operator.events(*EVENTS))
    operator.run("roles", "apply", write(file, one={}, two={}), "--yes")
    operator.run("roles", "apply", write(file, one=CLERK, three={}), "--yes", "--prune")
    operator.run("roles", "apply", write(file, one=CLERK, three={}), "--yes", "--prune")
    left = operator.events(*EVENTS)[before:]
    assert sorted((event["event"], event["role"]) for event in left) == [
        (Event.ROLE_CREATED, "one"),
        (Event.ROLE_CREATED, "three"),
        (Event.ROLE_CREATED, "two"),
        (Event.ROLE_DELETED, "two"),
        (Event.ROLE_UPDATED, "one"),
    ]
    assert {(event["pk"], event["ip"], event["user_agent"]) for event in left} == {("OPERATORS", "", "gatepost command line")}
    assert not any("user_id" in event for event in left)


def test_as_many_roles_as_there_may_be_come_and_go_in_one_change(operator: Operator, file: Path) -> None:
    before = len(operator.events(*EVENTS))
    for generation in ("a", "b"):
        roles: dict[str, Any] = {f"{generation}{number}": {} for number in range(MAX_ROLES)}
        operator.run("roles", "apply", write(file, **roles), "--yes", "--prune")
        assert operator.json("roles", "export")["roles"].keys() == roles.keys()
    left = operator.events(*EVENTS)[before:]
    told = [(event["event"], name) for event in left for name in event["role"].split()]
    assert len(told) == len(set(told)) == 3 * MAX_ROLES
    assert max(len(event["role"].split()) for event in left) <= 5


def test_who_has_a_role_may_what_the_file_says(operator: Operator, stack: Stack, file: Path) -> None:
    user = user_with_roles(stack, "clerk")
    operator.run("roles", "apply", write(file, clerk={"permissions": ["roles:read"]}), "--yes")
    assert user.admin("GET", "/roles").status == 200
    operator.run("roles", "apply", write(file), "--yes", "--prune")
    assert user.admin("GET", "/roles").status == 403


def test_a_change_of_another_meanwhile_is_not_overwritten(
    operator: Operator, stack: Stack, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(file, one={"permissions": ["a:read"]})

    def another_comes_first(*_: Any, **__: Any) -> bool:
        new_role(stack, Role("another", "", ("b:read",)))
        return True

    monkeypatch.setattr("click.confirm", another_comes_first)
    assert "changed this meanwhile" in operator.refusal("roles", "apply", path, "--prune")
    assert operator.json("roles", "export")["roles"].keys() == {"another"}


def test_operators_are_found_in_the_search_of_administrators(operator: Operator, stack: Stack, file: Path) -> None:
    operator.run("roles", "apply", write(file, clerk=CLERK), "--yes")
    found = administrator(stack).admin("GET", f"/audit?actor_id={operator.id}&event=role.created&limit=1").json()["items"]
    assert [(event["actor_id"], event["user_id"], event["role"]) for event in found] == [(operator.id, None, "clerk")]
