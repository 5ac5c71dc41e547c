"""`gatepost restore`: tables beside, missing users, and tables taken back. The embedded AWS restores what a table is now, not
what it was: so a test makes its copy first, and does harm then.
"""

from pathlib import Path
from typing import Any

import boto3

from cli.backup.tables import DURABLE
from gatepost.audit import Event
from gatepost.storage import keys
from gatepost.storage.whose_key import is_of
from gatepost.storage.writes import to_dynamodb
from local.stack import Stack
from tests.cli.restores import Beside, administrators_of, copied, held, lose, now
from tests.cli.support import Operator
from tests.integration.accounts import new_user
from tests.integration.administrators import administrator
from tests.integration.api_keys import new_api_key


def name_of(stack: Stack, table: str) -> str:
    return stack.template.tables[f"{table.title()}Table"].name


def without(item: Any, names: set[str]) -> Any:
    """An item without some of its attributes."""
    return {name: value for name, value in item.items() if name not in names}


def test_a_table_beside_is_named_by_its_time_and_made_once(stack: Stack, operator: Operator) -> None:
    at, name = now(), stack.template.tables["RolesTable"].name
    (first,) = operator.json("restore", "beside", "roles", "--at", at)
    assert first == {"table": "roles", "name": f"{name}-as-of-{at.replace('-', '').replace(':', '')}"}
    assert operator.json("restore", "beside", "roles", "--at", at) == [first]
    assert held(first["name"]) == held(name)
    boto3.client("dynamodb").delete_table(TableName=first["name"])


def test_missing_users_come_back_with_all_that_is_theirs(stack: Stack, operator: Operator, beside: Beside) -> None:
    user, other = new_user(stack), administrator(stack)
    remaining, key = administrator(stack), new_api_key(user)
    copy = beside("users")
    table = user.api.table_name("UsersTable")
    before = held(table)
    lose(user)
    lose(other)
    assert user.api.login(user.email).status == 401
    assert administrators_of(stack) >= {remaining.id}

    shown = copied(operator, "users", copy)
    assert sorted(shown["back"]) == sorted([user.id, other.id])
    assert (shown["deleted"], shown["address_taken"]) == ([], [])
    # All but what opens sessions and tokens of before.
    raised = {"epoch", "version"}
    assert [without(item, raised) for item in held(table)] == [without(item, raised) for item in before]
    assert user.login().id == user.id
    assert key.exchange().status == 200
    assert administrators_of(stack) >= {remaining.id, other.id}
    assert {event["user_id"] for event in operator.events(Event.USER_RESTORED)} == {user.id, other.id}
    # Nothing is left to do, and nothing is done.
    late = new_user(stack)
    assert copied(operator, "users", copy)["back"] == []
    assert late.lives()


def test_who_was_deleted_stays_deleted_and_an_address_its_new_owners(stack: Stack, operator: Operator, beside: Beside) -> None:
    gone, replaced = new_user(stack), new_user(stack)
    copy = beside("users")
    assert gone.erase().status == 204
    lose(replaced)
    owner = new_user(stack, replaced.email)

    shown = copied(operator, "users", copy)
    assert (shown["back"], shown["deleted"], shown["address_taken"]) == ([], [gone.id], [replaced.id])
    assert gone.api.login(gone.email).status == 401
    assert owner.login().id == owner.id
    assert replaced.id in operator.run("restore", "copy", "users", "--from", copy, "--yes").stdout


def test_a_table_becomes_exactly_what_its_copy_is(stack: Stack, operator: Operator, beside: Beside) -> None:
    kept = operator.json("clients", "create", "Web shop", "--type", "public", "--redirect-uri", "https://shop.example.com/cb")
    table, copy = stack.template.tables["ClientsTable"].name, beside("clients")
    newer = operator.json("clients", "create", "Another", "--type", "public", "--redirect-uri", "https://shop.example.com/cb")
    key = to_dynamodb(keys.client(kept["client_id"]))
    boto3.client("dynamodb").delete_item(TableName=table, Key=key)
    # What is missing comes back, and nothing else happens.
    assert copied(operator, "clients", copy) == {"table": "clients", "same": 0, "written": 1, "deleted": 0}
    operator.run("clients", "show", newer["client_id"])
    # Nothing that was deleted on purpose.
    operator.run("clients", "delete", kept["client_id"], "--yes")
    assert copied(operator, "clients", copy) == {"table": "clients", "same": 1, "written": 0, "deleted": 0}
    operator.run("clients", "show", kept["client_id"], code=1)

    assert copied(operator, "clients", copy, "--exactly") == {"table": "clients", "same": 0, "written": 1, "deleted": 1}
    assert held(table) == held(copy)
    operator.run("clients", "show", newer["client_id"], code=1)
    assert copied(operator, "clients", copy, "--exactly") == {"table": "clients", "same": 1, "written": 0, "deleted": 0}


def test_roles_go_back_whole(operator: Operator, beside: Beside, tmp_path: Path) -> None:
    file = tmp_path / "roles.yaml"
    file.write_text("roles: {auditor: {permissions: ['audit:read']}}")
    operator.run("roles", "apply", str(file), "--yes")
    before, copy = operator.json("roles", "export"), beside("roles")
    file.write_text("roles: {auditor: {permissions: ['*']}}")
    operator.run("roles", "apply", str(file), "--yes")
    # Nothing is missing.
    assert copied(operator, "roles", copy)["written"] == 0
    assert operator.json("roles", "export") != before
    assert copied(operator, "roles", copy, "--exactly")["written"] == 2
    assert operator.json("roles", "export") == before


def test_a_copy_is_asked_for_and_has_to_be_one(operator: Operator, beside: Beside) -> None:
    copy = beside("roles")
    asked = operator.run("restore", "copy", "roles", "--from", copy, "--exactly", typed="n\n", code=1)
    assert f"exactly what {copy} is" in asked.stderr
    assert "There is no table" in operator.refusal("restore", "copy", "roles", "--from", "nothing", "--yes")


def test_a_copy_of_another_table_is_refused_whatever_its_keys_are(stack: Stack, operator: Operator, beside: Beside) -> None:
    """Five tables have the same keys: hashes would be in Roles, and with --exactly nothing else."""
    assert new_api_key(new_user(stack)).exchange().status == 200
    operator.run("clients", "create", "Shop", "--type", "public", "--redirect-uri", "https://shop.example.com/cb")
    copies, before = {table: beside(table) for table in DURABLE}, {each: held(name_of(stack, each)) for each in DURABLE}
    for table in DURABLE:
        for other in set(DURABLE) - {table}:
            for how in ((), ("--exactly",)):
                assert "is no copy" in operator.refusal("restore", "copy", table, "--from", copies[other], *how, "--yes")
    assert {each: held(name_of(stack, each)) for each in DURABLE} == before
    sessions = held(name_of(stack, "sessions"))
    assert not [item for item in sessions for table in DURABLE if is_of(table, item["pk"], item["sk"])]


def test_an_empty_copy_is_refused(stack: Stack, operator: Operator, beside: Beside) -> None:
    copy, before = beside("roles"), held(name_of(stack, "roles"))
    for item in held(copy):
        key = to_dynamodb({part: item[part] for part in ("pk", "sk")})
        boto3.client("dynamodb").delete_item(TableName=copy, Key=key)
    assert "is empty" in operator.refusal("restore", "copy", "roles", "--from", copy, "--exactly", "--yes")
    assert held(name_of(stack, "roles")) == before


def test_events_are_never_taken_back_but_missing_ones_are_copied(stack: Stack, operator: Operator, beside: Beside) -> None:
    user = new_user(stack)
    trail, copy = user.trail(), beside("audit")
    assert "never taken back" in operator.refusal("restore", "copy", "audit", "--from", copy, "--exactly", "--yes")
    for item in user.api.table("AuditTable"):
        if item["pk"] == keys.user(user.id)["pk"]:
            key = to_dynamodb({part: item[part] for part in ("pk", "sk")})
            boto3.client("dynamodb").delete_item(TableName=user.api.table_name("AuditTable"), Key=key)
    assert user.trail() == []
    assert copied(operator, "audit", copy)["written"] == len(trail)
    assert user.trail() == trail


def test_what_is_to_be_done_next_is_said(operator: Operator, beside: Beside) -> None:
    copy = beside("roles")
    said = operator.run("restore", "copy", "roles", "--from", copy, "--exactly", "--yes").stderr
    assert all(each in said for each in ("SessionsNotBefore", "restore mend", "restore review"))
    # Nobody else is concerned where something was missing.
    said = operator.run("restore", "copy", "roles", "--from", copy, "--yes").stderr
    assert "restore review" in said
    assert "SessionsNotBefore" not in said
