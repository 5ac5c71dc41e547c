"""The embedded AWS for other processes on this machine, above all the command line, which works on tables as it does in AWS.

`GET /_local/deployment` says what it needs: each function's name and environment, each queue's address, and the environment of
an AWS SDK that is to speak to `/_local/aws`. Whatever is signed for one of the services below is answered there by the same
backends, one request at a time, as calls inside this process are. The signature isn't checked: whoever reaches a port of the
loopback address may do all this anyway. It has to be there, since a web page of somebody else's can't send it unasked.
"""

import json
import os
import re
from collections.abc import Mapping

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.models import botocore_stubber

from local.aws import CREDENTIALS, DYNAMODB_URL
from local.events import Request, Response
from local.gateway import Page
from local.model import Function
from local.resources import ACCOUNT, REGION

PATH = "/_local/aws"
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
_SCOPE = re.compile(r"AWS4-HMAC-SHA256 Credential=[^/,]+/\d{8}/[a-z0-9-]+/(?P<service>[a-z0-9-]+)/aws4_request\b")
# The name that a service signs by, and the first label of its host.
_HOSTS = {
    "dynamodb": "dynamodb",
    "events": "events",
    "kms": "kms",
    "lambda": "lambda",
    "ses": "email",
    "sqs": "sqs",
    "sts": "sts",
}
_JSON = (("content-type", "application/json"),)


def aws_pages(functions: Mapping[str, Function], queues: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, Page]:
    """Return the pages by path. `queues` are names, and `settings` environment variables that all `functions` have beside their
    own.
    """

    def show_deployment(request: Request) -> Response:
        if request.host not in _LOOPBACK:
            return _refused("This is for programs on this machine.")
        sdk = {**CREDENTIALS, "AWS_ENDPOINT_URL": f"http://{request.header('host')}{PATH}"}
        if DYNAMODB_URL in os.environ:
            sdk[DYNAMODB_URL] = os.environ[DYNAMODB_URL]
        described = {
            logical_id: {"name": function.name, "environment": {**function.environment, **settings}}
            for logical_id, function in functions.items()
        }
        urls = {logical_id: f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}" for logical_id, name in queues.items()}
        return Response(200, _JSON, json.dumps({"aws": sdk, "functions": described, "queues": urls}, indent=2).encode())

    return {"/_local/deployment": show_deployment, PATH: _answer, f"{PATH}/": _answer}


def _answer(request: Request) -> Response:
    """Return what the embedded AWS answers to a signed request."""
    scope = _SCOPE.match(request.header("authorization"))
    if scope is None or scope["service"] not in _HOSTS or request.host not in _LOOPBACK:
        return _refused(f"Send a request that is signed for one of: {', '.join(_HOSTS)}.")
    host = f"{_HOSTS[scope['service']]}.{REGION}.amazonaws.com"
    asked = AWSPreparedRequest(
        method=request.method,
        url=f"https://{host}{request.target.removeprefix(PATH) or '/'}",
        headers=HTTPHeaders.from_dict({**dict(request.headers), "host": host}),
        body=request.body,
        stream_output=False,
    )
    answer = botocore_stubber.process_request(asked)
    if answer is None:
        return _refused("The embedded AWS has no such service.")
    status, headers, body = answer
    return Response(
        status,
        tuple((name.lower(), str(value)) for name, value in headers.items()),
        body if isinstance(body, bytes) else body.encode(),
    )


def _refused(reason: str) -> Response:
    error = {"__type": "AccessDeniedException", "message": reason}
    return Response(403, (*_JSON, ("x-amzn-errortype", "AccessDeniedException")), json.dumps(error).encode())
