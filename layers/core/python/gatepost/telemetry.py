"""Logs and metrics."""

import logging
import sys

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

NAMESPACE = "Gatepost"


def logger() -> Logger:
    """Return the function's logger: JSON lines, their level by `POWERTOOLS_LOG_LEVEL`.

    Lambda gives the level it's set to to the root logger too. At DEBUG botocore would write every answer of AWS into the
    log, the signing keys that KMS unwraps included, so libraries stay above it whatever the level.
    """
    for name in ("botocore", "boto3", "urllib3"):
        logging.getLogger(name).setLevel(logging.INFO)
    # It would write a second line for each request, with the raw path.
    logging.getLogger("mangum").setLevel(logging.WARNING)
    # Lines are paid for by their length: asyncio's name of the task tells nothing, nor does the one place that logs requests.
    if sys.version_info >= (3, 12):
        logging.logAsyncioTasks = False
    return Logger(serialize_stacktrace=False, location=None)


def count(metric: str) -> None:
    """Add one to a CloudWatch metric, by a line in the log (embedded metric format), without a call.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    with single_metric(name=metric, unit=MetricUnit.Count, value=1, namespace=NAMESPACE):
        pass
