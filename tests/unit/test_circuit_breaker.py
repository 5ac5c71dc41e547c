"""The circuit breaker, by a clock that the tests move."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from gatepost.circuit_breaker import CircuitBreaker


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The clock, stopped."""
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def breaker(clock: time_machine.Traveller) -> CircuitBreaker:
    """One that three failures in a row open for a minute."""
    assert clock
    return CircuitBreaker(threshold=3, pause=60)


def fail(breaker: CircuitBreaker, times: int = 1) -> None:
    for _ in range(times):
        assert breaker.lets_through()
        breaker.failed()


def test_it_opens_at_the_last_of_as_many_failures_in_a_row(breaker: CircuitBreaker) -> None:
    fail(breaker, 2)
    assert breaker.lets_through()
    breaker.succeeded()
    fail(breaker, 3)
    assert not breaker.lets_through()


def test_after_the_pause_one_tries_while_the_others_wait(breaker: CircuitBreaker, clock: time_machine.Traveller) -> None:
    fail(breaker, 3)
    clock.shift(59.9)
    assert not breaker.lets_through()
    clock.shift(0.1)
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert [breaker.lets_through() for _ in range(3)] == [True, True, True]


def test_a_failed_try_begins_the_pause_again(breaker: CircuitBreaker, clock: time_machine.Traveller) -> None:
    fail(breaker, 3)
    for _ in range(3):
        clock.shift(60)
        assert breaker.lets_through()
        clock.shift(1)
        breaker.failed()
        clock.shift(59)
        assert not breaker.lets_through()
        clock.shift(1)


def test_a_try_whose_end_nobody_tells_is_followed_by_another(breaker: CircuitBreaker, clock: time_machine.Traveller) -> None:
    fail(breaker, 3)
    clock.shift(60)
    assert breaker.lets_through()
    assert not breaker.lets_through()
    clock.shift(60)
    assert breaker.lets_through()


def test_a_clock_that_is_set_back_makes_no_pause_longer(breaker: CircuitBreaker, clock: time_machine.Traveller) -> None:
    fail(breaker, 3)
    assert not breaker.lets_through()
    clock.shift(-3600)
    assert breaker.lets_through()
