"""The HTTP server, and the command that starts it."""

import dataclasses
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.errors import StackError
from local.examples import EXAMPLES, example_ports
from local.limits import scaled_limits
from local.ports import free_port
from local.server import Server
from local.stack import Stack

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def connection(shop: Stack) -> Iterator[http.client.HTTPConnection]:
    """A connection to the shop, served on some free port."""
    with socket.create_server(("127.0.0.1", 0)) as some:
        port = some.getsockname()[1]
    server = Server(shop.gateway, port)
    server.start()
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    yield client
    client.close()
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_requests_come_over_http(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/orders?a=%20b", b"7", {"Content-Type": "text/plain", "X-A": "1", "Cookie": "c=1; d=2"})
    response = connection.getresponse()
    assert (response.status, response.headers["content-type"]) == (200, "application/json")
    assert "server" not in response.headers
    event = json.loads(response.read())["event"]
    assert (event["rawPath"], event["rawQueryString"], event["body"]) == ("/orders", "a=%20b", "7")
    assert (event["cookies"], event["headers"]["x-a"]) == (["c=1", "d=2"], "1")
    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"


def test_answers_go_over_http(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/odd/cookies")
    response = connection.getresponse()
    assert (response.status, response.read()) == (204, b"")
    assert response.headers.get_all("set-cookie") == ["a=1; Secure", "b=2"]
    assert "content-length" not in response.headers
    connection.request("GET", "/odd/binary")
    binary = connection.getresponse()
    assert (binary.headers["content-length"], binary.read()) == ("2", b"\x00\xff")
    connection.request("HEAD", "/odd/binary")
    head = connection.getresponse()
    assert (head.headers["content-length"], head.read()) == ("2", b"")
    connection.request("GET", "/nowhere")
    unknown = connection.getresponse()
    assert (unknown.status, unknown.read()) == (404, b'{"message":"Not Found"}')


def test_bodies_and_headers_over_the_limits(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/status", headers={"Authorization": "x" * 64_000})
    response = connection.getresponse()
    assert (response.status, response.read()) == (431, b'{"message":"Request Header Fields Too Large"}')
    connection.request("POST", "/orders", b"x" * 11_000_000)
    large = connection.getresponse()
    assert (large.status, large.read()) == (413, b'{"message":"Request Entity Too Large"}')


@pytest.fixture
def taken() -> Iterator[str]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


@pytest.mark.parametrize("arguments", [(), ("--reload",)])
@pytest.mark.parametrize("variable", ["PORT", "EXAMPLE_PORT", "EXAMPLE_REST_PORT", "EXAMPLE_WEBSOCKET_PORT"])
def test_a_taken_port_is_told_with_what_to_set(taken: str, variable: str, arguments: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as some, socket.create_server(("127.0.0.1", 0)) as other:
        free = {"PORT": str(some.getsockname()[1]), "EXAMPLE_PORT": str(other.getsockname()[1])}
    run = subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=PROJECT,
        env=os.environ | free | {variable: taken},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith(f"Port {taken} is taken (Address already in use). Set {variable} to another")


# uvicorn leaves its thread by SystemExit then.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_port_that_is_taken_in_the_meantime_is_told(shop: Stack, taken: str) -> None:
    with pytest.raises(StackError, match=f"Port {taken} can't be served"):
        Server(shop.gateway, int(taken)).start()


@pytest.mark.parametrize("text", ["x", "0", "65536", "-1", "3000 "])
def test_what_is_no_port_is_told(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(StackError, match=r"^PORT is "):
        free_port("PORT", 3000)


def test_a_port_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as some:
        free = some.getsockname()[1]
    monkeypatch.delenv("PORT", raising=False)
    assert free_port("PORT", free) == free
    monkeypatch.setenv("PORT", str(free))
    assert free_port("PORT", 1) == free


def test_where_any_port_will_do_a_taken_default_is_no_failure(monkeypatch: pytest.MonkeyPatch, taken: str) -> None:
    monkeypatch.delenv("SOME_PORT", raising=False)
    port = free_port("SOME_PORT", int(taken), or_any_but=frozenset())
    assert port not in (0, int(taken))
    assert free_port("SOME_PORT", port, or_any_but=frozenset()) == port
    # Another stack of this start has it.
    assert free_port("SOME_PORT", port, or_any_but={port}) != port
    monkeypatch.setenv("SOME_PORT", taken)
    with pytest.raises(StackError, match=f"Port {taken} is taken"):
        free_port("SOME_PORT", port, or_any_but=frozenset())


def test_the_examples_take_other_ports_but_the_first(monkeypatch: pytest.MonkeyPatch, taken: str) -> None:
    for example in EXAMPLES:
        monkeypatch.setenv(example.variable, "")
    monkeypatch.setattr("local.examples.EXAMPLES", [dataclasses.replace(EXAMPLES[1], default_port=int(taken))])
    (port,) = example_ports(taken=1).values()
    assert port != int(taken)
    monkeypatch.setattr("local.examples.EXAMPLES", [dataclasses.replace(EXAMPLES[0], default_port=int(taken))])
    with pytest.raises(StackError, match="Set EXAMPLE_PORT to another"):
        example_ports(taken=1)


def test_the_limits_scale_multiplies_every_limit() -> None:
    limits = scaled_limits("100")
    assert limits["GATEPOST_LIMIT_ACCOUNT_FAILURES"] == "1000"
    assert all(name.startswith("GATEPOST_LIMIT_") for name in limits)


@pytest.mark.parametrize("scale", ["0", "-1", "1.5", "many"])
def test_a_limits_scale_that_is_none_is_told(scale: str) -> None:
    with pytest.raises(StackError, match=r"GATEPOST_LIMITS_SCALE is"):
        scaled_limits(scale)
