"""What does a cold start of the authorizer cost beside the import of PyJWT, which no verifier can do without?"""

import os
import subprocess
import sys

from benchmarks.figures import Figure
from benchmarks.measuring import ROUNDS, in_turns

_ENVIRONMENT = {
    "GATEPOST_ISSUER": "https://auth.example.com",
    "GATEPOST_AUDIENCE": "https://api.example.com",
    "GATEPOST_ROUTES": "GET /orders = orders:read; POST /orders = orders:write & mfa",
}
# Of the processor, so that a busy machine doesn't count.
_PROGRAM = "import time; began = time.process_time(); import {}; print(time.process_time() - began)"


def measure(rounds: int = ROUNDS) -> list[Figure]:
    """Import both in fresh processes, in turns."""
    ours, theirs = in_turns(rounds, lambda: _import("functions.authorizer.app"), lambda: _import("jwt"))
    return [Figure("import of the authorizer", ours, "import of PyJWT", theirs, at_most=1.25)]


def _import(module: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(module)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **_ENVIRONMENT},
        capture_output=True,
        check=True,
    )
    return float(done.stdout)
