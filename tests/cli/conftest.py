"""A local stack that the command line reaches by its port."""

from collections.abc import Iterator
from contextlib import closing
from socket import socket

import pytest

from gatepost.config import AdminSettings
from gatepost.service import Service, connect
from local.ports import HOST
from local.server import Server
from local.stack import Stack
from tests.cli.support import Operator


@pytest.fixture(scope="module")
def url(stack: Stack) -> Iterator[str]:
    """Where the service answers, and with it its embedded AWS."""
    with closing(socket()) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    server = Server(stack.gateway, port)
    server.start()
    yield f"http://localhost:{port}"
    server.stop()


@pytest.fixture
def operator(stack: Stack, url: str) -> Operator:
    """An operator of the local stack."""
    return Operator(stack, ("--local", url))


@pytest.fixture(scope="module")
def service(stack: Stack) -> Service:
    """What the rules work with, as the command line has it of the local stack."""
    return connect(AdminSettings.from_environment(stack.functions["AdminFunction"].definition.environment))
