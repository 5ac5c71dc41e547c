"""Things compared fairly: in turns on one machine, by the processor's time and the medians of many rounds."""

import gc
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

ROUNDS = 11

T = TypeVar("T")


def in_turns(rounds: int, *measured: Callable[[], T]) -> list[list[T]]:
    """Return what each of `measured` gives, called in turns, as a list each: what one round of its own took.

    Who comes first changes with the round: none has it better for what the one before has left in the caches.
    """
    runs: list[list[T]] = [[] for _ in measured]
    for number in range(rounds):
        for position in range(len(measured)):
            one = (number + position) % len(measured)
            runs[one].append(measured[one]())
    return runs


def above(floor: Sequence[float], runs: Sequence[float]) -> list[float]:
    """Return by how much each of `runs` is above the floor of its own turn."""
    return [run - least for run, least in zip(runs, floor, strict=True)]


def seconds(calls: Sequence[Callable[[], object]]) -> float:
    """Return the processor's seconds that one of `calls` takes, all made once, without a garbage collection among them."""
    gc.collect()
    gc.disable()
    try:
        began = time.thread_time()
        for call in calls:
            call()
        return (time.thread_time() - began) / len(calls)
    finally:
        gc.enable()
