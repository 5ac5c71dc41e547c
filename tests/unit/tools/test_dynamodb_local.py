"""What the developer is told when DynamoDB Local can't be had. `make test-dynamodb` shows that it runs."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

JAVA_17 = "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2"
JAVA_11 = "echo 'openjdk version \"11.0.27\" 2025-04-15' >&2"
NPM_OFFLINE = "echo 'npm error network' >&2; exit 1"
NPM_OTHER = "while [ $# -gt 1 ]; do shift; done; echo other > $1/amplify-dynamodb-simulator-2.9.30.tgz"


def run(folder: Path, programs: dict[str, str], *command: str, **environment: str) -> tuple[int, str]:
    """Run the tool with nothing but `programs` on PATH. Return its exit code and what it told, and assert that it's no more."""
    path = folder / "bin"
    path.mkdir()
    for name, script in programs.items():
        (path / name).write_text(f"#!/bin/sh\n{script}\n")
        (path / name).chmod(0o755)
    environment |= {"PATH": str(path), "XDG_CACHE_HOME": str(folder / "cache")}
    tool = [sys.executable, str(ROOT / "tools" / "dynamodb_local.py"), *command]
    done = subprocess.run(tool, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == ""
    assert done.stderr.startswith("DynamoDB Local can't be used: ")
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.removeprefix("DynamoDB Local can't be used: ").strip()


@pytest.mark.parametrize(
    ("programs", "told"),
    [
        ({}, "there is no java and no npm on PATH. On Debian: apt-get install default-jre-headless npm"),
        ({"java": JAVA_17}, "there is no npm on PATH. On Debian: apt-get install npm"),
        ({"npm": NPM_OFFLINE}, "there is no java on PATH. On Debian: apt-get install default-jre-headless"),
        ({"npm": NPM_OFFLINE, "java": JAVA_11}, "it needs Java 17 or newer. On Debian: apt-get install default-jre-headless"),
        ({"npm": NPM_OFFLINE, "java": "exit 1"}, "it needs Java 17 or newer. On Debian: apt-get install default-jre-headless"),
        ({"npm": NPM_OFFLINE, "java": JAVA_17}, "npm could not download amplify-dynamodb-simulator 2.9.30."),
        ({"npm": NPM_OTHER, "java": JAVA_17}, "what npm downloaded is not amplify-dynamodb-simulator 2.9.30: it is sha512-"),
    ],
)
def test_what_is_missing_is_told_in_one_message(tmp_path: Path, programs: dict[str, str], told: str) -> None:
    code, message = run(tmp_path, programs, "true")
    assert (code, message[: len(told)]) == (1, told)


def test_an_engine_that_does_not_start_tells_why(tmp_path: Path) -> None:
    (tmp_path / "cache" / "gatepost" / "dynamodb-local-2.9.30").mkdir(parents=True)
    code, message = run(tmp_path, {"java": f"{JAVA_17}; [ $1 = -version ] || {{ echo no memory; exit 1; }}"}, "true")
    assert code == 1
    assert message.startswith("it did not start. It said:")
    assert message.endswith("no memory")


def test_a_named_engine_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        code, message = run(tmp_path, {}, "true", AWS_ENDPOINT_URL_DYNAMODB=url)
    assert code == 1
    assert message.startswith(f"AWS_ENDPOINT_URL_DYNAMODB is {url}, where nothing answers.")


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, message = run(tmp_path, {}, DYNAMODB_PORT=str(port))
    assert code == 1
    assert message.startswith(f"port {port} is taken (")


@pytest.mark.parametrize("port", ["eight", "0", "65536", "-1"])
def test_a_port_that_is_none_is_told(tmp_path: Path, port: str) -> None:
    assert run(tmp_path, {}, DYNAMODB_PORT=port) == (
        1,
        f"DYNAMODB_PORT is {port!r}, which is no port. Set it to a number from 1 to 65535.",
    )
