"""What is installed, for tests and in layers, is what was pinned: by version and by the digest of each file.

ASVS 15.2.1; SECURITY.md says so.
"""

import re
from pathlib import Path

import pytest

from tests.support import ROOT

LOCKS = sorted([*ROOT.glob("requirements*.txt"), *ROOT.glob("layers/*/requirements.txt")])
DEPLOYED = [path for path in LOCKS if path.parent != ROOT]
TESTED = ROOT / "requirements-dev.txt"
_PIN = re.compile(r"([a-z0-9._-]+)(\[[a-z0-9,._-]+\])?==([A-Za-z0-9.+!]+)( ; .+)?")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def entries(path: Path) -> list[list[str]]:
    """The entries of a lock: what is pinned, and the digests of its files."""
    text = path.read_text("utf-8").replace(" \\\n", " ")
    return [re.split(r" +(?=--hash)", line) for line in text.splitlines() if line and not line.startswith("#")]


def pins(path: Path) -> set[str]:
    """What is pinned in a lock, for whichever platform."""
    return {entry[0].partition(" ;")[0] for entry in entries(path)}


@pytest.mark.parametrize("path", LOCKS, ids=name_of)
def test_every_package_is_pinned_by_version_and_digest(path: Path) -> None:
    """With one digest in it, pip and uv refuse what has none; without any, they would take whatever comes."""
    assert entries(path)
    for pinned, *digests in entries(path):
        assert _PIN.fullmatch(pinned), pinned
        assert digests, pinned
        assert all(_HASH.fullmatch(digest.strip()) for digest in digests), pinned


def test_nothing_is_installed_but_from_a_lock() -> None:
    """In the Makefile; SAM finds the locks of the layers, and functions bring no packages of their own."""
    installed = re.findall(r"pip install .*", (ROOT / "Makefile").read_text("utf-8"))
    assert len(installed) == 2
    assert all("--require-hashes" in command for command in installed)
    assert not [path for folder in ("functions", "examples") for path in (ROOT / folder).rglob("requirements*.txt")]


@pytest.mark.parametrize("path", DEPLOYED, ids=name_of)
def test_what_is_deployed_is_what_is_tested(path: Path) -> None:
    assert pins(path) <= pins(TESTED), pins(path) - pins(TESTED)
