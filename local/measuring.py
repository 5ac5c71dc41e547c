"""What AWS measures itself of functions, APIs and queues, as far as alarms look at it.

Not measured: DynamoDB, SES, WebSocket APIs, and environments that start (`ConcurrentExecutions`, `InitDuration`).
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter

from local.dead_letters import number_of
from local.events import Response
from local.metrics import METRICS, take_from_standard_output
from local.model import Api, Function

ALIAS = "live"
"""What every call is for: there is one version of a function here."""

_LAMBDA, _API, _QUEUE = "AWS/Lambda", "AWS/ApiGateway", "AWS/SQS"


def seconds() -> float:
    """Return seconds that never go back."""
    return perf_counter()


class Throttled(Exception):
    """All environments that a function may have are busy."""


@contextmanager
def invocation(function: Function) -> Iterator[None]:
    """Measure an invocation, which the block is; and take out of what it prints what it emits itself.

    One that takes longer than the function may counts as failed: Lambda would have ended it, which nothing here does.
    """
    take_from_standard_output()
    started, failed = seconds(), True
    try:
        yield
        failed = False
    finally:
        dimensions, taken = _dimensions(function), seconds() - started
        METRICS.record(_LAMBDA, "Invocations", dimensions, 1)
        METRICS.record(_LAMBDA, "Errors", dimensions, int(failed or taken > function.timeout))
        METRICS.record(_LAMBDA, "Duration", dimensions, taken * 1000)


def throttled(function: Function) -> Throttled:
    """Return the refusal of an invocation, having measured it."""
    METRICS.record(_LAMBDA, "Throttles", _dimensions(function), 1)
    return Throttled(f"{function.logical_id} has no more than {function.concurrency} environments, and they are busy.")


def batch_of_stream(function: Function, age: float) -> None:
    """Measure how old the last record of a batch is, in seconds, as its function is about to get it."""
    METRICS.record(_LAMBDA, "IteratorAge", _dimensions(function), age * 1000)


def request(api: Api, response: Response, started: float) -> None:
    """Measure a request that an HTTP API has answered, and that came when `seconds` gave `started`."""
    dimensions = {"ApiId": api.id}
    METRICS.record(_API, "Count", dimensions, 1)
    METRICS.record(_API, "Latency", dimensions, (seconds() - started) * 1000)
    for name, first in (("4xx", 400), ("5xx", 500)):
        METRICS.record(_API, name, dimensions, int(first <= response.status < first + 100))


def queues(names: Mapping[str, str]) -> None:
    """Measure the queues with these names, by logical id, as they are now. SQS does it every minute."""
    for name in names.values():
        METRICS.record(_QUEUE, "ApproximateNumberOfMessagesVisible", {"QueueName": name}, number_of(name))


def _dimensions(function: Function) -> Mapping[str, str]:
    return {"FunctionName": function.name, "Resource": f"{function.name}:{ALIAS}"}
