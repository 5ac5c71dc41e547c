"""`gatepost alarms`: which alarms are on, and which runbook each has."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.request import urlopen

import click
from botocore.session import get_session
from click.exceptions import Exit

from cli import output
from cli.commanding import Command
from cli.deployment import Deployment
from cli.failures import Refused
from cli.run import Run, pass_run

# The description of each alarm of template.yaml ends with it; a test sees to that.
_RUNBOOK = re.compile(r"docs/runbooks/[a-z-]+\.md")
_SECONDS = 5  # in which a local stack answers


@click.command(cls=Command, examples=("gatepost alarms", "gatepost alarms --all", "gatepost alarms --json | jq .alarms"))
@click.option("--all", "every", is_flag=True, help="also those that are not on")
@pass_run
def alarms(run: Run, every: bool) -> None:
    """List the alarms that are on, each with its runbook.

    The exit code is 1 where there are any.
    """
    found = sorted(_seen(run.deployment), key=lambda alarm: (alarm["state"] != "ALARM", alarm["name"]))
    on = [alarm for alarm in found if alarm["state"] == "ALARM"]
    shown = found if every else on
    if run.json:
        output.print_json({"alarms": shown})
    else:
        columns = ("state", "name", "since", "runbook")
        output.print_table([name.upper() for name in columns], [[alarm[name] or "" for name in columns] for alarm in shown])
    output.say(f"{len(on)} of {len(found)} alarms are on." if found else "This deployment has no alarms (Alarms = false).")
    if on:
        raise Exit(Refused.exit_code)


def _seen(deployment: Deployment) -> list[dict[str, Any]]:
    if deployment.stack is None:
        with urlopen(f"{deployment.address}/_local/alarms", timeout=_SECONDS) as answer:  # noqa: S310 (http, of this machine)
            return [_told(each["name"], each["state"], each["description"], None) for each in json.load(answer)]
    # CloudFormation's names for what has none: the stack's, the logical id, and something random.
    named = re.compile(rf"{re.escape(deployment.stack)}-(?P<name>[A-Za-z0-9]+)-[A-Za-z0-9]+")
    cloudwatch: Any = get_session().create_client("cloudwatch")
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{deployment.stack}-")
    return [
        _told(of_stack["name"], alarm["StateValue"], alarm.get("AlarmDescription", ""), alarm["StateUpdatedTimestamp"])
        for page in pages
        for alarm in page["MetricAlarms"]
        if (of_stack := named.fullmatch(alarm["AlarmName"]))
    ]


def _told(name: str, state: str, description: str, since: datetime | None) -> dict[str, Any]:
    runbook = _RUNBOOK.search(description)
    return {
        "name": name,
        "state": state,
        "since": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if since else None,
        "description": description,
        "runbook": runbook[0] if runbook else None,
    }
