"""Two things compared fairly: in turns on one machine, by the processor's time and the medians of many rounds."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """How much ours takes beside what it is compared with, in seconds or another unit; `at_most` is the ratio that is promised,
    if any.
    """

    question: str
    ours: float
    theirs: float
    at_most: float | None = None
    unit: str = "s"

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    def __str__(self) -> str:
        times = f"{_readable(self.ours, self.unit)} beside {_readable(self.theirs, self.unit)}"
        promise = "" if self.at_most is None else f"  at most {self.at_most:.3g}"
        missed = "" if self.at_most is None or self.ratio <= self.at_most else "  MISSED"
        return f"{self.question:<52} {times:<26} ratio {self.ratio:4.2f}{promise}{missed}"


def in_turns(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> tuple[float, float]:
    """The medians of what both give, called in turns. Each gives the seconds that one of its own rounds took."""
    taken = [(ours(), theirs()) for _ in range(rounds)]
    return statistics.median(first for first, _ in taken), statistics.median(second for _, second in taken)


def seconds(calls: list[Callable[[], object]]) -> float:
    """The seconds that one of `calls` takes, all made once, without a garbage collection among them."""
    gc.collect()
    gc.disable()
    try:
        began = time.thread_time()
        for call in calls:
            call()
        return (time.thread_time() - began) / len(calls)
    finally:
        gc.enable()


def _readable(duration: float, unit: str) -> str:
    if unit != "s":
        return f"{duration:.0f} {unit}"
    return f"{duration * 1e3:.0f} ms" if duration > 0.01 else f"{duration * 1e6:.1f} µs"
