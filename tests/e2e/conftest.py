"""The service as `make run` starts it; the same of what `sam build` made; and that under `sam local`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch
from urllib.request import urlopen

import pytest

from local import TEMPLATE
from local.administrator import PASSWORD_VARIABLE
from local.examples import EXAMPLES
from local.run import serving
from tests.e2e.built import built_lambda, built_template, free_port
from tests.e2e.sam_local import sam_local
from tests.support import PASSWORD, ROOT

_START_SECONDS = 60


@dataclass(frozen=True)
class Running:
    """The ports of the service and of the examples. Under `sam local` there is the first example alone."""

    service: int
    orders: int
    orders_rest: int = 0
    chat: int = 0


SOURCES = "sources"
BUILT = pytest.param("built", marks=pytest.mark.built)
SAM_LOCAL = pytest.param("sam local", marks=pytest.mark.sam_local)


@pytest.fixture(scope="module", params=[SOURCES, BUILT, SAM_LOCAL])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service and the examples, which answer."""
    ports = Running(free_port(), free_port(), free_port(), free_port())
    with {"sources": _from_sources, "built": _built, "sam local": _under_sam_local}[request.param](
        ports, tmp_path_factory.mktemp("lambda")
    ):
        with urlopen(f"http://localhost:{ports.service}/health") as answer:
            assert json.load(answer)["status"] == "ok"
        yield ports


@pytest.fixture(scope="module")
def ports(running: Running) -> tuple[int, int]:
    """The ports of the service and of the example API."""
    return running.service, running.orders


@contextmanager
def _from_sources(ports: Running, _: Path) -> Iterator[None]:
    """`make run`, a process of its own."""
    environment = os.environ | {
        "PORT": str(ports.service),
        "EXAMPLE_PORT": str(ports.orders),
        "EXAMPLE_REST_PORT": str(ports.orders_rest),
        "EXAMPLE_WEBSOCKET_PORT": str(ports.chat),
        PASSWORD_VARIABLE: PASSWORD,
        "PYTHONPATH": os.pathsep.join(["", "layers/core/python", "layers/verifier/python"]),
    }
    stack = subprocess.Popen([sys.executable, "-m", "local"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_until_ready(stack, ports.service)
        yield
    finally:
        stack.send_signal(signal.SIGINT)
        assert stack.wait(10) == 0


def _wait_until_ready(stack: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while stack.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(f"http://localhost:{port}/health").close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the local stack did not start")


@contextmanager
def _built(ports: Running, folder: Path) -> Iterator[None]:
    """The same local stack, whose functions are the built ones."""
    its_port = {"orders-local": ports.orders, "orders-rest-local": ports.orders_rest, "chat-local": ports.chat}
    examples = {replace(each, template=built_template(each.template)): its_port[each.stack] for each in EXAMPLES}
    with (
        patch.dict(os.environ, {PASSWORD_VARIABLE: PASSWORD}),
        built_lambda(folder) as functions,
        serving(ports.service, examples, built_template(TEMPLATE), functions.cold_start),
    ):
        yield


@contextmanager
def _under_sam_local(ports: Running, folder: Path) -> Iterator[None]:
    """`sam local start-api` for the service and for the orders."""
    with patch.dict(os.environ, {PASSWORD_VARIABLE: PASSWORD}), sam_local(ports.service, ports.orders, folder):
        yield
