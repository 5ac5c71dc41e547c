"""The time, read in one place."""

import time
from datetime import UTC, datetime


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
