"""The service as verifiers reach it: what they download is what it publishes."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from gatepost_verifier.download import Answer
from local.aws import embedded_aws
from local.ports import HOST
from local.server import Server
from local.stack import Stack
from tests.support import ISSUER, PARAMETERS, ROOT, Api


@contextmanager
def reachable(stack: Stack, *further_keys: dict[str, Any]) -> Iterator[None]:
    """Let verifiers in this process reach `stack` at its issuer's address, behind which there is no server, inside the block.

    Its key set has `further_keys` in it, so that a test can make tokens of any kind.
    """

    def download(url: str, *, max_bytes: int, etag: str | None) -> Answer:
        if not url.startswith(f"{ISSUER}/"):
            raise OSError("nothing else can be reached")
        path = url.removeprefix(ISSUER)
        answer = Api(stack).call("GET", path, headers={} if etag is None else {"if-none-match": etag})
        if answer.status == 304:
            return Answer(None, etag)
        body = answer.body
        if path == "/.well-known/jwks.json":
            body = json.dumps({"keys": [*answer.json()["keys"], *further_keys]}).encode()
        assert answer.status == 200
        assert len(body) <= max_bytes
        return Answer(body, answer.header("etag"))

    with patch("gatepost_verifier.documents.download", download):
        yield


@contextmanager
def served() -> Iterator[tuple[str, Stack]]:
    """Serve the service on a free port inside the block: its issuer and its stack."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    issuer = f"http://localhost:{port}"
    with (
        embedded_aws() as mailbox,
        Stack(ROOT / "template.yaml", mailbox, parameters={**PARAMETERS, "Issuer": issuer}) as stack,
    ):
        server = Server(stack.gateway, port)
        server.start()
        try:
            yield issuer, stack
        finally:
            server.stop()
