"""The runbooks, followed: each incident happens on a local stack, its runbook is pasted block by block, and it's over."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import time_machine

from local.aws import embedded_aws
from local.seed import ensure_administrator
from local.stack import Stack
from tests.cli.account import NAME, Account, account_of
from tests.cli.support import serving
from tests.e2e import incidents
from tests.e2e.incidents import Incident
from tests.e2e.paged import follow, terminal
from tests.integration.forger import forger_for
from tests.support import PARAMETERS, PASSWORD, ROOT, Api

RUNBOOKS = ROOT / "docs/runbooks"
# Lower than any deployment's, so that no test has to knock for long.
THRESHOLDS = {"FailedSignInsPerFiveMinutes": "20", "LockedAccountsPerFiveMinutes": "1", "BouncesPerHour": "2"}

# `sam deploy`, which no test can do here: tests/deploy hold the template against all that it does, and the parameters that stand
# beside it are looked up below. And git, of which it needs the tags.
DEPLOY = "$ make deploy ENV=prod\n"
DEPLOY_THE_COMMIT_BEFORE = '$ git checkout "$(git describe --tags --abbrev=0 HEAD^)"\n$ make deploy ENV=prod\n'
DAY = 86_400


@pytest.fixture(scope="module")
def deployment() -> Iterator[tuple[Account, str, time_machine.Traveller]]:
    """A deployment that is well, where its API answers, and its clock, which only goes forward."""
    prepare = partial(ensure_administrator, password=PASSWORD)
    with (
        embedded_aws() as mailbox,
        Stack(
            ROOT / "template.yaml", mailbox, name=NAME, parameters=PARAMETERS | THRESHOLDS, prepare=prepare
        ) as stack,
        account_of(stack) as account,
        serving(stack) as url,
        time_machine.travel(time.time()) as clock,
    ):
        account.answers["cloudwatch.DescribeAlarms"] = lambda _: {"MetricAlarms": [_as_aws(alarm) for alarm in stack.alarms()]}
        yield account, url, clock


def _as_aws(alarm: dict[str, Any]) -> dict[str, Any]:
    return {
        "AlarmName": f"{NAME}-{alarm['name']}-1A2B3C4D5E6F",
        "AlarmDescription": alarm["description"],
        "StateValue": alarm["state"],
        "StateUpdatedTimestamp": time.time(),
    }


@pytest.fixture
def incident(deployment: tuple[Account, str, time_machine.Traveller], tmp_path: Path) -> Iterator[Incident]:
    """A day without an incident, so far."""
    account, url, clock = deployment
    clock.shift(2 * DAY)
    with account.put_back(), ExitStack() as afterwards, terminal(account, url, tmp_path) as opened:
        yield Incident(account, opened, clock, afterwards)


def later(incident: Incident, seconds: int) -> Any:
    """Return what lets time pass."""
    return partial(incident.clock.shift, seconds)


def test_attack_on_sign_in(incident: Incident) -> None:
    taken = incidents.attack(incident)
    assert incident.alarms_on() == {"SignInsFailing", "AccountsLocked"}
    followed = follow(
        incident.terminal, RUNBOOKS / "attack-on-sign-in.md", {"A quarter of an hour after": later(incident, 960)}
    )
    assert followed == [DEPLOY]
    assert not incident.alarms_on()
    assert incident.api().me(taken["access_token"]).status == 401
    assert incident.api().refresh(taken["refresh_token"]).status == 401
    assert incident.api().login("grace@example.com").status == 401
    link = incident.api().mailed_token("grace@example.com")
    assert incident.api().post("/reset-password", {"token": link, "new_password": "an excellent passphrase"}).status == 204
    assert incident.api().login("grace@example.com", "an excellent passphrase").status == 200
