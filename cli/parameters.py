"""Kinds of values that commands take."""

import re
from typing import Any

import click

from gatepost import clock

_AGO = re.compile(r"(?P<number>[1-9][0-9]{0,6})(?P<unit>[smhd])")
_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Moment(click.ParamType[int]):
    """A time: so long ago, such as ``90m``, ``12h`` or ``7d``, or in RFC 3339. The value is in milliseconds since the epoch."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        if ago := _AGO.fullmatch(value):
            return max(0, clock.now_ms() - int(ago["number"]) * _MS[ago["unit"]])
        try:
            return clock.from_rfc3339(value)
        except ValueError:
            self.fail(f"{value!r} is neither a while ago (90m, 12h, 7d) nor a time like 2026-11-23T08:30:00Z", param, ctx)
