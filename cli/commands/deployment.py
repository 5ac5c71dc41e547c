"""`gatepost deployment`: which version of each function is called, and back to the ones before, at once."""

import click

from cli import output, versions
from cli.commanding import Group
from cli.failures import Refused
from cli.parameters import Moment
from cli.run import Run, pass_run
from cli.versions import Function, Lambda, Updates
from gatepost import clock

_GUARDS_GO_BACK = (
    "Nothing went back, since security rests on settings that would go back, too:\n{}\nDeploy the code of before with the "
    "parameters of now instead: docs/runbooks/bad-deploy.md says how."
)


@click.group(cls=Group, examples=("gatepost deployment versions", "gatepost deployment rollback"))
def deployment() -> None:
    """See which versions run, and go back to those before."""


@deployment.command("versions", examples=("gatepost deployment versions",))
@pass_run
def versions_(run: Run) -> None:
    """Show of each function which version is called, when it was published, and what a rollback would go back to."""
    updates, lambda_ = _of(run)
    _print(run, lambda_.functions(updates.began()))


@deployment.command(
    examples=("gatepost deployment rollback", "gatepost --stack gatepost-prod deployment rollback --before 2h --yes")
)
@click.option("--before", type=Moment(), help="to what was published before this time [default: before the last update began]")
@click.option("--yes", is_flag=True, help="don't ask")
@pass_run
def rollback(run: Run, before: int | None, yes: bool) -> None:
    """Let calls go to the versions of before the last update again, of all functions, within seconds.

    While an update goes on, it's stopped instead, and CloudFormation takes it back, functions, parameters and all else.
    Afterwards only the functions go back; tables, routes and roles stay as they are until you deploy the commit before. The
    next update goes on from there.

    A version has the settings that it was published with, so these go back as well: what changes is listed. It's refused where
    security rests on it, such as on SessionsNotBefore, without which sessions that have ended come alive.
    """
    updates, lambda_ = _of(run)
    if updates.under_way():
        if not yes:
            click.confirm(f"Stop the update of {run.deployment.title}, and have it taken back?", abort=True, err=True)
        output.say(f"{updates.stop()} See `gatepost doctor functions.stack`.")
        return
    functions = lambda_.functions(before / 1000 if before is not None else updates.began())
    back = [function for function in functions if function.before]
    if not back:
        raise Refused("No function was published since. See `gatepost deployment versions`, and give a time by --before.")
    changed = lambda_.settings_changed(back)
    if guards := [change for change in changed if change.guards]:
        raise Refused(_GUARDS_GO_BACK.format("\n".join(f"  {change}" for change in guards)))
    if changed:
        output.say("\n".join(["Settings that go back with the functions:", *(f"  {change}" for change in changed)]))
    if not yes:
        _print(run, functions)
        click.confirm(f"Let calls of {len(back)} functions of {run.deployment.title} go back?", abort=True, err=True)
    for function in back:
        lambda_.go_back(function)
    _print(run, lambda_.functions(before / 1000 if before is not None else updates.began()))
    output.say(f"{len(back)} functions are back. Deploy what mends it, or the commit before: `make deploy`.")


def _of(run: Run) -> tuple[Updates, Lambda]:
    if run.deployment.stack is None:
        raise Refused("A local stack has no versions: it runs the code as it lies here.")
    return versions.of(run.deployment)


def _print(run: Run, functions: list[Function]) -> None:
    if run.json:
        output.print_json({"functions": [function.described() for function in functions]})
        return
    output.print_table(
        ["FUNCTION", "LIVE", "PUBLISHED", "BEFORE", "PUBLISHED"],
        [
            [
                function.logical_id,
                str(function.live.number),
                clock.rfc3339(int(function.live.published)),
                str(function.before.number) if function.before else "",
                clock.rfc3339(int(function.before.published)) if function.before else "",
            ]
            for function in functions
        ],
    )
