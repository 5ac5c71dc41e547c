"""Each alarm of the template: at rest until its condition holds, raised as soon as it does, and its metric has moved.

In the local stack, which measures what AWS would and takes out of the functions' logs what they emit (`local/measuring.py`).
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
import time_machine

from local.aws import embedded_aws
from local.intrinsics import load_yaml
from local.metrics import METRICS
from local.stack import Stack
from tests.integration.accounts import User, new_user
from tests.integration.alarm_drivers import DRIVERS, HOUR, PARAMETERS, World
from tests.support import ISSUER, ROOT, Api

WRITTEN: dict[str, Any] = load_yaml(ROOT / "template.yaml")["Resources"]
ALARMS = [name for name, resource in WRITTEN.items() if resource["Type"] == "AWS::CloudWatch::Alarm"]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The service with low thresholds, and one environment of each function; made before the time that the tests have."""
    with (
        time_machine.travel(NOON, tick=False),
        embedded_aws() as mailbox,
        Stack(ROOT / "template.yaml", mailbox, parameters=PARAMETERS) as service,
    ):
        yield service


@pytest.fixture(scope="module")
def user(stack: Stack) -> User:
    """Somebody whose token is for the service itself, which the admin function asks for."""
    return new_user(stack).login(audience=ISSUER)


@pytest.fixture
def world(stack: Stack, user: User, clock: time_machine.Traveller) -> World:
    """The service as if nothing had ever been measured."""
    stack.deliver()
    sqs = boto3.client("sqs")
    for url in sqs.list_queues()["QueueUrls"]:
        while letters := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for letter in letters:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
    METRICS.clear()
    return World(stack, clock, user)


def told(world: World, alarm: str) -> dict[str, Any]:
    """What the local stack tells of an alarm."""
    answer = Api(world.stack).call("GET", "/_local/alarms")
    found: dict[str, Any] = next(each for each in answer.json() if each["name"] == alarm)
    return found


def state(world: World, alarm: str) -> str:
    """The state of an alarm."""
    return str(told(world, alarm)["state"])


def moved(world: World, alarm: str) -> list[dict[str, Any]]:
    """What the local stack tells of an alarm's metric."""
    wanted = told(world, alarm)
    series = (wanted["namespace"], wanted["metric"], wanted["dimensions"])
    answer = Api(world.stack).call("GET", "/_local/metrics")
    return [each for each in answer.json() if (each["namespace"], each["name"], each["dimensions"]) == series]


def test_every_alarm_of_the_template_is_driven_here() -> None:
    assert set(ALARMS) == DRIVERS.keys()


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_is_raised_when_its_condition_holds_and_not_before(world: World, alarm: str) -> None:
    driver = DRIVERS[alarm]
    at_rest = "INSUFFICIENT_DATA" if WRITTEN[alarm]["Properties"]["TreatMissingData"] == "missing" else "OK"
    assert state(world, alarm) == at_rest

    driver.below(world)
    assert state(world, alarm) == "OK", moved(world, alarm)

    before = moved(world, alarm)
    driver.over(world)
    assert state(world, alarm) == "ALARM", moved(world, alarm)
    assert moved(world, alarm) != before


def test_an_alarm_is_at_rest_again_when_its_condition_is_over(world: World) -> None:
    DRIVERS["AccountsLocked"].below(world)
    DRIVERS["AccountsLocked"].over(world)
    world.clock.shift(299)
    assert state(world, "AccountsLocked") == "ALARM"
    world.clock.shift(1)
    assert state(world, "AccountsLocked") == "OK"


def test_where_nobody_says_how_old_the_key_is_the_alarm_says_that(world: World) -> None:
    """A rotation that doesn't run at all raises no error."""
    world.unattended("KeysFunction", {"gatepost": "rotate"})
    assert state(world, "SigningKeyOld") == "OK"
    world.clock.shift(2 * HOUR)
    assert state(world, "SigningKeyOld") == "OK"
    world.clock.shift(HOUR)
    assert state(world, "SigningKeyOld") == "INSUFFICIENT_DATA"
