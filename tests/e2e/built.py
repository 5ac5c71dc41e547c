"""What `sam build` made, each function in a process of its own under Lambda's runtime interface client.

Such a process sees what it would see in Lambda: the built function, the built layers in one folder, the Python that Lambda
runs, and no package of this environment. AWS is the embedded one, over HTTP.
"""

import json
import os
import platform
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from local.aws import CREDENTIALS, DYNAMODB_URL
from local.aws_endpoint import PATH, aws_pages
from local.events import Request, Response
from local.model import Function
from local.ports import HOST
from local.server import Server
from tests.support import ROOT

THIS_MACHINE = ROOT / ".aws-sam/this-machine"
# Processes that test side by side begin at places of their own.
_ports = iter(range(10_000 + os.getpid() % 200 * 100, 32_000))
PYTHON = ROOT / ".venv-sam/bin/python"
_PACKAGES = ROOT / ".venv-sam/lib/python3.13/site-packages"
# This machine's, by Lambda's name.
PROCESSOR = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
# SAM ships it for `sam local`: Lambda's side of the runtime API.
_EMULATOR = _PACKAGES / "samcli/local/rapid" / f"aws-lambda-rie-{PROCESSOR}"
# The runtime interface client and what it needs; in Lambda they lie in a folder of the runtime's own.
_RUNTIME_CLIENT = ("awslambdaric", "runtime_client.*.so", "simplejson", "snapshot_restore_py.py")


def built_template(template: Path) -> Path:
    """Return what `sam build` made of a template of this project, for this machine."""
    built = THIS_MACHINE / template.parent.name / "build/template.yaml"
    assert built.is_file(), "nothing is built for this machine: run `make test-built`"
    return built


class FunctionError(Exception):
    """What a function raised, in its own words; a note holds its log."""


class BuiltFunction:
    """A built function in a process of its own; as one environment in Lambda, it takes one event at a time."""

    def __init__(self, function: Function, environment: Mapping[str, str], log: Path) -> None:
        self.definition = function
        self._log = log
        self._one_at_a_time = threading.Lock()
        port = free_port()
        self._url = f"http://{HOST}:{port}/2015-03-31/functions/function/invocations"
        emulator = [str(_EMULATOR), "--runtime-interface-emulator-address", f"{HOST}:{port}"]
        emulator += ["--runtime-api-address", f"{HOST}:{free_port()}"]
        # -S: nothing of .venv-sam, which holds a boto3 and a pydantic that would hide what a layer lacks.
        command = [*emulator, str(PYTHON), "-S", "-m", "awslambdaric", function.handler]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, cwd=function.code, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    def invoke(self, event: Any) -> Any:
        """Return the function's answer to `event`. Raises `FunctionError`; `AssertionError` if it doesn't run."""
        with self._one_at_a_time:
            answer = self._post(json.dumps(event).encode())
        if isinstance(answer, dict) and "errorType" in answer:
            error = FunctionError(answer["errorMessage"])
            error.add_note(self.log)
            raise error
        return answer

    def _post(self, body: bytes) -> Any:
        started = time.monotonic()
        while True:
            try:
                with urllib.request.urlopen(self._url, body, timeout=self.definition.timeout) as response:
                    return json.loads(response.read())
            except urllib.error.URLError as exc:
                # The emulator needs a moment until it listens.
                starting = isinstance(exc.reason, ConnectionRefusedError) and self._process.poll() is None
                if not starting or time.monotonic() > started + 10:
                    raise AssertionError(f"{exc}\n{self.log}") from exc
                time.sleep(0.02)

    @property
    def log(self) -> str:
        """What the function and the emulator have written so far."""
        return self._log.read_text()

    @property
    def process_id(self) -> int:
        """The function's own process, the emulator's child (proc_pid_task_children(5): on Linux alone)."""
        emulator = self._process.pid
        threads = Path(f"/proc/{emulator}/task").glob("*/children")
        (child,) = (int(number) for thread in threads for number in thread.read_text().split())
        return child

    def stop(self) -> None:
        """End the process; the emulator ends the function."""
        self._process.terminate()
        self._process.wait(timeout=10)


class Lambda:
    """Starts built functions, which find AWS at `aws_url` by the variables `aws`. What they need and write lies in `folder`."""

    def __init__(self, folder: Path, aws_url: str) -> None:
        self._folder = folder
        self.aws = CREDENTIALS | {"AWS_ENDPOINT_URL": aws_url}
        if DYNAMODB_URL in os.environ:
            self.aws[DYNAMODB_URL] = os.environ[DYNAMODB_URL]
        self._started: list[BuiltFunction] = []
        self._layers: dict[tuple[Path, ...], Path] = {}
        self._runtime = folder / "runtime"
        self._runtime.mkdir()
        for pattern in _RUNTIME_CLIENT:
            (package,) = _PACKAGES.glob(pattern)
            (self._runtime / package.name).symlink_to(package)

    def cold_start(self, function: Function, settings: Mapping[str, str]) -> BuiltFunction:
        """Start `function` with these environment variables beside its own."""
        log = self._folder / f"{function.name}.log"
        self._started.append(BuiltFunction(function, self.environment(function) | dict(settings), log))
        return self._started[-1]

    def stop(self) -> None:
        """End all processes."""
        for function in self._started:
            function.stop()

    def environment(self, function: Function) -> dict[str, str]:
        """Return what Lambda and the template set, and nothing of this process but the credentials of the embedded AWS.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        of_lambda = {
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout),
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "LAMBDA_TASK_ROOT": str(function.code),
            "PYTHONPATH": os.pathsep.join([str(self._opt(function.layers) / "python"), str(self._runtime)]),
            "TZ": ":UTC",
        }
        return self.aws | of_lambda | dict(function.environment)

    def _opt(self, layers: tuple[Path, ...]) -> Path:
        """Return a folder that holds the layers as /opt does: one over the other, a later one covers an earlier one."""
        if layers not in self._layers:
            opt = self._layers[layers] = self._folder / f"opt-{len(self._layers)}"
            opt.mkdir()
            for layer in layers:
                shutil.copytree(layer, opt, dirs_exist_ok=True)
        return self._layers[layers]


class _AwsAlone:
    """Answers what is signed for AWS from the memory of `embedded_aws`, and nothing else."""

    _answer = staticmethod(aws_pages({}, {}, {})[PATH])

    def handle(self, request: Request) -> Response:
        return self._answer(request)


@contextmanager
def built_lambda(folder: Path, *hosts: str) -> Iterator[Lambda]:
    """Start built functions inside the block, and stop them after it. AWS answers at the addresses `hosts`, too."""
    with ExitStack() as cleanup:
        port = free_port()
        for host in (HOST, *hosts):
            server = Server(_AwsAlone(), port, host)
            server.start()
            cleanup.callback(server.stop)
        functions = Lambda(folder, f"http://localhost:{port}{PATH}")
        cleanup.callback(functions.stop)
        yield functions


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on, and each time another one.

    It's below those that systems give to connections on their way out, which could take it before who asked does.
    """
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue  # somebody else's
            return port
    raise AssertionError("no port is free")
