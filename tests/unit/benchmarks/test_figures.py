"""What figures say of runs, and how they are told."""

import sys
from pathlib import Path

import pytest

from benchmarks import plot, results, tables
from benchmarks.figures import CannotMeasureError, Figure, readable
from benchmarks.measuring import above, in_turns
from benchmarks.programs import program
from benchmarks.results import Results


def figure(*ours: float, theirs: tuple[float, ...] = (), at_most: float | None = None, unit: str = "s") -> Figure:
    return Figure("a thing", ours, "a peer", theirs, at_most=at_most, unit=unit)


def test_a_ratio_is_that_of_the_medians() -> None:
    assert figure(1.0, 9.0, 2.0, theirs=(4.0, 4.0, 100.0)).ratio == 0.5


@pytest.mark.parametrize(
    ("measured", "holds"),
    [
        (figure(1.0, theirs=(2.0,), at_most=0.5), True),
        (figure(1.1, theirs=(2.0,), at_most=0.5), False),
        (figure(3.0, at_most=3.0), True),
        (figure(4.0, at_most=3.0), False),
        (figure(4.0, theirs=(2.0,)), None),
    ],
)
def test_a_goal_is_for_the_ratio_or_without_a_peer_for_ours(measured: Figure, holds: bool | None) -> None:
    assert measured.holds is holds


def test_the_spread_is_that_of_single_turns() -> None:
    assert figure(1.0, 2.0, 3.0, theirs=(2.0, 2.0, 2.0)).spread == (0.5, 1.5)
    assert figure(1.0, theirs=(2.0,)).spread is None


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(1.5, "s", "1.5 s"), (0.0123, "s", "12.3 ms"), (4.2e-5, "s", "42 µs"), (98.28, "MB", "98.28 MB"), (3, "calls", "3 calls")],
)
def test_figures_are_written_as_people_write_them(value: float, unit: str, text: str) -> None:
    assert readable(value, unit) == text


def test_everybody_is_first_in_turn() -> None:
    order: list[str] = []

    def measured(name: str) -> float:
        order.append(name)
        return float(len(order))

    runs = in_turns(2, lambda: measured("a"), lambda: measured("b"))
    assert order == ["a", "b", "b", "a"]
    assert runs == [[1.0, 4.0], [2.0, 3.0]]
    assert above(*runs) == [1.0, -1.0]


def test_a_missed_goal_is_told_as_missed() -> None:
    missed = figure(3.0, theirs=(2.0,), at_most=1.0)
    assert "1.5 x" in tables.plain([missed])
    assert "MISSED" in tables.plain([missed])
    whole = Results("2026-01-01", "abc", {"cpu_model_name": "A & B"}, {"question": [missed, figure(2.0, unit="calls")]})
    assert "| a thing | 3 s | a peer: 2 s | 1.5 | ≤ 1 x | MISSED |" in tables.markdown(whole)
    assert "A &amp; B" in plot.drawn(whole)


def test_without_results_there_is_no_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(results, "_RESULTS", tmp_path / "results.json")
    with pytest.raises(CannotMeasureError, match="make bench"):
        results.read()


def test_a_program_answers_round_by_round_and_its_end_is_told(tmp_path: Path) -> None:
    code = "print('ready', flush=True); input(); print(0.25, flush=True)"
    with program([sys.executable, "-c", code], {}, tmp_path) as running:
        assert running.round() == 0.25
        with pytest.raises(CannotMeasureError, match="has ended"):
            running.round()
