"""`make run` on DynamoDB Local: what it holds outlives the process."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from local.aws import DYNAMODB_URL
from tests.support import PASSWORD, ROOT, new_email

pytestmark = pytest.mark.dynamodb

_START_SECONDS = 60


@dataclass(frozen=True)
class Process:
    """The local stack in a process of its own."""

    port: int

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
        """Send a request and return the status and the JSON of the answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {"content-type": "application/json"} | dict(headers or {})
        connection.request(method, path, json.dumps(body) if body else None, sent)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, json.loads(content) if content else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(project: Path, port: int, engine: str) -> Iterator[Process]:
    """Run `python -m local` in the folder `project` inside the block, and stop it as Ctrl-C does."""
    layers = (ROOT / "layers" / name / "python" for name in ("core", "verifier"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GATEPOST_"))} | {
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, *layers))),
        "PORT": str(port),
        DYNAMODB_URL: engine,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    stack = Process(port)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _healthy(stack):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "the local stack did not get ready"
            time.sleep(0.05)
        yield stack
    finally:
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=30)
    assert process.returncode == 0, printed
    assert f"except for the tables at {engine}" in printed


def _healthy(stack: Process) -> bool:
    try:
        return stack.call("GET", "/health")[0] == 200
    except OSError:
        return False


def test_accounts_sessions_and_signing_keys_outlive_the_process(project: Path, engine: str) -> None:
    email, port = new_email(), free_port()
    credentials = {"email": email, "password": PASSWORD}
    with running(project, port, engine) as stack:
        assert stack.call("POST", "/v1/auth/register", credentials)[0] == 202
        (mail,) = stack.call("GET", f"/_local/mailbox?to={email}")[1]
        token = mail["links"][0].partition("token=")[2]
        status, before = stack.call("POST", "/v1/auth/verify-email", {"token": token, "password": PASSWORD})
        assert status == 200
        keys = stack.call("GET", "/.well-known/jwks.json")

    with running(project, port, engine) as stack:
        assert stack.call("GET", "/.well-known/jwks.json") == keys
        status, after = stack.call("POST", "/v1/auth/login", credentials)
        assert status == 200
        for signed_in in (before, after):
            profile = stack.call("GET", "/v1/me", headers={"authorization": f"Bearer {signed_in['access_token']}"})
            assert profile == (200, before["user"])
            assert stack.call("POST", "/v1/auth/refresh", {"refresh_token": signed_in["refresh_token"]})[0] == 200
        assert stack.call("GET", "/_local/mailbox") == (200, [])  # what was sent is not sent again
