"""Logs and metrics."""

import json
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar

from aws_lambda_powertools import Logger

from gatepost import clock, correlation

NAMESPACE = "Gatepost"
DIMENSION = "deployment"

_Answer = TypeVar("_Answer")


class Metric(StrEnum):
    """The catalogue of metrics. Their names are a promise: alarms and dashboards of others stand on them.

    docs/metrics.md says when each counts. CloudWatch charges by the name and dimension, so there are few, and none by user,
    client address or route.
    """

    SIGN_IN_SUCCEEDED = "SignInSucceeded"
    SIGN_IN_FAILED = "SignInFailed"
    ACCOUNT_LOCKED = "AccountLocked"
    ADDRESS_LOCKED = "AddressLocked"
    REFRESH_TOKEN_REUSED = "RefreshTokenReused"  # noqa: S105 (a name)
    REVOCATION_LIST_INCOMPLETE = "RevocationListIncomplete"
    SIGNING_KEY_AGE = "SigningKeyAge"
    STORAGE_THROTTLED = "StorageThrottled"
    MAIL_BOUNCED = "MailBounced"
    MAIL_COMPLAINED = "MailComplained"
    MAIL_STOPPED = "MailStopped"
    BREACHED_PASSWORD_REFUSED = "BreachedPasswordRefused"  # noqa: S105 (a name)
    BREACHED_PASSWORD_CHECK_FAILED = "BreachedPasswordCheckFailed"  # noqa: S105 (a name)
    BREACHED_PASSWORD_CHECK_SKIPPED = "BreachedPasswordCheckSkipped"  # noqa: S105 (a name)
    TOO_MANY_PERMISSIONS = "TooManyPermissions"

    @property
    def unit(self) -> str:
        """Its unit, in CloudWatch's words."""
        return "Seconds" if self is Metric.SIGNING_KEY_AGE else "Count"


# What was counted in the invocation under way, by one entry each time: threads of storage count beside each other.
_counted: ContextVar[list[tuple[Metric, int]] | None] = ContextVar("counted", default=None)


def logger() -> Logger:
    """Return the function's logger: JSON lines, their level by `POWERTOOLS_LOG_LEVEL`.

    Lambda gives the level it's set to to the root logger too. At DEBUG botocore would write every answer of AWS into the
    log, the signing keys that KMS unwraps included, so libraries stay above it whatever the level.
    Every line, also of other loggers, says of which request it is.
    """
    for name in ("botocore", "boto3", "urllib3"):
        logging.getLogger(name).setLevel(logging.INFO)
    # It would write a second line for each request, with the raw path.
    logging.getLogger("mangum").setLevel(logging.WARNING)
    correlation.mark_records()
    # Lines are paid for by their length: asyncio's name of the task tells nothing, nor does the one place that logs requests.
    if sys.version_info >= (3, 12):
        logging.logAsyncioTasks = False
    return Logger(serialize_stacktrace=False, location=None)


def count(metric: Metric, value: int = 1) -> None:
    """Add `value` to a metric of this invocation. Call it once the fact stands: after the commit.

    Where nobody emits what is counted, in an operator's command for example, it does nothing.
    """
    if (counted := _counted.get()) is not None:
        counted.append((metric, value))


@contextmanager
def collected() -> Iterator[list[tuple[Metric, int]]]:
    """Yield what is counted inside the block, as it comes."""
    counted: list[tuple[Metric, int]] = []
    token = _counted.set(counted)
    try:
        yield counted
    finally:
        _counted.reset(token)


@contextmanager
def emitted(deployment: str, request_id: str) -> Iterator[None]:
    """Emit what is counted inside the block at its end, however it ends: as one line in the log, if it's anything at all."""
    with collected() as counted:
        try:
            yield
        finally:
            if counted:
                sys.stdout.write(_line(counted, deployment, request_id))


def emitting(deployment: str) -> Callable[[Callable[[Any, Any], _Answer]], Callable[[Any, Any], _Answer]]:
    """Return a decorator for a handler that no API calls: what one invocation counts is emitted at its end."""

    def decorated(handler: Callable[[Any, Any], _Answer]) -> Callable[[Any, Any], _Answer]:
        @wraps(handler)
        def emitting_handler(event: Any, context: Any) -> _Answer:
            with emitted(deployment, context.aws_request_id):
                return handler(event, context)

        return emitting_handler

    return decorated


def _line(counted: list[tuple[Metric, int]], deployment: str, request_id: str) -> str:
    """Return a line of the log from which CloudWatch makes metrics, without a call (embedded metric format).

    By hand: Powertools' classes cost five times as much, and would split each metric by the function that counts it.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    values: Counter[Metric] = Counter()
    for metric, value in counted:
        values[metric] += value
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [[DIMENSION]],
        "Metrics": [{"Name": metric, "Unit": metric.unit} for metric in values],
    }
    document = {"_aws": {"Timestamp": clock.now_ms(), "CloudWatchMetrics": [directive]}}
    # The id is for those who look for the request behind a number.
    return json.dumps({**document, DIMENSION: deployment, "request_id": request_id, **values}) + "\n"
