"""The command line as an operator runs it, in this process: on a local stack that is served on a port."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from socket import socket
from typing import Any

from click.testing import CliRunner, Result

from cli.app import gatepost
from gatepost.storage.writes import Item
from local.ports import HOST
from local.server import Server
from local.stack import Stack
from tests.support import Api


@contextmanager
def serving(stack: Stack) -> Iterator[str]:
    """Serve the API of `stack`, and with it its embedded AWS, inside the block. Yields the address."""
    with closing(socket()) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    server = Server(stack.gateway, port)
    server.start()
    try:
        yield f"http://localhost:{port}"
    finally:
        server.stop()


@dataclass(frozen=True)
class Operator:
    """Somebody with a terminal, whose commands all go to the deployment that `options` name, where they are known as `id`."""

    stack: Stack
    options: tuple[str, ...]
    id: str = "local"

    def run(self, *arguments: str, typed: str | None = None, code: int = 0) -> Result:
        """Run `gatepost` with `arguments`, answer its questions by `typed`, and check its exit code."""
        result = CliRunner().invoke(gatepost, [*self.options, *arguments], input=typed, prog_name="gatepost")
        assert result.exit_code == code, (result.output, result.exception)
        return result

    def json(self, *arguments: str, **more: Any) -> Any:
        """Run it with --json, and return what it prints to stdout."""
        return json.loads(self.run("--json", *arguments, **more).stdout)

    def refusal(self, *arguments: str, code: int = 1, **more: Any) -> str:
        """Run it, and return the error that it ends with, having checked that nothing else was printed as a result."""
        result = self.run(*arguments, code=code, **more)
        assert "Traceback" not in result.output
        return result.stderr.rpartition("Error: ")[2].strip()

    def events(self, *names: str) -> list[Item]:
        """Return the events of these names that operators have caused, oldest first."""
        items = [item for item in Api(self.stack).table("AuditTable") if item.get("actor_id") == self.id]
        return sorted((item for item in items if item["event"] in names), key=lambda item: item["sk"])
