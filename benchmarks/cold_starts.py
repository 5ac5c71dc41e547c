"""Cold starts: a fresh process under Lambda's runtime client and emulator, until it has answered its first event."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import built
from benchmarks.figures import CannotMeasureError, Figure
from benchmarks.measuring import ROUNDS, above, in_turns
from local.model import Function
from tests.e2e.built import FunctionError, Lambda

# What the emulator says of it at the end, in a line for people, isn't true.
_INIT = re.compile(r"INIT REPORT\(durationMs: ([0-9.]+)\)")
_FIRST = re.compile(r"INVOKE RTDONE\(.*duration: ([0-9.]+)ms\)")
_PEAK = re.compile(r"VmHWM:\s+([0-9]+) kB")


@dataclass(frozen=True)
class ColdStart:
    """Seconds that the import took (`init`) and the first answer; the processor's of both; MB at most."""

    init: float
    first: float
    processor: float
    peak: float


def cold_start(runtime: Lambda, function: Function, event: Any) -> ColdStart:
    """Start `function` and let it answer `event`; what it answers doesn't matter, be it that it can't."""
    running = runtime.cold_start(function, built.settings(function))
    try:
        try:
            running.invoke(event)
        except FunctionError as exc:
            if exc.args[0].startswith("Unable to import"):
                raise CannotMeasureError(f"{function.name} doesn't start: {exc}") from exc
        process = Path(f"/proc/{running.process_id}")
        # Nanoseconds, thread by thread (the kernel's sched-stats.rst).
        times = [int(thread.read_text().split()[0]) for thread in process.glob("task/*/schedstat")]
        return ColdStart(
            init=_found(_INIT, running.log) / 1000,
            first=_found(_FIRST, running.log) / 1000,
            processor=sum(times) / 1e9,
            peak=_found(_PEAK, (process / "status").read_text()) * 1024 / 1e6,
        )
    finally:
        running.stop()


def compare(
    name: str, ours: Function, peer: Function, event: Any, goals: tuple[float, float], *, trimmed: bool, rounds: int = ROUNDS
) -> list[Figure]:
    """Start a raw handler, ours, the peer with bytecode and the peer as it is, in turns.

    `goals` are for INIT above the raw handler: beside the peer with bytecode, and beside the peer as it is.
    """
    with built.runtime() as (runtime, folder):
        same_way = built.compiled(peer, folder, trimmed=trimmed)
        # Its image too is as ours is: compiled.
        raw = built.compiled(built.peer("Raw"), folder)
        functions = (raw, ours, same_way, peer)
        starts = in_turns(rounds, *(_started(runtime, function, event) for function in functions))
    way = "built as ours is" if trimmed else "with bytecode"
    return _figures(name, starts, f"{peer.logical_id} {way}", f"{peer.logical_id} as plain `sam build` makes it", goals)


def _started(runtime: Lambda, function: Function, event: Any) -> Callable[[], ColdStart]:
    return lambda: cold_start(runtime, function, event)


def _figures(
    name: str, starts: Sequence[Sequence[ColdStart]], same_way: str, stock: str, goals: tuple[float, float]
) -> list[Figure]:
    def runs(attribute: str) -> list[list[float]]:
        return [[getattr(start, attribute) for start in of_one] for of_one in starts]

    floor, *inits = runs("init")
    ours, peers, stocks = (above(floor, init) for init in inits)
    note = f"above a raw handler, whose INIT takes {median(floor) * 1000:.0f} ms"
    until_first = [
        [start.init + start.first - least.init - least.first for start, least in zip(of_one, starts[0], strict=True)]
        for of_one in starts
    ]
    processor = runs("processor")
    peak = runs("peak")
    return [
        Figure(f"{name}: INIT", ours, same_way, peers, at_most=goals[0], note=note),
        Figure(f"{name}: INIT", ours, stock, stocks, at_most=goals[1], note=note),
        Figure(f"{name}: INIT and the first answer", until_first[1], same_way, until_first[2], note=note),
        Figure(
            f"{name}: the processor's time until the first answer",
            above(processor[0], processor[1]),
            same_way,
            above(processor[0], processor[2]),
            note="above a raw handler",
        ),
        Figure(f"{name}: memory after the first answer, at most", peak[1], same_way, peak[2], unit="MB"),
    ]


def _found(pattern: re.Pattern[str], text: str) -> float:
    found = pattern.search(text)
    if found is None:
        raise CannotMeasureError(f"nothing matches {pattern.pattern} in:\n{text}")
    return float(found[1])
