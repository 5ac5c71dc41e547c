"""`gatepost keys`: which key signs now and next, and a rotation before it's time to."""

import time
from datetime import datetime

import pytest
import time_machine

from cli.run import Run
from gatepost.audit import Event
from gatepost.errors import Unavailable
from gatepost.signing.ring import PUBLISHED_BEFORE_USE, ROTATION_PERIOD
from tests.cli.support import Operator


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


def unavailable(run: Run) -> None:
    raise Unavailable
