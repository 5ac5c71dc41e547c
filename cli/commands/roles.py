"""`gatepost roles`: the roles as a file, which is kept under version control and reviewed like code."""

from typing import IO

import click
import yaml

from cli import output
from cli.commanding import Group
from cli.run import Run, pass_run
from gatepost.access.roles import Catalogue
from gatepost.storage import roles as role_items


@click.group(cls=Group, examples=("gatepost roles export roles.yaml",))
def roles() -> None:
    """Keep the roles in a file."""


@roles.command(examples=("gatepost --stack gatepost-prod roles export roles.yaml", "gatepost roles export --json"))
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True), default="-")
@pass_run
def export(run: Run, file: IO[str]) -> None:
    """Write all roles but the built-in ones to FILE, or to stdout, as YAML; with --json as JSON, which is YAML too."""
    service = run.deployment.service
    written = _written(role_items.read(service.db, service.settings.roles_table))
    if run.json:
        output.print_json(written)
    else:
        yaml.safe_dump(written, file, sort_keys=False, allow_unicode=True)


def _written(catalogue: Catalogue) -> dict[str, object]:
    return {
        "roles": {
            name: {
                "description": role.description,
                "permissions": list(role.permissions),
                "includes": list(role.includes),
            }
            for name, role in sorted(catalogue.roles.items())
        }
    }
