"""The command line as an operator runs it, in this process: on a local stack that is served on a port."""

import json
from dataclasses import dataclass
from typing import Any

from click.testing import CliRunner, Result

from cli.app import gatepost
from local.stack import Stack


@dataclass(frozen=True)
class Operator:
    """Somebody with a terminal, whose commands all go to the deployment that `options` name."""

    stack: Stack
    options: tuple[str, ...]

    def run(self, *arguments: str, typed: str | None = None, code: int = 0) -> Result:
        """Run `gatepost` with `arguments`, answer its questions by `typed`, and check its exit code."""
        result = CliRunner().invoke(gatepost, [*self.options, *arguments], input=typed, prog_name="gatepost")
        assert result.exit_code == code, (result.output, result.exception)
        return result

    def json(self, *arguments: str, **more: Any) -> Any:
        """Run it with --json, and return what it prints to stdout."""
        return json.loads(self.run("--json", *arguments, **more).stdout)
