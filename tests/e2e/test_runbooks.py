"""The runbooks, followed: each incident happens on a local stack, its runbook is pasted block by block, and it's over."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from botocore.loaders import JSONFileLoader

from local.aws import embedded_aws
from local.seed import ensure_administrator
from local.stack import Stack
from tests.cli.account import NAME, Account, account_of, client_of
from tests.cli.support import serving
from tests.e2e import incidents
from tests.e2e.incidents import Incident
from tests.e2e.paged import follow, terminal
from tests.integration.accounts import NEW_PASSWORD, forgot, reset
from tests.support import PARAMETERS, PASSWORD, ROOT

RUNBOOKS = ROOT / "docs/runbooks"
# Lower than any deployment's, so that no test has to knock for long.
THRESHOLDS = {"FailedSignInsPerFiveMinutes": "20", "LockedAccountsPerFiveMinutes": "1", "BouncesPerHour": "2"}

# `sam deploy`, which no test can do here: tests/deploy hold the template against all that it does, and the parameters that
# stand beside it are looked up below. And git, of which it needs the history.
DEPLOY = "$ make deploy ENV=prod\n"
DEPLOY_THE_COMMIT_BEFORE = (
    '$ git checkout "$(git rev-list -1 --before=2026-11-27T08:00:00Z HEAD)"\n'
    "$ git checkout @{-1} -- samconfig.toml\n"
    "$ make deploy ENV=prod\n"
)

Deployment = tuple[Account, str, time_machine.Traveller]


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """A deployment that is well, where its API answers, and its clock, which goes on only by what is done.

    The models of AWS are read once: each command would read those that it needs, which would take most of the time.
    """
    prepare = partial(ensure_administrator, password=PASSWORD)
    with (
        time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False) as clock,
        embedded_aws() as mailbox,
        Stack(ROOT / "template.yaml", mailbox, name=NAME, parameters=PARAMETERS | THRESHOLDS, prepare=prepare) as stack,
        account_of(stack) as account,
        serving(stack) as url,
        patch.object(JSONFileLoader, "load_file", staticmethod(cache(JSONFileLoader().load_file))),
    ):
        account.answers["cloudwatch.DescribeAlarms"] = lambda _: {"MetricAlarms": [_as_aws(alarm) for alarm in stack.alarms()]}
        yield account, url, clock


def _as_aws(alarm: dict[str, Any]) -> dict[str, Any]:
    return {
        "AlarmName": f"{NAME}-{alarm['name']}-1A2B3C4D5E6F",
        "AlarmDescription": alarm["description"],
        "StateValue": alarm["state"],
        "StateUpdatedTimestamp": datetime.now(UTC),
    }


@pytest.fixture
def incident(deployment: Deployment, tmp_path: Path) -> Iterator[Incident]:
    """A day without an incident, so far."""
    account, url, clock = deployment
    # At the beginning of an hour: what happens in the next minute is in one period of every alarm.
    clock.move_to((datetime.now(UTC) + timedelta(days=2)).replace(minute=0, second=0, microsecond=0))
    for queue in account.stack.template.queues.values():
        client_of("sqs").purge_queue(QueueUrl=queue)
    with account.put_back(), ExitStack() as afterwards, terminal(account, url, clock, tmp_path) as opened:
        yield Incident(account, opened, clock, afterwards)


def later(incident: Incident, seconds: int) -> Any:
    """Return what lets time pass."""
    return partial(incident.clock.shift, seconds)


def told(incident: Incident, name: str, variables: dict[str, str]) -> None:
    """Tell the terminal what a runbook asks for, in words, before a block."""
    text = (RUNBOOKS / name).read_text("utf-8")
    assert all(f"`{variable}=" in text for variable in variables)
    incident.terminal.paste("".join(f"{variable}={value}\n" for variable, value in variables.items()))


def test_attack_on_sign_in(incident: Incident) -> None:
    taken = incidents.attack(incident)
    assert incident.alarms_on() == {"SignInsFailing", "AccountsLocked"}
    mails = len(incident.api().mails("grace@example.com"))

    def kept_out() -> None:
        """Also whoever reads the mailbox: no link lies there until somebody has spoken to its owner."""
        assert len(incident.api().mails("grace@example.com")) == mails
        assert incident.api().login("grace@example.com").status == 401

    followed = follow(
        incident.terminal,
        RUNBOOKS / "attack-on-sign-in.md",
        {"### With the owner": kept_out, "A quarter of an hour after": later(incident, 960)},
    )
    assert followed == [DEPLOY]
    assert not incident.alarms_on()
    assert incident.api().me(taken["access_token"]).status == 401
    assert incident.api().refresh(taken["refresh_token"]).status == 401
    assert incident.api().login("grace@example.com").status == 401
    link = incident.api().mailed_token("grace@example.com")
    assert reset(incident.api(), link, NEW_PASSWORD).status == 204
    assert incident.api().login("grace@example.com", NEW_PASSWORD).status == 200


def test_a_signing_key_an_api_key_a_secret_and_an_administrator_are_known_to_somebody(incident: Incident) -> None:
    known = incidents.secrets_known(incident)
    assert known.working() == ["signing key", "API key", "administrator", "client"]
    assert "KeysDeadLettersArrived" in incident.alarms_on()
    told(incident, "key-compromise.md", known.variables)
    assert follow(incident.terminal, RUNBOOKS / "key-compromise.md", {"## Verify": later(incident, 360)}) == []
    assert known.working() == []
    assert not incident.alarms_on()
    assert incident.api().refresh(known.user["refresh_token"]).status == 200


def test_mail_bounces(incident: Incident) -> None:
    incidents.bounces(incident)
    assert incident.alarms_on() >= {"MailBouncing", "FeedbackDeadLettersArrived", "MailerDeadLettersArrived"}
    followed = follow(
        incident.terminal,
        RUNBOOKS / "mail-bounces.md",
        {"### Mails wait": incident.sweep, "An hour after": later(incident, 3660)},
    )
    assert followed == [DEPLOY]
    assert not incident.alarms_on()
    for name in ("hedy", "mary", "sophie"):
        before = len(incident.api().mails(f"{name}@example.com"))
        assert forgot(incident.api(), f"{name}@example.com").status == 202
        assert len(incident.api().mails(f"{name}@example.com")) == before + 1
    assert incident.api().mails("hugh@example.com")


def test_throttling(incident: Incident) -> None:
    incidents.overload(incident)
    assert incident.alarms_on() == {"TablesThrottled"}
    followed = follow(incident.terminal, RUNBOOKS / "throttling.md", {"Five minutes later": later(incident, 360)})
    assert followed == [DEPLOY]
    assert not incident.alarms_on()


def test_a_bad_deploy(incident: Incident) -> None:
    incidents.bad_version(incident)
    assert incident.alarms_on() == {"AccountErrors", "ApiErrors", "EventsDeadLettersArrived"}
    followed = follow(incident.terminal, RUNBOOKS / "bad-deploy.md", {"A few minutes later": later(incident, 180)})
    assert followed == [DEPLOY_THE_COMMIT_BEFORE]
    assert not incident.alarms_on()
    assert incident.api().call("GET", "/health").status == 200


def test_a_data_request(incident: Incident) -> None:
    signed_in = incident.sign_up("katherine@example.com", name="Katherine")

    def held() -> None:
        told = (incident.terminal.folder / "data.json").read_text("utf-8")
        assert json.loads(told)["user"]["name"] == "Katherine"
        assert signed_in["user"]["id"] in (incident.terminal.folder / "events.jsonl").read_text("utf-8")
        assert "argon2" not in told

    assert follow(incident.terminal, RUNBOOKS / "data-request.md", {"### Delete it": held}) == []
    assert incident.api().me(signed_in["access_token"]).status == 401
    left = [item for table in ("UsersTable", "SessionsTable") for item in incident.api().table(table)]
    assert "katherine@example.com" not in str(left)
    assert {*incident.terminal.folder.iterdir()} == {incident.terminal.folder / "bin", incident.terminal.folder / "socket"}


def test_users_are_lost_and_come_back(incident: Incident, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.backup.tables._PAUSE", 0.01)
    told(incident, "restore.md", incidents.users_lost(incident))
    assert follow(incident.terminal, RUNBOOKS / "restore.md", {}) == []
    assert incident.api().login("edith@example.com").status == 200
    assert incident.api().login("frances@example.com").status == 401


def test_every_runbook_is_followed() -> None:
    followed = Path(__file__).read_text("utf-8")
    assert all(f'"{page.name}"' in followed for page in RUNBOOKS.glob("*.md") if page.name != "README.md")
