"""How much more memory does an import of a million users take than one of ten thousand?

    python -m benchmarks.questions.memory_of_import USERS    a dry run of a file made as it's read; prints the megabytes at most

The tables are left out: they are empty, and answer at once.
"""

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, cast
from unittest.mock import patch

from benchmarks.figures import Figure
from cli.importing.admission import Rules
from cli.importing.formats import FORMATS, Options
from cli.importing.reports import Files
from cli.importing.run import import_users
from gatepost.access.roles import EMPTY
from gatepost.administration.actors import Operator
from gatepost.config import AdminSettings
from gatepost.credentials.passwords import DUMMY_HASH
from gatepost.service import connect
from gatepost.storage.table import Database
from local.aws import CREDENTIALS
from local.template import read_template

_ROOT = Path(__file__).parents[2]
_PARAMETERS = {
    "Issuer": "https://auth.example.com",
    "Audience": "https://api.example.com",
    "FirstAdminEmail": "admin@example.com",
    "MailFrom": "no-reply@example.com",
}


def measure() -> list[Figure]:
    """Run both in processes of their own."""
    many, few = [_peak(1_000_000)], [_peak(10_000)]
    return [Figure("memory of an import of 1,000,000 users", many, "an import of 10,000", few, at_most=1.25, unit="MB")]


def _peak(users: int) -> float:
    command = [sys.executable, "-m", "benchmarks.questions.memory_of_import", str(users)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return float(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)


class _Lines(io.RawIOBase):
    """A file of JSON Lines that is made as it's read."""

    def __init__(self, users: int) -> None:
        self._lines, self._left = map(_line, range(users)), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._left = self._left or next(self._lines, b"")
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def _line(number: int) -> bytes:
    user = {"email": f"user-{number}@example.com", "email_verified": True, "password_hash": DUMMY_HASH, "id": f"auth0|{number}"}
    return json.dumps(user).encode() + b"\n"


def _nothing_is_there(self: Database, *keys: object) -> list[None]:
    return [None] * len(keys)


def _dry_run(users: int) -> None:
    template = read_template(_ROOT / "template.yaml", "bench", _PARAMETERS)
    service = connect(AdminSettings.from_environment(template.functions["AdminFunction"].environment))
    rules = Rules(service, Operator("local", EMPTY))
    stream = cast(BinaryIO, io.BufferedReader(_Lines(users)))
    with tempfile.TemporaryDirectory() as folder, patch.object(Database, "get_many", _nothing_is_there):
        entries = FORMATS["jsonl"].read(stream, Options())
        summary = import_users(rules, entries, Files.beside(Path(folder, "users")), {}, dry_run=True)
    if summary.imported != users:
        raise RuntimeError(f"only {summary.imported} of {users} users would be imported")


if __name__ == "__main__":
    with patch.dict(os.environ, CREDENTIALS):
        _dry_run(int(sys.argv[1]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # In kilobytes, on macOS in bytes.
    print(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))
