"""Configuration is read once, in one module: nothing else in the deployed code looks at the environment.

Two modules, strictly: the authorizer runs without `gatepost`, so the verifier has its own.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOYED = [ROOT / "functions", ROOT / "layers/core/python", ROOT / "layers/verifier/python"]
ALLOWED = {
    ROOT / "layers/core/python/gatepost/config.py",
    ROOT / "layers/verifier/python/gatepost_verifier/settings.py",
}

READERS = {"environ", "environb", "getenv", "getenvb"}


def environment_reads(source: str) -> Iterator[int]:
    """The lines that reach for the environment: `os.environ`, `os.getenv`, or either imported by name."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) if name in READERS:
                yield node.lineno
            case ast.ImportFrom(module="os", names=names) if READERS & {alias.name for alias in names}:
                yield node.lineno


def test_only_settings_modules_read_the_environment() -> None:
    sources = [path for folder in DEPLOYED for path in folder.rglob("*.py") if path not in ALLOWED]
    reads = [f"{path.relative_to(ROOT)}:{line}" for path in sources for line in environment_reads(path.read_text("utf-8"))]
    assert not reads, f"only the settings modules read the environment; take a setting from them: {', '.join(reads)}"


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A']",
        "import os as system\nsystem.getenv('A')",
        "from os import environ",
        "from os import path, getenv as get",
    ],
)
def test_every_way_to_read_it_is_seen(source: str) -> None:
    assert list(environment_reads(source))


def test_the_settings_modules_are_seen_reading_it() -> None:
    """Were it read elsewhere and under another name, this test would look at nothing."""
    assert all(list(environment_reads(path.read_text("utf-8"))) for path in ALLOWED)
