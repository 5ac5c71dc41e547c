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
        stack, local = self.stack, self.local
        if not stack and not local:
            stack, local = os.environ.get("GATEPOST_STACK"), os.environ.get("GATEPOST_LOCAL")
        if stack and local:
            raise click.UsageError("Name one deployment: either by --stack (GATEPOST_STACK) or by --local (GATEPOST_LOCAL).")
        if local:
            return of_local_stack(local)
        if stack:
            return of_stack(stack)
        raise click.UsageError(
            "Say which deployment: `--stack NAME` for one in AWS, `--local http://localhost:3000` for `make run`; or set "
            "GATEPOST_STACK or GATEPOST_LOCAL."
        )


pass_run = click.make_pass_decorator(Run, ensure=True)
