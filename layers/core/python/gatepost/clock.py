"""The time, read in one place."""

import re
import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The last millisecond that has four digits of a year.
_LAST_MS = 253_402_300_799_999
# RFC 3339, section 5.6; `fromisoformat` takes more.
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


def now() -> int:
    """Return the current time in whole seconds since the epoch (RFC 7519 NumericDate)."""
    return int(time.time())


def now_ms() -> int:
    """Return the current time in whole milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def rfc3339_ms(milliseconds: int) -> str:
    """Return `milliseconds` since the epoch as RFC 3339 in UTC, for example ``2026-11-23T08:30:00.250Z``; sorts by time."""
    return f"{rfc3339(milliseconds // 1000)[:-1]}.{milliseconds % 1000:03d}Z"


def rfc3339(seconds: int) -> str:
    """Return `seconds` since the epoch as RFC 3339 in UTC, for example ``2026-11-23T08:30:00Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_rfc3339(text: str) -> int:
    """Return the milliseconds since the epoch of a time in RFC 3339, for example ``2026-11-23T08:30:00+01:00``, without what
    is finer; what is before the epoch is taken for it. Raises `ValueError` for anything else.
    """
    if not _DATE_TIME.fullmatch(text):
        raise ValueError("must be a time in RFC 3339, such as 2026-11-23T08:30:00Z (in a query, + is written %2B)")
    try:
        milliseconds = (datetime.fromisoformat(text.upper()) - _EPOCH) // timedelta(milliseconds=1)
    except ValueError as exc:
        raise ValueError("is no time that there is") from exc
    return min(max(milliseconds, 0), _LAST_MS)
