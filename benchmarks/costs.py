"""What a month costs at AWS' list prices: those of a service like ours by what its requests use, and Cognito's by its users."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_MILLION, _GIGABYTE = 1e6, 1e9
# https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html: one request a second, and of the others one in twenty.
_TRACED_A_SECOND, _TRACED_SHARE = 1, 0.05
_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class Use:
    """What one request uses: capacity units of DynamoDB, seconds of the processor, waves of calls that it waits for, bytes of
    log.
    """

    writes: float
    reads: float
    processor: float
    trips: int
    log_bytes: float


@dataclass(frozen=True)
class Deployment:
    """How the service runs: a function's `memory` in MB, the seconds that a `trip` to DynamoDB takes, how many `cold_starts` a
    request has, and the processor's seconds of one.
    """

    memory: int
    trip: float
    cold_starts: float
    cold_start: float


@cache
def prices() -> Mapping[str, Any]:
    """Return the price list, `prices.toml`."""
    return tomllib.loads(Path(__file__).with_name("prices.toml").read_text("utf-8"))


def cognito(users: int, plan: str) -> float:
    """Return what Cognito asks for so many active users: `plan` is `essentials` or `lite`. Raises ValueError beyond 100,000."""
    if users > 100_000:
        raise ValueError("the price list has no tier for more users")
    asked: float = _beyond(users, prices()["cognito"]["free_users"]) * prices()["cognito"][plan]
    return asked


def requests(used: Mapping[Use, float], deployment: Deployment) -> dict[str, float]:
    """Return what a month's requests cost, by service: each kind of them and how many there are."""
    price = prices()
    number = sum(used.values())
    started = number * deployment.cold_starts
    of_processor = min(1.0, deployment.memory / price["lambda"]["memory_of_a_whole_processor"])
    seconds = started * deployment.cold_start / of_processor + sum(
        times * (use.processor / of_processor + use.trips * deployment.trip) for use, times in used.items()
    )
    units = {
        "million_writes": sum(times * use.writes for use, times in used.items()),
        "million_reads": sum(times * use.reads for use, times in used.items()),
    }
    # An environment has its variables decrypted, and a signing key.
    unwrapped = _beyond(2 * started, price["kms"]["free_requests"])
    return {
        "API Gateway": number / _MILLION * price["api_gateway"]["million_requests"],
        "Lambda": _beyond(number, price["lambda"]["free_requests"]) / _MILLION * price["lambda"]["million_requests"]
        + _beyond(seconds * deployment.memory / 1024, price["lambda"]["free_gb_seconds"]) * price["lambda"]["gb_second"],
        "DynamoDB": sum(number_of / _MILLION * price["dynamodb"][unit] for unit, number_of in units.items()),
        "logs": _beyond(sum(times * use.log_bytes for use, times in used.items()) / _GIGABYTE, price["logs"]["free_gigabytes"])
        * price["logs"]["gigabyte"],
        "KMS": price["kms"]["key"] + unwrapped / _MILLION * price["kms"]["million_requests"],
    }


def traces(number: float) -> float:
    """Return what X-Ray asks for a month's requests, which come evenly."""
    every_second = min(number, _TRACED_A_SECOND * _SECONDS)
    traced = every_second + (number - every_second) * _TRACED_SHARE
    asked: float = _beyond(traced, prices()["xray"]["free_traces"]) / _MILLION * prices()["xray"]["million_traces"]
    return asked


def _beyond(number: float, free: float) -> float:
    return max(0.0, number - free)
