"""Figures for people: lines for a terminal, a table for a document."""

from collections.abc import Iterable

from benchmarks.figures import Figure, readable
from benchmarks.results import Results

_VERDICTS = {True: "holds", False: "MISSED", None: ""}


def plain(figures: Iterable[Figure]) -> str:
    """Return two or three lines a figure."""
    return "\n".join(line for figure in figures for line in _lines(figure))


def _lines(figure: Figure) -> Iterable[str]:
    yield f"  {figure.what}: {readable(figure.median, figure.unit)}"
    verdict = "" if figure.at_most is None else f"   goal: at most {goal(figure)}   {_VERDICTS[figure.holds]}"
    if figure.peers_median is None:
        yield f"      {verdict.strip()}".rstrip()
    else:
        spread = "" if figure.spread is None else " (half of the turns: {:.2f} to {:.2f})".format(*figure.spread)
        yield f"      {readable(figure.peers_median, figure.unit)} {figure.peer}: {figure.ratio:.3g} x{spread}{verdict}"
    if figure.note:
        yield f"      {figure.note}"


def goal(figure: Figure) -> str:
    """Return a figure's goal as people write it; there must be one."""
    assert figure.at_most is not None  # noqa: S101 (what is said above)
    return readable(figure.at_most, figure.unit) if figure.ratio is None else f"{figure.at_most:.3g} x"


def markdown(results: Results) -> str:
    """Return a table of all figures, and under it on what they were measured."""
    rows = ["| figure | ours | peer | ratio | goal | |", "| --- | --- | --- | --- | --- | --- |"]
    notes = []
    for figure in results.figures:
        if figure.note and figure.note not in notes:
            notes.append(figure.note)
        mark = f" [{notes.index(figure.note) + 1}]" if figure.note else ""
        peer = "" if figure.peers_median is None else f"{figure.peer}: {readable(figure.peers_median, figure.unit)}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.3g}"
        aim = "" if figure.at_most is None else f"≤ {goal(figure)}"
        verdict = _VERDICTS[figure.holds]
        rows.append(f"| {figure.what}{mark} | {readable(figure.median, figure.unit)} | {peer} | {ratio} | {aim} | {verdict} |")
    listed = [f"[{number}] {note}" for number, note in enumerate(notes, start=1)]
    return "\n\n".join(["\n".join(rows), *(["  \n".join(listed)] if listed else []), results.measured_on])
