"""The README's tour and the guides, pasted into a shell: what they say happens."""

from tests.e2e.shell import walk
from tests.support import ROOT


def test_the_tour_prints_what_the_readme_shows(ports: tuple[int, int]) -> None:
    assert walk(ROOT / "README.md", *ports) == 8


def test_the_guide_for_operators_prints_what_it_shows(ports: tuple[int, int]) -> None:
    assert walk(ROOT / "docs/administration.md", *ports) == 4


def test_the_guide_to_the_command_line_prints_what_it_shows(ports: tuple[int, int]) -> None:
    assert walk(ROOT / "docs/command-line.md", *ports) == 9


def test_the_guide_to_import_and_export_prints_what_it_shows(ports: tuple[int, int]) -> None:
    assert walk(ROOT / "docs/import-export.md", *ports) == 6


def test_the_guide_to_api_keys_prints_what_it_shows(ports: tuple[int, int]) -> None:
    assert walk(ROOT / "docs/api-keys.md", *ports) == 4
