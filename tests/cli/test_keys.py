"""`gatepost keys`: which key signs now and next, and a rotation before it's time to."""

import json
import time
from datetime import datetime
from typing import Any

import boto3
import pytest
import time_machine

from cli.run import Run
from gatepost.administration import signing_keys as rules
from gatepost.audit import Event
from gatepost.errors import Unavailable
from gatepost.signing.ring import PUBLISHED_BEFORE_USE, ROTATION_PERIOD
from gatepost.storage.keys import signing_key_ring
from gatepost.storage.writes import to_dynamodb
from tests.cli.support import Operator
from tests.integration.accounts import new_user


def seconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp())


def test_a_rotation_shows_what_comes_when(operator: Operator) -> None:
    before = operator.json("keys", "list")
    signing, standby = before["keys"]
    assert (signing["state"], standby["state"]) == ("signing", "standby")
    assert before["next"]["kid"] == standby["kid"]
    assert seconds(before["next"]["signs_from"]) == seconds(signing["since"]) + ROTATION_PERIOD
    assert "The next rotation" in operator.run("keys", "list").stderr

    asked = operator.json("keys", "rotate")
    assert asked["rotation_pending"]
    assert [key["state"] for key in asked["keys"]] == ["signing", "standby", "standby"]
    assert asked["next"]["kid"] == standby["kid"]
    assert seconds(asked["next"]["signs_from"]) == seconds(standby["created_at"]) + PUBLISHED_BEFORE_USE
    assert f"A rotation was asked for: {standby['kid']} signs from" in operator.run("keys", "list").stderr
    assert "already" in operator.refusal("keys", "rotate")

    with time_machine.travel(time.time() + PUBLISHED_BEFORE_USE):
        operator.stack.functions["KeysFunction"].invoke({})
    after = operator.json("keys", "list")
    assert not after["rotation_pending"]
    assert {key["kid"]: key["state"] for key in after["keys"]}[standby["kid"]] == "signing"

    (event,) = operator.events(Event.KEY_ROTATION_REQUESTED)
    assert (event["pk"], event["result"], event["user_agent"]) == ("OPERATORS", "success", "gatepost command line")


def test_the_table_has_a_line_a_key(operator: Operator) -> None:
    lines = operator.run("keys", "list").stdout.splitlines()
    assert lines[0].split() == ["KID", "ALGORITHM", "STATE", "SINCE"]
    assert len(lines) == 1 + len(operator.json("keys", "list")["keys"])


def test_a_rotation_is_told_of_even_if_the_keys_can_not_be_read_afterwards(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(time.time() + 2 * PUBLISHED_BEFORE_USE):
        operator.stack.functions["KeysFunction"].invoke({})
        before = len(operator.events(Event.KEY_ROTATION_REQUESTED))
        monkeypatch.setattr("cli.commands.keys._ring", unavailable)
        assert operator.refusal("keys", "rotate", code=3).startswith("The rotation is under way")
        assert len(operator.events(Event.KEY_ROTATION_REQUESTED)) == before + 1


def test_z15_a_key_that_was_stolen_is_removed_and_the_next_signs(operator: Operator) -> None:
    signing = next(key for key in operator.json("keys", "list")["keys"] if key["state"] == "signing")
    assert (
        f"Remove the key {signing['kid']} (signing)"
        in operator.run("keys", "remove", signing["kid"], typed="n\n", code=1).stderr
    )
    assert signing in operator.json("keys", "list")["keys"]
    after = operator.json("keys", "remove", signing["kid"], "--yes")
    assert signing["kid"] not in {key["kid"] for key in after["keys"]}
    assert [key["state"] for key in after["keys"]].count("signing") == 1
    assert "standby" in {key["state"] for key in after["keys"]}
    (event,) = operator.events(Event.KEY_REMOVED)
    assert (event["pk"], event["kid"], event["user_agent"]) == ("OPERATORS", signing["kid"], "gatepost command line")
    (shown,) = operator.run("--json", "audit", "tail", "--event", str(Event.KEY_REMOVED)).stdout.splitlines()
    assert json.loads(shown)["kid"] == signing["kid"]


def test_a_key_that_is_not_there_is_not_removed(operator: Operator) -> None:
    before = operator.json("keys", "list")["keys"]
    for kid in ("0" * 32, "x", before[0]["kid"].upper()):
        assert operator.refusal("keys", "remove", kid, "--yes").startswith("There is no such key")
    assert operator.json("keys", "list")["keys"] == before


def test_a_removal_is_told_of_even_if_the_keys_can_not_be_read_afterwards(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    standby = next(key["kid"] for key in operator.json("keys", "list")["keys"] if key["state"] == "standby")
    remove = rules.remove

    def removed_and_gone(*args: Any) -> None:
        remove(*args)
        monkeypatch.setattr("cli.commands.keys._ring", unavailable)

    monkeypatch.setattr(rules, "remove", removed_and_gone)
    assert operator.refusal("keys", "remove", standby, "--yes", code=3).startswith("The key is removed")


def test_where_the_ring_was_emptied_a_rotation_makes_new_keys(operator: Operator) -> None:
    """As after a restore: the Keys table never has to come back."""
    user = new_user(operator.stack)
    before = {key["kid"] for key in operator.json("keys", "list")["keys"]}
    table = operator.stack.template.tables["KeysTable"].name
    boto3.client("dynamodb").delete_item(TableName=table, Key=to_dynamodb(signing_key_ring()))
    with time_machine.travel(time.time() + 120):
        made = operator.json("keys", "rotate")
        assert [key["state"] for key in made["keys"]] == ["signing", "standby"]
        assert not before & {key["kid"] for key in made["keys"]}
        assert user.api.me(user.access_token).status == 401
        assert user.refreshed().lives()


def unavailable(run: Run) -> None:
    raise Unavailable
