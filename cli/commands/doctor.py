"""`gatepost doctor`: what is wrong with a deployment, and what to do about it."""

from collections import Counter
from dataclasses import asdict
from typing import Any

import click
from click.exceptions import Exit

from cli import output
from cli.commanding import Command
from cli.diagnosis.checks import ALL
from cli.diagnosis.findings import Check, Finding, Status, examine
from cli.diagnosis.sight import Sight
from cli.failures import Refused
from cli.run import Run, pass_run

_COLOURS = {Status.OK: "green", Status.WARNING: "yellow", Status.PROBLEM: "red", Status.NOT_CHECKED: "cyan"}


@click.command(
    cls=Command,
    examples=(
        "gatepost --stack gatepost-prod doctor",
        "gatepost doctor mail outbox.unsent",
        "gatepost doctor --list",
        "gatepost doctor --json | jq '.checks[] | select(.status == \"problem\")'",
    ),
)
@click.argument("names", metavar="[CHECK|AREA]...", nargs=-1)
@click.option("--list", "lists", is_flag=True, help="name the checks and what each asks, and look at nothing")
@pass_run
def doctor(run: Run, names: tuple[str, ...], lists: bool) -> None:
    """Check a deployment, and say what to mend.

    All checks, or those named by CHECK (mail.identity) or AREA (mail). It changes nothing. What you lack the right to see
    isn't checked, and the action that is missing is named. The exit code is 1 where a problem was found; a warning is none.
    """
    checks = _chosen(names)
    if lists:
        _list(run, checks)
        return
    sight = Sight(run.deployment)
    sight.demand_there()
    findings = []
    for check in checks:
        findings.append(finding := examine(check, sight))
        if not run.json:
            _show(finding)
    if run.json:
        output.print_json({"deployment": run.deployment.title, "checks": [asdict(finding) for finding in findings]})
    counts = Counter(finding.status for finding in findings)
    output.say(", ".join(f"{counts[status]} {_words(status)}" for status in Status))
    if counts[Status.PROBLEM]:
        raise Exit(Refused.exit_code)


def _chosen(names: tuple[str, ...]) -> list[Check[Any]]:
    for name in names:
        if not any(name in (check.name, _area(check)) for check in ALL):
            raise click.UsageError(f"There is no check {name!r}. `gatepost doctor --list` names all.")
    return [check for check in ALL if not names or {check.name, _area(check)} & {*names}]


def _area(check: Check[Any]) -> str:
    return check.name.partition(".")[0]


def _list(run: Run, checks: list[Check[Any]]) -> None:
    if run.json:
        output.print_json([{"name": each.name, "question": each.question, "remedy": each.remedy} for each in checks])
        return
    width = max(len(check.name) for check in checks)
    for check in checks:
        click.echo(f"{check.name:{width}}  {check.question}")


def _show(finding: Finding) -> None:
    width = max(len(check.name) for check in ALL)
    status = click.style(f"{_words(finding.status):11}", fg=_COLOURS[finding.status])
    click.echo(f"{status}  {finding.name:{width}}  {output.printable(finding.found)}")
    if finding.remedy:
        click.echo(f"{'':11}  {'':{width}}  → {finding.remedy}")


def _words(status: Status) -> str:
    return status.replace("_", " ")
