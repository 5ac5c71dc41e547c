"""The built service under the real `sam local start-api`, and the orders example behind its authorizer beside it.

`sam local` runs functions in containers and has nothing else of a stack. So tables, keys, mails, streams and custom resources
are the local stack's, whose functions are the built ones too: the mailer sends, in a process of its own, what the containers
write into the outbox. docs/decisions/0026-what-is-built.md says what that proves.
"""

import http.client
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from local import TEMPLATE
from local.aws import CREDENTIALS, embedded_aws
from local.events import Request, Response
from local.examples import EXAMPLES
from local.model import Function, Template
from local.ports import HOST
from local.resources import REGION
from local.run import AUDIENCE, service_parameters
from local.seed import ensure_administrator
from local.server import Server
from local.stack import Stack
from tests.e2e.built import PYTHON, built_lambda, built_template, free_port
from tests.support import PASSWORD, SHARED

# Docker may have to make an image for each set of layers.
_START_SECONDS = 900
_IMAGE_MAKER = SHARED / "tools/sam-local-image"


@contextmanager
def sam_local(port: int, orders_port: int, folder: Path) -> Iterator[None]:
    """Serve the service and the orders on these ports inside the block."""
    issuer = f"http://localhost:{port}"
    image, bridge = _image(), _docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}")
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
        template = folder / "sam-local.json"
        template.write_text(json.dumps(sam_template(stack.template, functions.aws)))
        api = _Forwarding(stack, free_port())
        for host in (HOST, bridge):
            server = Server(api, port, host)
            server.start()
            cleanup.callback(server.stop)
        orders = built_template(EXAMPLES[0].template)
        cleanup.enter_context(_start_api(template, api.port, image, folder, f"http://{HOST}:{api.port}/health"))
        cleanup.enter_context(
            _start_api(
                *(orders, orders_port, image, folder, f"http://{HOST}:{orders_port}/status"),
                *(f"Issuer={issuer}", f"Audience={AUDIENCE}"),
            )
        )
        yield


class _Forwarding:
    """The pages of the local stack, and the API of `sam local` on `port`."""

    def __init__(self, stack: Stack, port: int) -> None:
        self._stack = stack
        self.port = port

    def handle(self, request: Request) -> Response:
        if request.path.startswith("/_local/"):
            return self._stack.gateway.handle(request)
        connection = http.client.HTTPConnection(HOST, self.port)
        connection.request(request.method, request.target, request.body, dict(request.headers))
        answer = connection.getresponse()
        headers = tuple((name.lower(), value) for name, value in answer.getheaders())
        return Response(answer.status, headers, answer.read())


def sam_template(template: Template, aws: Mapping[str, str]) -> dict[str, Any]:
    """Return the functions and routes of the service as `sam local` understands them, with `aws` in every environment.

    It reads routes that are resources only where the API is the first of all resources that it could serve; it names tables by
    their logical ids; and of an environment it sets no variable that the template doesn't have.
    """
    layers = {layer for function in template.functions.values() for layer in function.layers}
    api = {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "gatepost", "ProtocolType": "HTTP"}},
        "Stage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default"}},
    }
    resources: dict[str, Any] = api | {layer.name: _layer(layer) for layer in layers}
    for logical_id in {route.function for route in template.routes}:
        resources[logical_id] = _function(template.functions[logical_id], aws)
        resources[f"{logical_id}Integration"] = _integration(logical_id)
    for number, route in enumerate(template.routes):
        resources[f"Route{number}"] = {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": route.key,
                "Target": {"Fn::Sub": f"integrations/${{{route.function}Integration}}"},
            },
        }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": resources,
    }


def _layer(layer: Path) -> dict[str, Any]:
    return {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": str(layer)}}


def _function(function: Function, aws: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": function.handler,
            "CodeUri": str(function.code),
            "Layers": [{"Ref": layer.name} for layer in function.layers],
            "MemorySize": function.memory,
            "Timeout": function.timeout,
            "Environment": {"Variables": {**function.environment, **aws}},
        },
    }


def _integration(function: str) -> dict[str, Any]:
    return {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": {"Fn::GetAtt": [function, "Arn"]},
            "PayloadFormatVersion": "2.0",
        },
    }


@contextmanager
def _start_api(template: Path, port: int, image: str, folder: Path, probe: str, *parameters: str) -> Iterator[None]:
    """Run `sam local start-api` inside the block; it begins when `probe` is answered."""
    command = [str(PYTHON.parent / "sam"), "local", "start-api", "--template", str(template), "--port", str(port)]
    command += ["--invoke-image", image, "--skip-pull-image", "--warm-containers", "LAZY", "--region", REGION]
    # In a container localhost is the container first and then this machine: the issuer and AWS have one name for both.
    command += ["--add-host", "localhost:host-gateway"]
    if parameters:
        command += ["--parameter-overrides", *parameters]
    log = folder / f"sam-{port}.log"
    environment = os.environ | CREDENTIALS | {"SAM_CLI_TELEMETRY": "0"}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_until_ready(process, probe, log)
        yield
    finally:
        process.terminate()
        process.wait(60)


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


def _image() -> str:
    """Return the name of the image that functions run in; make it where the means are at hand."""
    image = os.environ.get("SAM_IMAGE", "")
    found = subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False)
    if found.returncode and _IMAGE_MAKER.exists():
        subprocess.run([str(_IMAGE_MAKER)], check=True)
    elif found.returncode:
        pytest.fail(f"Docker has no image {image!r}, or doesn't run: `make test-sam-local` says how to get one")
    return image


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout.strip()
