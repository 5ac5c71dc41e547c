"""The ARN by which API Gateway and IAM policies name a call: `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH`."""

import re
from typing import NamedTuple

from gatepost_verifier.route_rules import CONNECT, CONNECT_PATH

MAX_BYTES = 1600
"""For a longer one the gateway answers 414 by itself
(https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)."""

# Partition, region, account, API and stage hold no wildcard, or a policy made of them would speak about other APIs too. All
# that comes after is the caller's: colons, slashes, line ends.
_ARN = re.compile(
    r"(arn:aws(?:-[a-z]+)*:execute-api:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+/(?:\$default|[A-Za-z0-9_-]+)/)"
    r"(?:([A-Z]+)(/.*)|(\$connect))",
    re.ASCII | re.DOTALL,
)


class MethodArn(NamedTuple):
    """A call as IAM sees it.

    `prefix` is everything up to the stage and its slash. `path` starts with a slash; the connection of a WebSocket API has
    none, and is the method CONNECT of the path `$connect`.
    """

    prefix: str
    method: str
    path: str


def parse_method_arn(arn: str) -> MethodArn:
    """The parts of an ARN of https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html.

    Raises ValueError if it names no single call of a single API's stage, or is longer than `MAX_BYTES`.
    """
    parts = _ARN.fullmatch(arn) if len(arn.encode()) <= MAX_BYTES else None
    if parts is None:
        raise ValueError("not the ARN of one call")
    prefix, method, path, connect = parts.groups()
    return MethodArn(prefix, CONNECT, CONNECT_PATH) if connect else MethodArn(prefix, method, path)
