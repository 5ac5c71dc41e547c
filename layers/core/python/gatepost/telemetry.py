"""Logs and metrics."""

import json
import logging
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from gatepost import clock, correlation

NAMESPACE = "Gatepost"
DIMENSION = "deployment"


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
    REQUEST_FAILED = "RequestFailed"
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


class Counted(NamedTuple):
    """What was added to a metric, and for which request, None where it was for none."""

    metric: Metric
    value: int
    request_id: str | None


# What was counted in the invocation under way, by one entry each time: threads of storage count beside each other.
_counted: ContextVar[list[Counted] | None] = ContextVar("counted", default=None)


class _Lines(LambdaPowertoolsFormatter):
    """Powertools' lines, sooner: one encoder for all, no message looked at as if it were JSON, the time by `datetime`."""

    def __init__(self, **options: Any) -> None:
        encoder = json.JSONEncoder(default=str, separators=(",", ":"), ensure_ascii=False)
        super().__init__(json_serializer=encoder.encode, json_deserializer=str, **options)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 (logging's name)
        """Return when the record was made, as Powertools writes it; in UTC, which is a function's time zone."""
        time = datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None)
        return time.isoformat(" ", "milliseconds").replace(".", ",") + "+0000"


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
    # No line says in which thread or process it was written, so no record needs to find out.
    logging.logThreads = logging.logMultiprocessing = logging.logProcesses = False
    own = Logger(logger_formatter=_Lines(serialize_stacktrace=False, location=None))
    # Lambda's level isn't above INFO, or it would drop what `emitted` writes: so the loggers of rules follow this one's.
    logging.getLogger("gatepost").setLevel(own.log_level)
    return own


def count(metric: Metric, value: int = 1) -> None:
    """Add `value` to a metric of this invocation. Call it once the fact stands: after the commit.

    Where nobody emits what is counted, in an operator's command for example, it does nothing.
    """
    if (counted := _counted.get()) is not None:
        counted.append(Counted(metric, value, correlation.request_id()))


@contextmanager
def collected() -> Iterator[list[Counted]]:
    """Yield what is counted inside the block, as it comes."""
    counted: list[Counted] = []
    token = _counted.set(counted)
    try:
        yield counted
    finally:
        _counted.reset(token)


@contextmanager
def emitted(deployment: str) -> Iterator[None]:
    """Emit what is counted inside the block, or in the handler that this decorates, at its end, however it ends: as a line in
    the log for each request that was counted for. An invocation for an API serves one, that for a batch of mails several.
    """
    with collected() as counted:
        try:
            yield
        finally:
            for request_id in dict.fromkeys(entry.request_id for entry in counted):
                sys.stdout.write(_line(deployment, request_id, [entry for entry in counted if entry.request_id == request_id]))


def _line(deployment: str, request_id: str | None, counted: list[Counted]) -> str:
    """Return a line of the log from which CloudWatch makes metrics, without a call (embedded metric format).

    By hand: Powertools' classes cost five times as much, and would split each metric by the function that counts it.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    values: Counter[Metric] = Counter()
    for entry in counted:
        values[entry.metric] += entry.value
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [[DIMENSION]],
        "Metrics": [{"Name": metric, "Unit": metric.unit} for metric in values],
    }
    document = {"_aws": {"Timestamp": clock.now_ms(), "CloudWatchMetrics": [directive]}, DIMENSION: deployment}
    # The id is for those who look for the request behind a number.
    of_request = {} if request_id is None else {"request_id": request_id}
    return json.dumps(document | of_request | values) + "\n"
