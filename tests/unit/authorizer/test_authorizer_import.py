"""The function as Lambda starts it: a fresh process with nothing but its own bundle and layers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in (".", "layers/verifier/python")),
    "GATEPOST_ISSUER": "https://auth.example.com",
    "GATEPOST_AUDIENCE": "https://api.example.com",
    "GATEPOST_ROUTES": "GET /orders = orders:read",
}
SEES_EVERYTHING = """
import sys
seen = []
sys.addaudithook(lambda name, _: seen.append(name))
from functions.authorizer.app import handler
assert not [name for name in seen if name.startswith(("socket.", "subprocess.", "urllib.", "http.", "_thread."))], seen
forbidden = {"boto3", "botocore", "fastapi", "starlette", "mangum", "pydantic", "aws_lambda_powertools", "gatepost"}
assert not forbidden & {name.partition(".")[0] for name in sys.modules}
try:
    handler({"version": "2.0"}, None)
except Exception as error:
    assert str(error) == "Unauthorized"
else:
    raise AssertionError("it answered")
"""


def _run(program: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in {**ENVIRONMENT, **changes}.items() if value is not None}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)


def test_a_cold_start_loads_pyjwt_and_the_standard_library_and_does_no_io() -> None:
    done = _run(SEES_EVERYTHING)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"GATEPOST_ISSUER": None}, "SettingsError: GATEPOST_ISSUER must be set"),
        ({"GATEPOST_AUDIENCE": None}, "SettingsError: GATEPOST_AUDIENCE must be set"),
        ({"GATEPOST_ROUTES": "GET /orders"}, "SettingsError: GATEPOST_ROUTES, line 1, column 12: expected ="),
    ],
)
def test_j14_it_refuses_to_start_without_its_settings(changes: dict[str, str | None], message: str) -> None:
    done = _run("import functions.authorizer.app", **changes)
    assert done.returncode == 1
    assert message in done.stderr
