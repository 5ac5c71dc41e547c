"""The peers for Node: `peers/node/`, installed by its lock when they are first asked."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import CannotMeasureError
from benchmarks.programs import Program, program

_FOLDER = Path(__file__).parent / "peers/node"
_LOCK, _INSTALLED = _FOLDER / "package-lock.json", _FOLDER / "node_modules/.package-lock.json"


@contextmanager
def node(script: str, environment: Mapping[str, str]) -> Iterator[Program]:
    """Run a script of the folder inside the block.

    Raises:
        CannotMeasureError: there's no Node, or its packages can't be had.
    """
    where = {"PATH": os.environ["PATH"], **environment}
    with program([_found("node"), script], where, _installed()) as running:
        yield running


def version() -> str:
    """Return which Node it is. Raises as `node`."""
    return subprocess.run([_found("node"), "--version"], capture_output=True, text=True, check=True).stdout.strip()


def _installed() -> Path:
    if not _INSTALLED.exists() or _INSTALLED.stat().st_mtime < _LOCK.stat().st_mtime:
        done = subprocess.run([_found("npm"), "ci"], cwd=_FOLDER, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotMeasureError(f"npm ci fails in {_FOLDER}:\n{done.stderr}")
        _INSTALLED.touch()
    return _FOLDER


def _found(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise CannotMeasureError(f"there is no {name} on PATH. On Debian: apt-get install nodejs npm")
    return path
