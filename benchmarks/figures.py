"""What a question is answered with: figures, each with its peer beside it, and whether a goal holds."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


class CannotMeasureError(Exception):
    """Something that a question needs isn't here; says what."""


@dataclass(frozen=True)
class Figure:
    """Ours beside a peer's, each as its runs gave it, in turns, in one `unit`. What can be counted has one run.

    `at_most` is the goal, if there is one: for the ratio of the medians, or, without a peer, for ours as it is. `note` says
    what the figure leaves out.
    """

    what: str
    ours: Sequence[float]
    peer: str = ""
    theirs: Sequence[float] = ()
    at_most: float | None = None
    unit: str = "s"
    note: str = ""

    @property
    def median(self) -> float:
        """Ours."""
        return statistics.median(self.ours)

    @property
    def peers_median(self) -> float | None:
        """The peer's, None without one."""
        return statistics.median(self.theirs) if self.theirs else None

    @property
    def ratio(self) -> float | None:
        """Ours to the peer's."""
        return None if self.peers_median is None else self.median / self.peers_median

    @property
    def holds(self) -> bool | None:
        """Whether the goal is reached, None without one."""
        if self.at_most is None:
            return None
        return (self.median if self.ratio is None else self.ratio) <= self.at_most

    @property
    def spread(self) -> tuple[float, float] | None:
        """The quartiles of the ratios of single turns, None without several: how far one turn is from the others."""
        if len(self.ours) != len(self.theirs) or len(self.ours) < 2:
            return None
        lower, _, upper = statistics.quantiles(a / b for a, b in zip(self.ours, self.theirs, strict=True))
        return lower, upper


def readable(value: float, unit: str) -> str:
    """Return `value` as people write it."""
    if unit != "s":
        return f"{value:,.4g} {unit}" if value < 1000 else f"{value:,.0f} {unit}"
    for size, name in ((1.0, "s"), (1e-3, "ms")):
        if value >= size:
            return f"{value / size:.3g} {name}"
    return f"{value * 1e6:.3g} µs"
