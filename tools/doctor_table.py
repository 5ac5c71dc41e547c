"""Writes the table of docs/doctor.md anew from the checks of `gatepost doctor`; a test holds that they are equal."""

from pathlib import Path

from cli.diagnosis.checks import ALL

PAGE = Path(__file__).parent.parent / "docs/doctor.md"
_HEAD = "| check | asks | if not |\n| --- | --- | --- |\n"


def table() -> str:
    """Return the table, which ends the page."""
    rows = (f"| `{check.name}` | {check.question} | {_cell(check.remedy.format(stack='STACK'))} |\n" for check in ALL)
    return _HEAD + "".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def with_table(page: str) -> str:
    """Return `page` with the table as it should be."""
    before, _, _ = page.partition(_HEAD)
    return before + table()


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
    print(f"{PAGE} has {len(ALL)} checks.")
