"""R-34, `gatepost restore review`: what a restore has undone that protected somebody, until it's done again."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from cli.backup import tables
from gatepost import clock
from gatepost.audit import Event
from local.stack import Stack
from tests.cli.support import Operator
from tests.integration.accounts import NEW_PASSWORD, mailed_reset, new_user, reset
from tests.integration.administrators import administrator
from tests.support import Api


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Looks at what is being made follow each other closely, and what was made is gone afterwards."""
    monkeypatch.setattr(tables, "_PAUSE", 0.01)
    yield
    dynamodb = boto3.client("dynamodb")
    for name in dynamodb.list_tables()["TableNames"]:
        if "-as-of-" in name:
            dynamodb.delete_table(TableName=name)


def beside(operator: Operator, table: str) -> str:
    (copied,) = operator.json("restore", "beside", table, "--at", clock.rfc3339(clock.now()))
    return str(copied["name"])


def again(stack: Stack, found: Any) -> None:
    """Do again what was undone, by the call that is named."""
    method, path, *body = found["again"].split(" ", 2)
    answer = administrator(stack).admin(method, path.removeprefix("/v1/admin"), *map(json.loads, body))
    assert answer.status in (200, 202, 204), answer.body


def test_r34_what_protected_somebody_is_listed_until_it_is_done_again(stack: Stack, operator: Operator) -> None:
    admin = administrator(stack)
    gone, disabled, careful, demoted = (new_user(stack) for _ in range(4))
    assert admin.admin("PUT", f"/users/{demoted.id}/roles/admin").status == 204
    copy, since = beside(operator, "users"), clock.rfc3339_ms(clock.now_ms())
    assert gone.erase().status == 204
    assert admin.admin("PATCH", f"/users/{disabled.id}", {"status": "disabled"}).status == 200
    assert reset(careful.api, mailed_reset(careful.api, careful.email)).status == 204
    assert admin.admin("DELETE", f"/users/{demoted.id}/roles/admin").status == 204
    # A hash doesn't tell how old it is, so who has a new password is listed in any case.
    (only,) = operator.json("restore", "review", "--since", since, code=1)
    assert only["subject"] == careful.id

    operator.run("restore", "copy", "users", "--from", copy, "--exactly", "--yes")
    assert careful.login().lives()  # by the password that they gave up
    window = ("--since", since, "--until", clock.rfc3339_ms(clock.now_ms() + 1))
    found = {each["subject"]: each for each in operator.json("restore", "review", *window, code=1)}
    assert found.keys() == {gone.id, disabled.id, careful.id, demoted.id}
    assert f"DELETE /v1/admin/users/{gone.id}" in operator.run("restore", "review", *window, code=1).stdout

    for each in found.values():
        again(stack, each)
    assert operator.json("restore", "review", *window) == []
    for password in (careful.password, NEW_PASSWORD):
        assert careful.api.login(careful.email, password).status == 401


def test_r34_what_was_taken_back_since_is_not_undone(stack: Stack, operator: Operator) -> None:
    """Disabled, and enabled again; a role taken away, and given again."""
    admin, user, since = administrator(stack), new_user(stack), clock.rfc3339_ms(clock.now_ms())
    for status in ("disabled", "active"):
        assert admin.admin("PATCH", f"/users/{user.id}", {"status": status}).status == 200
    for method in ("PUT", "DELETE", "PUT"):
        assert admin.admin(method, f"/users/{user.id}/roles/admin").status == 204
    assert operator.json("restore", "review", "--since", since) == []


def test_r34_a_removed_signing_key_is_not_brought_back(operator: Operator) -> None:
    copy, since = beside(operator, "keys"), clock.rfc3339_ms(clock.now_ms())
    kid = operator.json("keys", "list")["keys"][0]["kid"]
    operator.run("keys", "remove", kid, "--yes")
    for how in ((), ("--exactly",)):
        said = operator.refusal("restore", "copy", "keys", "--from", copy, *how, "--yes")
        assert said.startswith(f"{kid} was removed since")
    assert operator.json("restore", "review", "--since", since) == []

    # Whoever brings it back by AWS's own means is told.
    dynamodb, table = boto3.client("dynamodb"), Api(operator.stack).table_name("KeysTable")
    (ring,) = dynamodb.scan(TableName=copy)["Items"]
    dynamodb.put_item(TableName=table, Item=ring)
    (found,) = operator.json("restore", "review", "--since", since, code=1)
    assert (found["event"], found["subject"], found["again"]) == (Event.KEY_REMOVED, kid, f"gatepost keys remove {kid}")
    operator.run(*found["again"].split()[1:], "--yes")
    assert operator.json("restore", "review", "--since", since) == []
