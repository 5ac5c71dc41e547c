"""What the options before a command say, and the deployment that they name."""

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import click

from cli.deployment import Deployment, of_local_stack, of_stack


@dataclass
class Run:
    """One run of the command line. A command gets it by `@pass_run`."""

    stack: str | None = None
    local: str | None = None
    json: bool = False
    debug: bool = False
    _deployment: Deployment | None = field(default=None, init=False)

    @property
    def deployment(self) -> Deployment:
        """The deployment that the options name, looked up at the first use.

        Raises:
            click.UsageError: they name none, or two.
            Unreachable: there is none there, or the operator may not see it.
        """
        if self._deployment is None:
            self._deployment = click.get_current_context().find_root().with_resource(self._named())
        return self._deployment

    def _named(self) -> AbstractContextManager[Deployment]:
        if self.stack and self.local:
            raise click.UsageError("Give either --stack or --local, not both.")
        if self.local:
            return of_local_stack(self.local)
        if stack := self.stack or os.environ.get("GATEPOST_STACK"):
            return of_stack(stack)
        raise click.UsageError(
            "Say which deployment: `--stack NAME` for one in AWS (or set GATEPOST_STACK), `--local http://localhost:3000` for "
            "`make run`."
        )


pass_run = click.make_pass_decorator(Run, ensure=True)
