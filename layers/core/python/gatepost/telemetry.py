"""Logs."""

import logging

from aws_lambda_powertools import Logger


def logger() -> Logger:
    """Return the function's logger: JSON lines, their level by `POWERTOOLS_LOG_LEVEL`.

    Lambda gives the level it's set to to the root logger too. At DEBUG botocore would write every answer of AWS into the
    log, the signing keys that KMS unwraps included, so libraries stay above it whatever the level.
    """
    for name in ("botocore", "boto3", "urllib3"):
        logging.getLogger(name).setLevel(logging.INFO)
    # It would write a second line for each request, with the raw path.
    logging.getLogger("mangum").setLevel(logging.WARNING)
    return Logger(serialize_stacktrace=False)
