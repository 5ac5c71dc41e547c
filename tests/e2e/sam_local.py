"""The built service under the real `sam local start-api`, and the orders example behind its authorizer beside it.

`sam local` runs functions in containers and has nothing else of a stack. So tables, keys, mails, streams and custom resources
are the local stack's, whose functions are the built ones too: the mailer sends, in a process of its own, what the containers
write into the outbox. docs/decisions/0026-what-is-built.md says what that proves.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from local import TEMPLATE
from local.aws import CREDENTIALS, embedded_aws
from local.events import Request, Response
from local.examples import EXAMPLES
from local.gateway import AnswersRequests
from local.ports import HOST
from local.refusals import Reason, gateway_response
from local.resources import REGION
from local.run import AUDIENCE, service_parameters
from local.seed import ensure_administrator
from local.server import Server
from local.stack import Stack
from tests.e2e.built import PROCESSOR, PYTHON, built_lambda, built_template, free_port
from tests.e2e.sam_template import orders_for_sam, service_for_sam
from tests.support import PASSWORD

# Docker makes an image for each set of layers, and some of its storage drivers copy a whole one for every step.
_START_SECONDS = 1800
_REFUSED_BY_REST_API = {"message": "User is not authorized to access this resource"}


@contextmanager
def sam_local(port: int, orders_port: int, folder: Path) -> Iterator[None]:
    """Serve the service and the orders on these ports inside the block."""
    issuer = f"http://localhost:{port}"
    image = os.environ["SAM_IMAGE"]
    # This machine's address for containers.
    bridge = _docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}")
    with ExitStack() as cleanup:
        functions = cleanup.enter_context(built_lambda(folder, bridge))
        mailbox = cleanup.enter_context(embedded_aws())
        stack = Stack(
            built_template(TEMPLATE),
            mailbox,
            parameters=service_parameters(issuer),
            prepare=partial(ensure_administrator, password=PASSWORD),
            cold_start=functions.cold_start,
        )
        cleanup.enter_context(stack).start()

        def serve(template: Path, path: str, port: int, *hosts: str, **parameters: str) -> None:
            api = _SamLocal(cleanup.enter_context(_start_api(template, path, image, folder, parameters)), stack.gateway)
            for host in (HOST, *hosts):
                server = Server(api, port, host)
                server.start()
                cleanup.callback(server.stop)

        service = _written(folder / "service.json", service_for_sam(stack.template, functions.aws))
        serve(service, "/health", port, bridge)
        # Beside the built one, whose paths are relative.
        built_orders = built_template(EXAMPLES[0].template)
        orders = _written(built_orders.with_name("sam-local.json"), orders_for_sam(built_orders))
        serve(orders, "/status", orders_port, Issuer=issuer, Audience=AUDIENCE, Architecture=PROCESSOR)
        yield


class _SamLocal:
    """The API that `sam local` serves on `port`, with the pages of the local stack."""

    def __init__(self, port: int, pages: AnswersRequests) -> None:
        self._port = port
        self._pages = pages

    def handle(self, request: Request) -> Response:
        if request.path.startswith("/_local/"):
            return self._pages.handle(request)
        connection = HTTPConnection(HOST, self._port)
        connection.request(request.method, request.target, request.body, dict(request.headers))
        answer = connection.getresponse()
        headers = tuple((name.lower(), value) for name, value in answer.getheaders())
        body = answer.read()
        # The words of a REST API, where an HTTP API has others.
        if answer.status == HTTPStatus.FORBIDDEN and json.loads(body) == _REFUSED_BY_REST_API:
            return gateway_response("HTTP", Reason.ACCESS_DENIED)
        return Response(answer.status, headers, body)


def _written(path: Path, template: dict[str, Any]) -> Path:
    path.write_text(json.dumps(template, indent=2))
    return path


@contextmanager
def _start_api(template: Path, path: str, image: str, folder: Path, parameters: Mapping[str, str]) -> Iterator[int]:
    """Run `sam local start-api` inside the block, which begins when `path` is answered. Yields the port."""
    port = free_port()
    command = [str(PYTHON.parent / "sam"), "local", "start-api", "--template", str(template), "--port", str(port)]
    command += ["--invoke-image", image, "--skip-pull-image", "--warm-containers", "EAGER", "--region", REGION]
    # In a container localhost is the container first and then this machine: the issuer and AWS have one name for both.
    command += ["--add-host", "localhost:host-gateway"]
    if parameters:
        command += ["--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())]
    log = folder / f"sam-{template.stem}.log"
    environment = os.environ | CREDENTIALS | {"SAM_CLI_TELEMETRY": "0"}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_until_ready(process, f"http://{HOST}:{port}{path}", log)
        yield port
    finally:
        process.terminate()
        # It removes its containers, which takes some storage drivers as long as making them.
        process.wait(300)


def _wait_until_ready(process: "subprocess.Popen[bytes]", probe: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(probe, timeout=_START_SECONDS).close()
        except HTTPError as exc:
            pytest.fail(f"{probe} answers {exc.code}\n{log.read_text()}")
        except OSError:
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"sam local did not start\n{log.read_text()}")


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout.strip()
