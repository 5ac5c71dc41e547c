"""The promises about speed, with so much room that no busy machine breaks them; `make bench` tells what is true."""

import sys
from collections.abc import Iterator

import pytest

from benchmarks import import_of_authorizer, new_token, repeated_token
from benchmarks.issuer import Issuer, issuer


@pytest.fixture(scope="module")
def running() -> Iterator[Issuer]:
    with issuer() as served:
        yield served


def test_a_new_token_costs_no_more_than_pyjwt(running: Issuer) -> None:
    result = new_token.compare(running, rounds=11, tokens=20)
    sys.stdout.write(f"\n{result}\n")
    assert result.ratio < 1.5


def test_a_repeated_token_costs_a_fraction(running: Issuer) -> None:
    result = repeated_token.compare(running, rounds=11)
    sys.stdout.write(f"\n{result}\n")
    assert result.ratio < 0.2


def test_a_cold_start_costs_little_more_than_pyjwt() -> None:
    result = import_of_authorizer.compare(rounds=5)
    sys.stdout.write(f"\n{result}\n")
    assert result.ratio < 1.6
