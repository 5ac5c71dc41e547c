"""SnapStart: nothing unique or secret is made before a snapshot, and what was begun before is begun anew after it."""

import json
import os
import random
import subprocess
import sys
from typing import Any
from unittest.mock import patch

import pytest
import snapshot_restore_py

from gatepost.aws.snapshots import renew_randomness
from local.functions import LambdaFunction
from local.model import Function
from local.stack import Stack
from local.template import read_template
from tests.calls import recorded
from tests.integration.accounts import new_user
from tests.integration.cold_start import __file__ as cold_start
from tests.support import PARAMETERS, ROOT, Api

FUNCTIONS = {
    **read_template(ROOT / "template.yaml", "snapshots", PARAMETERS).functions,
    "AuthorizerFunction": read_template(
        ROOT / "examples" / "orders" / "template.yaml", "orders", {"Issuer": "https://auth.example.com", "Audience": "orders"}
    ).functions["AuthorizerFunction"],
}
RENEWED = ["gatepost.aws.snapshots.renew_randomness"]
# What libraries draw as they're imported, and why it may be in a snapshot.
HARMLESS = {
    # Names of variables of this process, which nobody else sees.
    "opentelemetry/context/__init__.py",
    # The secret between this process and children that it might start with `multiprocessing`: nobody does.
    "python3.11/multiprocessing/process.py",
}


def hooks() -> Any:
    """What Lambda calls after a restore: functions with their arguments."""
    return snapshot_restore_py.get_after_restore()


def imported(function: Function) -> dict[str, Any]:
    """What the import of a function's handler does in a process of its own."""
    layers = [ROOT / "layers" / name / "python" for name in ("core", "verifier")]
    environment = {
        "PYTHONPATH": os.pathsep.join(map(str, [ROOT, *layers])),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "LAMBDA_TASK_ROOT": str(function.code),
        **function.environment,
    }
    command = [sys.executable, cold_start, function.handler.rpartition(".")[0]]
    done = subprocess.run(command, env=environment, cwd=function.code, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.parametrize("name", FUNCTIONS)
def test_importing_a_function_draws_opens_and_starts_nothing(name: str) -> None:
    report = imported(FUNCTIONS[name])
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert {path.replace(version, "python3.11") for path in report["drawn"]} <= HARMLESS
    assert report["network"] == []
    assert report["random"] is False
    assert report["threads"] == 0
    # With its first context OpenSSL's generator has begun.
    assert report["hooks"] == (RENEWED if report["tls"] else [])


def test_two_environments_of_one_snapshot_draw_different_numbers() -> None:
    """Both begin with the same state, which no fork of a process does: Python and OpenSSL notice those by themselves."""
    snapshot = random.getstate()
    without = []
    for _ in range(2):
        random.setstate(snapshot)
        without.append(random.random())
    assert without[0] == without[1]
    drawn, added = [], []
    with patch("ssl.RAND_add", lambda *entropy: added.append(entropy)):
        for _ in range(2):
            random.setstate(snapshot)
            renew_randomness()
            drawn.append(random.random())
    assert drawn[0] != drawn[1]
    assert added[0] != added[1]
    assert [(len(bytes_), bits) for bytes_, bits in added] == [(48, 48)] * 2


def test_the_hook_is_registered_once_however_many_clients_are_made(stack: Stack) -> None:
    for _ in range(2):
        LambdaFunction(stack.functions["AccountFunction"].definition)
    assert [hook for hook, *_ in hooks()].count(renew_randomness) == 1


def test_a_restored_environment_serves_as_any_other_does(stack: Stack) -> None:
    """Two of one snapshot, each with its hooks run: all that they make is their own, and each reads what it needs."""
    user, made = new_user(stack), set[str]()
    state = random.getstate()
    for _ in range(2):
        environment = LambdaFunction(stack.functions["AccountFunction"].definition)
        random.setstate(state)
        for hook, args, options in hooks():
            hook(*args, **options)
        with patch.dict(stack.functions, {"AccountFunction": environment}), recorded() as calls:
            signed_in = Api(stack).login(user.email).json()
        assert {"GetItem", "Decrypt"} <= {call.operation for call in calls}  # the ring and its key, of now
        made |= {signed_in["session_id"], signed_in["refresh_token"], signed_in["access_token"]}
    assert len(made) == 6
