"""The promises about speed, with so much room that no busy machine breaks them; `make bench` tells what is true."""

import sys
from collections.abc import Iterator

import pytest

from benchmarks.figures import Figure
from benchmarks.issuer import Issuer, issuer
from benchmarks.questions import import_of_authorizer, new_token, repeated_token


@pytest.fixture(scope="module")
def running() -> Iterator[Issuer]:
    with issuer() as served:
        yield served


def test_a_new_token_costs_no_more_than_pyjwt(running: Issuer) -> None:
    assert _told(new_token.verification(running, rounds=11, tokens=20)) < 1.5


def test_a_repeated_token_costs_a_fraction(running: Issuer) -> None:
    assert _told(repeated_token.verification(running, rounds=11)) < 0.2


def test_a_cold_start_costs_little_more_than_pyjwt() -> None:
    (figure,) = import_of_authorizer.measure(rounds=5)
    assert _told(figure) < 1.6


def _told(figure: Figure) -> float:
    assert figure.ratio is not None
    sys.stdout.write(f"\n{figure.what} / {figure.peer}: {figure.ratio:.2f}\n")
    return figure.ratio
