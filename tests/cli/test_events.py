"""`gatepost events replay`: what happened in a while is published again, by the same ids."""

import json
from typing import Any

import pytest

from gatepost.errors import Unavailable
from local.stack import Stack
from tests.cli.deployed import NAME, deployed
from tests.cli.support import Operator
from tests.integration.accounts import new_user
from tests.integration.aws_faults import always, faults, throttled
from tests.support import Api


def published(stack: Stack, since: int = 0) -> list[dict[str, Any]]:
    """What is on the bus, oldest first, after the first `since`."""
    return [event["detail"] for event in reversed(stack.events())][since:]


def test_a_replay_publishes_the_same_events_again(operator: Operator) -> None:
    user = new_user(operator.stack)
    before = published(operator.stack)
    assert [event["type"] for event in before if event.get("user_id") == user.id] == ["user.registered"]

    told = operator.json("events", "replay", "--from", "1h")

    again = published(operator.stack, len(before))
    assert sorted(again, key=lambda event: event["id"]) == sorted(before, key=lambda event: event["id"])
    assert told == {"seen": len(Api(operator.stack).table("AuditTable")), "refused": []}
    assert "security events of that time" in operator.run("events", "replay", "--from", "1h").stderr


def test_a_replay_of_much_goes_on_part_by_part(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatepost.domain_events.replay._PAGE", 3)
    users = [new_user(operator.stack) for _ in range(4)]
    before = published(operator.stack)
    assert operator.json("events", "replay", "--from", "1h")["seen"] > 8
    again = published(operator.stack, len(before))
    assert {event["id"] for event in again} == {event["id"] for event in before}
    assert {user.id for user in users} <= {event.get("user_id") for event in again}


def test_a_time_in_which_nothing_happened_publishes_nothing(operator: Operator) -> None:
    before = len(published(operator.stack))
    between = ("--from", "2020-01-01T00:00:00Z", "--to", "2020-01-02T00:00:00Z")
    assert operator.json("events", "replay", *between) == {"seen": 0, "refused": []}
    assert len(published(operator.stack)) == before
    assert "later than --from" in operator.refusal("events", "replay", "--from", "1h", "--to", "2h", code=2)


def test_what_can_not_be_published_is_named(operator: Operator) -> None:
    new_user(operator.stack)
    with faults(always("PutEvents", throttled)):
        result = operator.run("--json", "events", "replay", "--from", "1h", code=1)
    assert len(json.loads(result.stdout)["refused"]) >= 1
    assert "could not be published" in result.stderr


def test_a_function_that_does_not_answer_says_so(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*_: Any) -> None:
        raise Unavailable

    monkeypatch.setattr("gatepost.aws.functions.RemoteFunction.invoke", unavailable)
    assert operator.refusal("events", "replay", "--from", "1h", code=3).startswith("It stopped after 0 security events")


def test_in_aws_the_alias_of_the_function_is_called(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []

    def invoke(function: Any, event: dict[str, Any]) -> dict[str, Any]:
        called.append(function._name)
        assert event["replay"]["operator"].startswith("arn:")
        return {"seen": 0, "refused": [], "after": None}

    monkeypatch.setattr("gatepost.aws.functions.RemoteFunction.invoke", invoke)
    with deployed(stack):
        Operator(stack, ("--stack", NAME)).json("events", "replay", "--from", "1h")
    assert called == [f"{stack.template.functions['EventsFunction'].name}:live"]
