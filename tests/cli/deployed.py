"""A stack in AWS, as far as the command line looks for it: CloudFormation and Lambda say of a local stack what they would say
of a deployed one. All else is answered by the embedded AWS.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from botocore.awsrequest import AWSPreparedRequest
from moto.core.botocore_stubber import BotocoreStubber

from local.stack import Stack

NAME = "gatepost-prod"
# Whom moto takes everybody for.
ARN = "arn:aws:sts::123456789012:user/moto"

_Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def deployed(stack: Stack, denied: str = "") -> Iterator[None]:
    """Let `stack` be the CloudFormation stack `NAME` inside the block; the operation `denied` is not allowed."""
    process_request: Callable[..., Any] = BotocoreStubber.process_request

    def answering(self: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        url = urlsplit(str(request.url))
        service = url.netloc.partition(".")[0]
        if service == "cloudformation":
            return _xml_refusal("AccessDenied") if denied == "DescribeStackResource" else _resource(stack, request.body)
        if service == "lambda" and url.path.endswith("/configuration"):
            return _json_refusal() if denied == "GetFunctionConfiguration" else _configuration(stack, url)
        if denied and _target(request).endswith(f".{denied}"):
            return _json_refusal()
        return process_request(self, request)

    with patch.object(BotocoreStubber, "process_request", answering):
        yield


def _resource(stack: Stack, body: Any) -> _Answer:
    asked = {name: values[0] for name, values in parse_qs(body if isinstance(body, str) else body.decode()).items()}
    function = stack.template.functions.get(asked["LogicalResourceId"])
    if asked["StackName"] != NAME or function is None:
        return _xml_refusal("ValidationError", f"Stack '{asked['StackName']}' does not exist")
    return _xml(
        200,
        "<DescribeStackResourceResponse><DescribeStackResourceResult><StackResourceDetail>"
        f"<PhysicalResourceId>{function.name}</PhysicalResourceId>"
        "</StackResourceDetail></DescribeStackResourceResult></DescribeStackResourceResponse>",
    )


def _configuration(stack: Stack, url: SplitResult) -> _Answer:
    """Of the alias alone: `$LATEST` may be of an update that was taken back."""
    name = unquote(url.path.split("/")[-2])
    assert url.query == "Qualifier=live"
    (function,) = [function for function in stack.template.functions.values() if function.name == name]
    body = {"FunctionName": name, "Environment": {"Variables": dict(function.environment)}}
    return 200, {"content-type": "application/json"}, json.dumps(body).encode()


def _xml(status: int, text: str) -> _Answer:
    return status, {"content-type": "text/xml"}, text.encode()


def _xml_refusal(code: str, message: str = "You are not authorized to do this") -> _Answer:
    return _xml(
        400, f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )


def _json_refusal() -> _Answer:
    error = {"__type": "AccessDeniedException", "Message": "You are not authorized to do this"}
    return 400, {"x-amzn-errortype": "AccessDeniedException"}, json.dumps(error).encode()


def _target(request: AWSPreparedRequest) -> str:
    target: Any = request.headers.get("X-Amz-Target", "")
    return target.decode() if isinstance(target, bytes) else str(target)
