"""The threat model looks at each boundary from all sides, and names code, tests and cases that there are."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.support import ROOT

PAGE = ROOT / "docs" / "threat-model.md"
TEXT = PAGE.read_text("utf-8")
TESTS = ROOT / "tests"
STRIDE = "STRIDE"
COLUMNS = ["", "threat", "what stands against it", "where", "held by", "what remains"]
_SHORT = {
    "gatepost/": "layers/core/python/gatepost/",
    "gatepost_verifier/": "layers/verifier/python/gatepost_verifier/",
}
_CASE = re.compile(r"\b([A-Z])-([0-9]{2})\b")
_BOUNDARIES = dict(re.findall(r"^### ([0-9]+\. [^\n]+)\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL))


def rows(section: str) -> list[list[str]]:
    """The rows of a section's table, its head first, without the line below that."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not set(line) <= set("|- ")]


def threats() -> list[tuple[str, list[str]]]:
    """Every line about a threat, with the boundary that it's at."""
    return [(boundary, row) for boundary, section in _BOUNDARIES.items() for row in rows(section)[1:]]


def names(cell: str) -> list[str]:
    """What stands in backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)


@cache
def sources() -> dict[str, str]:
    """The text of each module of tests, by its path from `tests` on, but of this one, which names cases and covers none."""
    modules = [path for path in TESTS.rglob("*.py") if path.name != "test_threat_model.py"]
    return {path.relative_to(TESTS).as_posix(): path.read_text("utf-8") for path in modules}


def named_in(module: str) -> list[str]:
    """The names of the tests of a module as pytest has them, `TestClass::test_name` for one of a class."""
    found = list[str]()
    for node in ast.parse(sources()[module]).body:
        match node:
            case ast.FunctionDef(name=name):
                found.append(name)
            case ast.ClassDef(name=group, body=body):
                found += [f"{group}::{each.name}" for each in body if isinstance(each, ast.FunctionDef)]
    return [name for name in found if name.rpartition("::")[2].startswith("test_")]


@cache
def cases() -> set[str]:
    """The ids of cases that tests carry, in their names or in what they say of themselves."""
    found = set[str]()
    for module, source in sources().items():
        if module.rpartition("/")[2].startswith("test_"):
            named = [id_ for name in named_in(module) for id_ in re.findall(r"(?<=_)([a-z])_?([0-9]{2})(?=_)", name)]
            found |= {f"{letter.upper()}-{number}" for letter, number in [*named, *_CASE.findall(source)]}
    return found


def test_there_are_boundaries_and_each_is_numbered_once() -> None:
    assert [heading.partition(".")[0] for heading in _BOUNDARIES] == [str(number) for number in range(1, len(_BOUNDARIES) + 1)]
    assert len(_BOUNDARIES) >= 8


@pytest.mark.parametrize("boundary", _BOUNDARIES)
def test_each_boundary_is_looked_at_from_all_six_sides_in_their_order(boundary: str) -> None:
    head, *body = rows(_BOUNDARIES[boundary])
    assert head == COLUMNS
    assert {row[0] for row in body} == set(STRIDE)
    assert sorted(body, key=lambda row: STRIDE.index(row[0])) == body


def test_each_threat_has_something_against_it_code_and_a_test() -> None:
    for boundary, row in threats():
        assert len(row) == len(COLUMNS), (boundary, row)
        assert all(row[:-1]), (boundary, row)
        assert names(row[3]), (boundary, row)
        assert [name for name in names(row[4]) if "::" in name], (boundary, row)


def test_each_file_that_is_named_exists() -> None:
    for boundary, row in threats():
        for name in names(row[3]):
            short = next((short for short in _SHORT if name.startswith(short)), "")
            assert (ROOT / (_SHORT.get(short, "") + name.removeprefix(short))).is_file(), (boundary, name)


def test_each_test_that_is_named_exists() -> None:
    for boundary, row in threats():
        for name in names(row[4]):
            module, _, test = name.partition("::")
            assert module in sources(), (boundary, name)
            assert test in named_in(module), (boundary, name)


def test_each_case_that_is_named_is_carried_by_a_test() -> None:
    named = {f"{letter}-{number}" for _, row in threats() for letter, number in _CASE.findall(row[4])}
    assert len(named) > 50
    assert named <= cases(), named - cases()


def references() -> Iterator[tuple[str, str]]:
    """Where the page points from one line to another: `3-S`."""
    yield from re.findall(r"(?<![\w-])([0-9])-([A-Z])(?![\w-])", TEXT)


def test_what_it_points_to_is_there() -> None:
    assert all(number in {heading[0] for heading in _BOUNDARIES} and letter in STRIDE for number, letter in references())
    for page in [PAGE, ROOT / "SECURITY.md", ROOT / "docs" / "asvs.md"]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), target


def test_what_the_page_about_asvs_names_is_there_and_it_has_every_chapter() -> None:
    text = (ROOT / "docs" / "asvs.md").read_text("utf-8")
    chapters = [row[0].partition(" ")[0] for row in rows(text.partition("\n## ")[0])[1:]]
    assert chapters == [f"V{number}" for number in range(1, 18)]
    files = [name for name in names(text) if re.search(r"\.(py|yaml)$", name)]
    assert files
    assert all((ROOT / name).is_file() for name in files)
