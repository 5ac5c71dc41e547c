"""Logs and metrics."""

import logging

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from gatepost import correlation

NAMESPACE = "Gatepost"


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
    return Logger(serialize_stacktrace=False)


def count(metric: str) -> None:
    """Add one to a CloudWatch metric, by a line in the log (embedded metric format), without a call. The
    line is a log line too: it says of which request it is.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    with single_metric(name=metric, unit=MetricUnit.Count, value=1, namespace=NAMESPACE) as line:
        if request_id := correlation.request_id():
            line.add_metadata("request_id", request_id)
