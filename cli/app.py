"""The command `gatepost`: what stands above all of its commands, and where each is."""

import importlib
from typing import Any

import click
from click.exceptions import Exit

from cli import failures
from cli.commanding import Group
from cli.run import Run

# By name: the module of `cli.commands` with a group or command of this name, and what it's for as its own help begins.
# A module is imported when it's run, so that help and usage errors come at once.
_COMMANDS = {
    "users": "Move in with your users, and out again.",
    "roles": "Keep the roles in a file: export it, review changes to it, apply it.",
    "clients": "Register OAuth clients, and give them secrets.",
    "keys": "See the keys that sign access tokens, rotate them, and remove one that was stolen.",
    "audit": "Read the security events.",
    "events": "Publish again what other systems have missed.",
    "migrate": "Give old items the shape that this version writes.",
    "doctor": "Check a deployment, and say what to mend.",
}


class _Gatepost(Group):
    """Finds commands in the modules above, and tells how they fail."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"cli.commands.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, Exit):
            raise
        except Exception as exc:  # whatever it is, an operator gets a sentence
            if ctx.ensure_object(Run).debug:
                raise
            raise failures.told(exc) from exc


@click.command(
    cls=_Gatepost,
    examples=(
        "gatepost --local http://localhost:3000 roles export",
        "gatepost --stack gatepost-prod --json audit tail",
        "GATEPOST_STACK=gatepost-prod gatepost keys list",
    ),
    epilog="""
    Exit codes: 0 done; 1 something was refused, or a check found something; 2 the command can't be understood;
    3 the deployment can't be reached, or you lack the rights; 70 a bug of this program.

    A deployed stack is found by the usual AWS credentials: AWS_PROFILE, AWS_REGION and the like. What is changed is in the
    security events with your ARN.
    """,
)
def gatepost() -> None:
    """Operate a Gatepost deployment: one in AWS (--stack), or one that `make run` started on this machine (--local).

    These options may stand behind a command, too.
    """
