"""Calls functions on their schedules: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based"""

import re
import threading

from local import unattended
from local.errors import StackError
from local.functions import Invocable
from local.model import Schedule

_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}


def interval(schedule: Schedule) -> int:
    """Return the seconds between two runs. Raises `StackError` for an expression other than ``rate(N minutes|hours|days)``."""
    match = _RATE.fullmatch(schedule.expression)
    if match is None:
        raise StackError(
            f"Schedule {schedule.name}: the local stack knows rate(N minutes|hours|days), not {schedule.expression}."
        )
    return int(match[1]) * _SECONDS[match[2]]


def start_schedule(function: Invocable, schedule: Schedule, stop: threading.Event) -> None:
    """Call `function` at every interval, the first time after one, in a thread of its own until `stop` is set."""
    seconds = interval(schedule)

    def run() -> None:
        while not stop.wait(seconds):
            unattended.invoke(function, schedule.input)

    threading.Thread(target=run, name=f"schedule-{schedule.name}", daemon=True).start()
