"""What `sam build` made answers real events, each function in a process of its own under Lambda's runtime interface client.

Such a process sees what it would see in Lambda: the built function, the built layers, the Python that Lambda runs, and no
package of this environment. Everything around it is the local stack: tables, gateway, streams, CloudFormation. AWS is moto
behind HTTP. `make test-built` builds first.
"""

import json
import os
import platform
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from moto.server import ThreadedMotoServer

from local.aws import embedded_aws
from local.model import Function
from local.stack import Stack
from tests.integration.ses_feedback import bounce

pytestmark = pytest.mark.built

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".aws-sam/this-machine/build"
PYTHON = ROOT / ".venv-sam/bin/python"
PACKAGES = ROOT / ".venv-sam/lib/python3.13/site-packages"
# SAM ships it for `sam local`: Lambda's side of the runtime API.
EMULATOR = PACKAGES / f"samcli/local/rapid/aws-lambda-rie-{'arm64' if platform.machine() in ('arm64', 'aarch64') else 'x86_64'}"
# The runtime interface client and what it needs; in Lambda they lie in a folder of the runtime's own.
RUNTIME_CLIENT = ("awslambdaric", "runtime_client.*.so", "simplejson", "snapshot_restore_py.py")

PARAMETERS = {
    "Issuer": "https://auth.example.com",
    "Audience": "https://api.example.com",
    "ServiceName": "Gatepost",
    "FirstAdminEmail": "first-admin@example.com",
    "MailFrom": "no-reply@example.com",
}
ADA = {"email": "ada@example.com", "password": "correct horse battery staple"}


class BuiltFunction:
    """A function of the built template in a process of its own; stands where the local stack has its `LambdaFunction`."""

    def __init__(self, function: Function, aws_url: str, runtime: Path, log: Path) -> None:
        self._function = function
        self._log = log
        port = _free_port()
        self._url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        emulator = [str(EMULATOR), "--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
        emulator += ["--runtime-api-address", f"127.0.0.1:{_free_port()}"]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                # -S: nothing of .venv-sam, which holds a boto3 and a pydantic that would hide what a layer lacks.
                [*emulator, str(PYTHON), "-S", "-m", "awslambdaric", function.handler],
                cwd=function.code,
                env=_environment(function, aws_url, runtime),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def invoke(self, event: Any) -> Any:
        """Return the function's answer to `event`. Raises `AssertionError` with the function's log if it has none."""
        answer = self._post(json.dumps(event).encode())
        assert not (isinstance(answer, dict) and "errorType" in answer), f"{answer}\n{self._log.read_text()}"
        return answer

    def _post(self, body: bytes) -> Any:
        started = time.monotonic()
        while True:
            try:
                with urllib.request.urlopen(self._url, body, timeout=self._function.timeout) as response:
                    return json.loads(response.read())
            except urllib.error.URLError as exc:
                # The emulator needs a moment until it listens.
                starting = isinstance(exc.reason, ConnectionRefusedError) and self._process.poll() is None
                if not starting or time.monotonic() > started + 10:
                    raise AssertionError(f"{exc}\n{self._log.read_text()}") from exc
                time.sleep(0.02)

    def stop(self) -> None:
        """End the process; the emulator ends the function."""
        self._process.terminate()
        self._process.wait(timeout=10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(function: Function, aws_url: str, runtime: Path) -> dict[str, str]:
    """Return what Lambda and the template set, and nothing of this process but the credentials of the embedded AWS."""
    layers = [str(layer / "python") for layer in reversed(function.layers)]  # a later layer covers an earlier one
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return (
        aws
        | {
            "AWS_ENDPOINT_URL": aws_url,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout),
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "PYTHONPATH": os.pathsep.join([*layers, str(runtime)]),
            "TZ": ":UTC",
        }
        | dict(function.environment)
    )


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack of the built template. Creating it runs the custom resource that makes the first signing keys."""
    assert BUILT.is_dir(), "nothing is built for this machine: run `make test-built`"
    folder = tmp_path_factory.mktemp("lambda")
    runtime = folder / "runtime"
    runtime.mkdir()
    for pattern in RUNTIME_CLIENT:
        (package,) = PACKAGES.glob(pattern)
        (runtime / package.name).symlink_to(package)
    with ExitStack() as cleanup:
        mailbox = cleanup.enter_context(embedded_aws())
        # Answers over HTTP from the same memory.
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
        cleanup.callback(server.stop)
        host, port = server.get_host_and_port()

        def start(function: Function, _: Mapping[str, str]) -> BuiltFunction:
            built = BuiltFunction(function, f"http://{host}:{port}", runtime, folder / f"{function.logical_id}.log")
            cleanup.callback(built.stop)
            return built

        with patch("local.stack.LambdaFunction", start):
            yield cleanup.enter_context(Stack(BUILT / "template.yaml", mailbox, name="gatepost-built", parameters=PARAMETERS))


def test_the_built_service_signs_up_and_signs_in_a_user(stack: Stack) -> None:
    assert stack.request("GET", "/health").status == 200
    key_set = stack.request("GET", "/.well-known/jwks.json")
    assert (key_set.status, len(json.loads(key_set.body)["keys"])) == (200, 2)

    assert stack.request("POST", "/v1/auth/register", body=ADA).status == 202
    (mail,) = stack.mails(to=ADA["email"])
    token = mail.links[0].partition("token=")[2]

    verified = stack.request("POST", "/v1/auth/verify-email", body={"token": token, "password": ADA["password"]})
    assert verified.status == 200
    signed_in = stack.request("POST", "/v1/auth/login", body=ADA)
    assert signed_in.status == 200

    bearer = {"authorization": f"Bearer {json.loads(signed_in.body)['access_token']}"}
    profile = stack.request("GET", "/v1/me", headers=bearer)
    assert (profile.status, json.loads(profile.body)["email"]) == (200, ADA["email"])
    assert stack.request("GET", "/v1/me").status == 401

    assert stack.functions["FeedbackFunction"].invoke(bounce(ADA["email"])) == {"marked": 1}
    told = json.loads(stack.request("GET", "/v1/me", headers=bearer).body)["mail_stopped"]
    assert told["reason"] == "bounced"


def test_every_module_is_compiled_once_for_lambdas_python() -> None:
    """Lambda can't write bytecode; and what another Python compiled, copied along, would only be carried about."""
    expected = {path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc" for path in BUILT.rglob("*.py")}
    assert set(BUILT.rglob("*.pyc")) == expected


def test_layers_and_functions_lie_where_lambda_imports_them() -> None:
    for path in (
        "RuntimeLayer/python/jwt/__init__.py",
        "ApiLayer/python/fastapi/__init__.py",
        "VerifierLayer/python/gatepost_verifier/__init__.py",
        "CoreLayer/python/gatepost/__init__.py",
        "AccountFunction/functions/account/app.py",
        "AdminFunction/functions/admin/app.py",
        "MailerFunction/functions/mailer/app.py",
        "FeedbackFunction/functions/feedback/app.py",
        "KeysFunction/functions/keys/app.py",
    ):
        assert (BUILT / path).is_file(), f"{path} is missing in {BUILT}"
