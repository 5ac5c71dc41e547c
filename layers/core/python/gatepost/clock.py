"""The time, read in one place."""

import time
from datetime import UTC, datetime


def now() -> int:
    """Return the current time in whole seconds since the epoch (RFC 7519 NumericDate)."""
    return int(time.time())


def rfc3339(seconds: int) -> str:
    """Return `seconds` since the epoch as RFC 3339 in UTC, for example ``2026-11-23T08:30:00Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
