"""A month's price, reckoned by hand."""

import pytest

from benchmarks import costs
from benchmarks.costs import Deployment, Use

# One request uses a unit of each kind, half a second of the processor and a trip of half a second, and logs a kilobyte.
REQUEST = Use(writes=1, reads=1, processor=0.5, trips=1, log_bytes=1000)
WHOLE_PROCESSOR = Deployment(memory=1769, trip=0.5, cold_starts=0, cold_start=0)


@pytest.mark.parametrize(
    ("users", "plan", "price"),
    [(10_000, "essentials", 0), (10_001, "essentials", 0.015), (100_000, "essentials", 1350), (100_000, "lite", 495)],
)
def test_cognito_asks_for_users_beyond_the_free_ones(users: int, plan: str, price: float) -> None:
    assert costs.cognito(users, plan) == pytest.approx(price)


def test_a_price_that_is_not_in_the_list_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="no tier"):
        costs.cognito(100_001, "lite")


def test_ten_million_requests() -> None:
    asked = costs.requests({REQUEST: 10_000_000}, WHOLE_PROCESSOR)
    gigabyte_seconds = 10_000_000 * 1769 / 1024 - 400_000
    assert asked == pytest.approx(
        {
            "API Gateway": 10.0,
            "Lambda": 9 * 0.20 + gigabyte_seconds * 0.0000133334,
            "DynamoDB": 6.25 + 1.25,
            "logs": 5 * 0.50,
            "KMS": 1.0,
        }
    )


def test_half_a_processor_takes_twice_as_long_and_waits_no_longer() -> None:
    half = Deployment(memory=1769 // 2, trip=0.5, cold_starts=0, cold_start=0)
    whole, of_half = (costs.requests({REQUEST: 10_000_000}, each)["Lambda"] for each in (WHOLE_PROCESSOR, half))
    seconds = 10_000_000 * (0.5 * 1769 / 884 + 0.5)
    assert of_half == pytest.approx(1.80 + (seconds * 884 / 1024 - 400_000) * 0.0000133334)
    assert of_half < whole


def test_cold_starts_take_time_and_ask_kms_twice() -> None:
    cold = Deployment(memory=1769, trip=0.5, cold_starts=0.01, cold_start=2)
    warm, started = (costs.requests({REQUEST: 10_000_000}, each) for each in (WHOLE_PROCESSOR, cold))
    assert started["Lambda"] - warm["Lambda"] == pytest.approx(100_000 * 2 * 1769 / 1024 * 0.0000133334)
    assert started["KMS"] == pytest.approx(1 + 0.18 * 3)


def test_one_request_a_second_is_traced_and_of_the_others_one_in_twenty() -> None:
    seconds = 30 * 24 * 3600
    assert costs.traces(100_000) == 0
    assert costs.traces(seconds + 2_000_000) == pytest.approx((seconds + 100_000 - 100_000) * 5 / 1e6)
