"""The templates as CloudFormation gets them once SAM has transformed them: by the SAM of .venv-sam, whose pins are its own."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from local.resources import REGION
from tests.support import ROOT

# Where a packaged function's code lies.
BUCKET, CODE = "packaged", "code.zip"
_PYTHON = ROOT / ".venv-sam/bin/python"

Document = dict[str, Any]


def transformed(template: Path, **parameters: str) -> Document:
    """Return the transformed template. It's the same object at every call: not to be changed."""
    return _transformed(template, tuple(f"{name}={value}" for name, value in sorted(parameters.items())))


@cache
def _transformed(template: Path, parameters: tuple[str, ...]) -> Document:
    assert _PYTHON.exists(), "run `make test-deploy`, which brings the SAM that this needs"
    command = [str(_PYTHON), "tools/sam_transform.py", str(template), *parameters]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "AWS_DEFAULT_REGION": REGION}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    document: Document = json.loads(run.stdout)
    return document
