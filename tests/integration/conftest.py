"""Fixtures of the tests that drive the service through its handlers."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from local.stack import Stack


@pytest.fixture
def clock(stack: Stack) -> Iterator[time_machine.Traveller]:
    """The service's clock, stopped at a full hour; `clock.shift(seconds)` moves it on."""
    assert stack  # it starts before time stops
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False) as traveller:
        yield traveller
