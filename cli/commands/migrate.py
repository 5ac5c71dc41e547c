"""`gatepost migrate`: give old items the shape that this version writes."""

import click

from cli import item_changes, output
from cli.commanding import Command
from cli.run import Run, pass_run
from gatepost.storage import item_shapes


@click.command(cls=Command, examples=("gatepost migrate", "gatepost --stack gatepost-prod migrate --yes"))
@click.option("--yes", is_flag=True, help="don't ask")
@pass_run
def migrate(run: Run, yes: bool) -> None:
    """Give old items the shape that this version writes.

    Only where the release notes ask for it, and once the version that they name is deployed. Users notice nothing. It may be
    stopped and run again; what it has done stays done.
    """
    service, settings = run.deployment.service, run.deployment.settings
    oldest, newest = item_shapes.standing(item_shapes.read(service.db, settings.roles_table))
    if oldest >= item_shapes.NEWEST:
        _print(run, oldest, 0)
        return
    if not yes:
        click.confirm(
            f"Items of {run.deployment.title} have shapes {oldest} to {newest}. Give them all shape {item_shapes.NEWEST}? "
            "Versions that don't read it can't run there any more.",
            abort=True,
            err=True,
        )
    changed = item_changes.apply(
        service.db,
        settings,
        item_changes.CHANGES,
        lambda seen, done: output.say(f"{done} of {seen} items of a part of the table have changed so far."),
    )
    _print(run, item_shapes.NEWEST, changed)


def _print(run: Run, shape: int, changed: int) -> None:
    if run.json:
        output.print_json({"shape": shape, "changed": changed})
    else:
        output.say(f"All items have shape {shape}, the newest that this version knows. {changed} were changed.")
