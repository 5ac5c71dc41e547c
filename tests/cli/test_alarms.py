"""`gatepost alarms`: what is on, and what is for it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from local.stack import Stack
from tests.cli.account import NAME, Account, account_of
from tests.cli.support import Operator


def test_a_local_stack_tells_its_alarms_with_their_runbooks(operator: Operator) -> None:
    """All of them, of which none is on until something happens."""
    every = operator.json("alarms", "--all")["alarms"]
    assert {alarm["name"] for alarm in every} == {alarm.logical_id for alarm in operator.stack.template.alarms}
    assert all(alarm["runbook"].startswith("docs/runbooks/") for alarm in every)
    assert operator.json("alarms") == {"alarms": []}
    assert operator.run("alarms").stderr == f"0 of {len(every)} alarms are on.\n"


@pytest.fixture(scope="module")
def account(stack: Stack) -> Iterator[Account]:
    """A deployment in AWS."""
    with account_of(stack) as made:
        yield made


@pytest.fixture
def in_aws(account: Account) -> Operator:
    """An operator of it."""
    return Operator(account.stack, ("--stack", NAME))


def alarm(name: str, state: str, **more: Any) -> dict[str, Any]:
    """Return an alarm as CloudWatch tells of it."""
    at = datetime(2026, 11, 27, 3, tzinfo=UTC)
    return {"AlarmName": name, "StateValue": state, "StateUpdatedTimestamp": at, **more}


def test_in_aws_they_are_those_of_this_stack_the_ones_that_are_on_first(account: Account, in_aws: Operator) -> None:
    told = [
        alarm(f"{NAME}-AccountsLocked-1A2B3C4D5E6F", "OK"),
        alarm(
            f"{NAME}-SignInsFailing-1A2B3C4D5E6F",
            "ALARM",
            AlarmDescription="Somebody guesses. docs/runbooks/attack-on-sign-in.md",
        ),
        alarm(f"{NAME}-edge-SignInsFailing-1A2B3C4D5E6F", "ALARM"),
    ]
    asked = []

    def describe(arguments: dict[str, Any]) -> Any:
        asked.append(arguments)
        return {"MetricAlarms": told}

    with account.put_back():
        account.answers["cloudwatch.DescribeAlarms"] = describe
        run = in_aws.run("alarms", "--all", code=1)
    assert [line.split() for line in run.stdout.splitlines()] == [
        ["STATE", "NAME", "SINCE", "RUNBOOK"],
        ["ALARM", "SignInsFailing", "2026-11-27T03:00:00Z", "docs/runbooks/attack-on-sign-in.md"],
        ["OK", "AccountsLocked", "2026-11-27T03:00:00Z"],
    ]
    assert run.stderr == "1 of 2 alarms are on.\n"
    assert asked == [{"AlarmNamePrefix": f"{NAME}-"}]


def test_a_deployment_without_alarms_says_so(account: Account, in_aws: Operator) -> None:
    with account.put_back():
        account.answers["cloudwatch.DescribeAlarms"] = lambda _: {"MetricAlarms": []}
        assert "has no alarms" in in_aws.run("alarms").stderr
