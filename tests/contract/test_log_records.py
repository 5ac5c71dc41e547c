"""What a line of the log is given beside its message overwrites nothing that every line has (`gatepost.correlation`).

`logging` refuses it with a KeyError, which would make a failed request of a line about it.
"""

import ast
import re
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.support import ROOT

# The authorizer marks no records, and its verifier gives the id itself.
OURS = [
    path
    for part in ("functions", "layers/core", "cli")
    for path in sorted((ROOT / part).rglob("*.py"))
    if "authorizer" not in path.parts
]
LAYERS = [ROOT / "layers" / name / "requirements.txt" for name in ("runtime", "api")]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
MARK = "request_id"


def packages() -> list[str]:
    """The packages that functions have in AWS: those of their layers, and the SDK."""
    listed = "".join(path.read_text("utf-8") for path in LAYERS)
    return sorted({*re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==", listed, re.MULTILINE), "boto3", "botocore", "urllib3"})


def overwritten(source: str) -> Iterator[int]:
    """Yield the lines on which a record is given what `mark_records` gives to each."""
    for call in ast.walk(ast.parse(source)):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in LEVELS):
            continue
        for given in call.keywords:
            inside = (each.value for each in ast.walk(given.value) if isinstance(each, ast.Constant))
            # Powertools' loggers take extras as arguments, too.
            if given.arg == MARK or (given.arg == "extra" and MARK in inside):
                yield call.lineno


def found(paths: list[Path]) -> list[str]:
    """Where that is done in files; quick, since few have both words."""
    texts = {path: path.read_text("utf-8") for path in paths}
    return [f"{path}:{line}" for path, text in texts.items() if MARK in text for line in overwritten(text)]


def test_it_is_found() -> None:
    assert [*overwritten('logger.info("x", extra={"a": 1, **{"request_id": 2}})')] == [1]
    assert [*overwritten('logger.error("x", request_id=2)')] == [1]
    assert not [*overwritten('logger.error("x", extra={"asked_by": "request"}); told(request_id=2)')]


def test_no_line_of_ours_overwrites_the_id_of_its_request() -> None:
    assert len(OURS) > 100
    assert not found(OURS)


@pytest.mark.parametrize("package", packages())
def test_no_line_of_a_library_does(package: str) -> None:
    files = [path for path in distribution(package).files or [] if path.suffix == ".py"]
    assert not found([Path(str(path.locate())) for path in files])
