"""`gatepost roles`: the roles as a file, which is kept under version control and reviewed like code."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import IO

import click
import yaml

from cli import output, roles_difference, roles_file
from cli.commanding import Group
from cli.failures import Refused, of_rule
from cli.roles_file import RolesFile
from cli.run import Run, pass_run
from gatepost.access.roles import Role, with_all
from gatepost.administration.roles import Difference, difference, replace_all
from gatepost.errors import GatepostError
from gatepost.storage import roles as role_items


@click.group(cls=Group, examples=("gatepost roles export roles.yaml", "gatepost roles apply roles.yaml"))
def roles() -> None:
    """Keep the roles in a file: export it, review changes to it, apply it."""


@roles.command(examples=("gatepost roles export roles.yaml", "gatepost --stack gatepost-prod roles export --json"))
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True), default="-")
@pass_run
def export(run: Run, file: IO[str]) -> None:
    """Write all roles but the built-in ones to FILE, or to stdout, as YAML; with --json as JSON, which `apply` takes, too."""
    service = run.deployment.service
    written = roles_file.written(role_items.read(service.db, service.settings.roles_table))
    if run.json:
        click.echo(output.as_json(written), file=file)
    else:
        yaml.safe_dump(written, file, sort_keys=False, allow_unicode=True)


@roles.command(
    examples=(
        "gatepost roles apply roles.yaml --dry-run",
        "gatepost roles apply roles.yaml --prune",
        "gatepost --stack gatepost-prod roles apply roles.yaml --yes",
    )
)
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="change nothing; exit with 1 if there is a difference")
@click.option("--prune", is_flag=True, help="delete the roles that FILE doesn't name; whoever has one loses it")
@click.option("--yes", is_flag=True, help="don't ask")
@pass_run
def apply(run: Run, file: IO[bytes], dry_run: bool, prune: bool, yes: bool) -> None:
    """Make the roles what FILE says, and show before what that changes.

    FILE is what `export` writes. Its roles are written as a whole, all at once or none. Other roles stay as they are, unless
    you --prune. Whoever has a role may what it says from the next refresh of their token on.

    The difference has a line each for what comes (+), what goes (-), and roles that change (~).
    """
    wanted = roles_file.read(file.read(), file.name)
    service, me, caller = run.deployment.acting()
    before = me.catalogue.roles
    after = {
        **({} if prune else before),
        **{name: _unless_the_same(before.get(name), role) for name, role in wanted.roles.items()},
    }
    changes = difference(before, after)
    try:
        with_all(me.catalogue, after)
        _show(run, before, after, changes)
        if not changes.all or dry_run:
            _result(run, changes, applied=False)
            click.get_current_context().exit(1 if changes.all else 0)
        if not yes:
            click.confirm(f"Apply this to {run.deployment.title}?", abort=True, err=True)
        replace_all(service, me, after, caller)
    except GatepostError as refusal:
        if refusal.subject is None:
            raise
        raise Refused(f"{_place(wanted, file.name, refusal.subject)}: {of_rule(refusal)}") from refusal
    _result(run, changes, applied=True)


def _unless_the_same(existing: Role | None, role: Role) -> Role:
    """Return `existing` if it says the same in another order: that is no change."""
    if existing is None or existing.description != role.description:
        return role
    same = set(existing.permissions) == set(role.permissions) and set(existing.includes) == set(role.includes)
    return existing if same else role


def _place(wanted: RolesFile, name: str, role: str) -> str:
    return f"{name}, line {wanted.lines[role]}" if role in wanted.lines else name


def _show(run: Run, before: Mapping[str, Role], after: Mapping[str, Role], changes: Difference) -> None:
    for line in roles_difference.lines(before, after, changes):
        click.echo(line, err=run.json)


def _result(run: Run, changes: Difference, *, applied: bool) -> None:
    if run.json:
        output.print_json({**asdict(changes), "applied": applied})
    elif not changes.all:
        output.say("The roles are what the file says.")
    elif applied:
        output.say(f"Done: {len(changes.created)} made, {len(changes.updated)} changed, {len(changes.deleted)} deleted.")
