"""The README's tour, pasted into a shell: what it says happens."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.request import urlopen

import pytest

from tests.support import ROOT

_BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_START_SECONDS = 60
_MARK = "--- end of a block ---"


def _blocks() -> list[tuple[str, str]]:
    return _BLOCK.findall((ROOT / "README.md").read_text())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """The local stack as `make run` starts it, on two free ports."""
    port, example_port = _free_port(), _free_port()
    environment = os.environ | {
        "PORT": str(port),
        "EXAMPLE_PORT": str(example_port),
        "PYTHONPATH": os.pathsep.join(["", "layers/core/python", "layers/verifier/python"]),
    }
    stack = subprocess.Popen([sys.executable, "-m", "local"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_until_healthy(stack, port)
        yield port, example_port
    finally:
        stack.send_signal(signal.SIGINT)
        assert stack.wait(10) == 0


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


def test_the_tour_prints_what_the_readme_shows(ports: tuple[int, int]) -> None:
    blocks = _blocks()
    script = "".join(f"{text}\necho '{_MARK}'\n" for kind, text in blocks if kind == "sh")
    script = script.replace("localhost:3000", f"localhost:{ports[0]}").replace("localhost:3001", f"localhost:{ports[1]}")
    shell = ["bash", "-eu", "-o", "pipefail", "-c", script]
    run = subprocess.run(shell, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    printed = iter(run.stdout.split(_MARK))
    shown = 0
    for (kind, _), (following, expected) in pairwise([*blocks, ("", "")]):
        if kind != "sh":
            continue
        output = next(printed)
        if following == "json":
            shown += 1
            _assert_like(json.loads(output), json.loads(expected))
    assert shown == 8


# What is different at every run.
_RANDOM = {"access_token", "refresh_token", "session_id", "id", "sub", "sid", "created_at", "request_id", "exp"}


def _assert_like(actual: Any, expected: Any) -> None:
    """The same members with the same values, but for those that are different at every run."""
    assert type(actual) is type(expected)
    if not isinstance(expected, dict):
        assert actual == expected
        return
    assert actual.keys() == expected.keys()
    for name in expected.keys() - _RANDOM:
        _assert_like(actual[name], expected[name])
