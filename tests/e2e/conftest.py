"""The local stack as `make run` starts it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.request import urlopen

import pytest

from tests.support import PASSWORD, ROOT

_START_SECONDS = 60


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """The ports of the service and of the example API, which run in a process of their own."""
    port, example_port = _free_port(), _free_port()
    environment = os.environ | {
        "PORT": str(port),
        "EXAMPLE_PORT": str(example_port),
        "GATEPOST_ADMIN_PASSWORD": PASSWORD,
        "PYTHONPATH": os.pathsep.join(["", "layers/core/python", "layers/verifier/python"]),
    }
    stack = subprocess.Popen([sys.executable, "-m", "local"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_until_healthy(stack, port)
        yield port, example_port
    finally:
        stack.send_signal(signal.SIGINT)
        assert stack.wait(10) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(stack: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while stack.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"http://localhost:{port}/health") as answer:
                assert json.load(answer)["status"] == "ok"
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the local stack did not start")
