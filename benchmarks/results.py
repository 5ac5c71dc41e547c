"""What was measured, and on what: kept in `results.json` beside this file, and each run in `runs.json` for pyperf's tools."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figures import CannotMeasureError, Figure

_FOLDER = Path(__file__).parent
_RESULTS, _RUNS = _FOLDER / "results.json", _FOLDER / "runs.json"
# Of what pyperf finds out about this machine.
_MACHINE = ("cpu_model_name", "cpu_count", "platform", "python_version", "load_avg_1min")


@dataclass(frozen=True)
class Results:
    """The figures of one run of the benchmarks, by question; `machine` is pyperf's word, and the load that at the end."""

    date: str
    commit: str
    machine: Mapping[str, Any]
    answers: Mapping[str, Sequence[Figure]]

    @property
    def figures(self) -> list[Figure]:
        """All of them, in the order in which they were asked for."""
        return [figure for figures in self.answers.values() for figure in figures]

    @property
    def measured_on(self) -> str:
        """When and on what, as a sentence."""
        machine = self.machine
        return (
            f"Measured on {self.date} at {self.commit}: {machine.get('cpu_model_name', 'an unnamed processor')},"
            f" {machine.get('cpu_count')} processors, {machine.get('platform')}, Python {machine.get('python_version')},"
            f" load {machine.get('load_avg_1min')} at the end."
        )


def write(answers: Mapping[str, Sequence[Figure]]) -> Results:
    """Keep `answers`, and return them with when and on what they were measured."""
    # In .venv-bench alone, where things are measured; figures are read, and this is checked, where there's no pyperf.
    import pyperf  # noqa: PLC0415

    known = pyperf.Run([1.0]).get_metadata()
    results = Results(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        commit=_git("describe", "--always", "--dirty"),
        machine={name: known[name] for name in _MACHINE if name in known},
        answers=answers,
    )
    _RESULTS.write_text(json.dumps(_document(results), indent=2) + "\n", "utf-8")
    runs = [
        pyperf.Benchmark([pyperf.Run([run], metadata={"name": name, "unit": "second"}) for run in timed])
        for name, timed in _timed(results)
    ]
    if runs:
        pyperf.BenchmarkSuite(runs).dump(str(_RUNS), replace=True)
    return results


def read() -> Results:
    """Return what was last measured. Raises `CannotMeasureError` if nothing was."""
    if not _RESULTS.exists():
        raise CannotMeasureError("nothing has been measured: run make bench")
    document = json.loads(_RESULTS.read_text("utf-8"))
    fields = Figure.__dataclass_fields__
    answers = {
        question: [Figure(**{name: value for name, value in figure.items() if name in fields}) for figure in figures]
        for question, figures in document["answers"].items()
    }
    return Results(document["date"], document["commit"], document["machine"], answers)


def _document(results: Results) -> dict[str, Any]:
    """What can be told from the runs stands there too, for whoever reads the file."""
    answers = {
        question: [
            asdict(figure)
            | {"median": figure.median, "peers_median": figure.peers_median, "ratio": figure.ratio, "holds": figure.holds}
            for figure in figures
        ]
        for question, figures in results.answers.items()
    }
    return {"date": results.date, "commit": results.commit, "machine": results.machine, "answers": answers}


def _timed(results: Results) -> list[tuple[str, Sequence[float]]]:
    # Two figures of one thing have the same runs of ours.
    named: dict[str, Sequence[float]] = {}
    for figure in results.figures:
        if figure.unit == "s" and len(figure.ours) > 1:
            named |= {figure.what: figure.ours, f"{figure.what} / {figure.peer}": figure.theirs}
    # What is given above a floor can be nothing at all, which pyperf doesn't take.
    return [(name, runs) for name, runs in named.items() if runs and min(runs) > 0]


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=_FOLDER, capture_output=True, text=True, check=False)  # noqa: S607 (PATH's git)
    return done.stdout.strip() or "no commit"
