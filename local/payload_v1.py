"""What a REST API, and an HTTP API in payload format 1.0, sends to Lambda.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from local.events import Call, Request, event_body, forwarded, request_time
from local.resources import ACCOUNT

_OF_IAM_AND_COGNITO = (
    *("accessKey", "accountId", "caller", "principalOrgId", "user", "userArn"),
    *("cognitoAuthenticationProvider", "cognitoAuthenticationType", "cognitoIdentityId", "cognitoIdentityPoolId"),
)


def proxy_event(call: Call) -> dict[str, Any]:
    """Return the event of a Lambda proxy integration. What a request lacks is null."""
    version = {"version": "1.0"} if call.api.protocol == "HTTP" else {}
    event = {name: value if value != {} else None for name, value in request_event(call).items()}
    body, is_base64 = _body(call)
    return {**version, **event, "body": body, "isBase64Encoded": is_base64}


def request_event(call: Call) -> dict[str, Any]:
    """Return the part of an event that integrations and authorizers have in common. What a request lacks is an empty object."""
    query = all_query_parameters(call.request)
    return {
        "resource": call.route.path,
        # An HTTP API leaves the stage in the path, a REST API takes it off.
        "path": call.path if call.api.protocol == "REST" else call.staged_path,
        "httpMethod": call.request.method,
        **header_members(call.request),
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": dict(query),
        "requestContext": _request_context(call),
        "pathParameters": dict(call.path_parameters),
        "stageVariables": dict(call.api.stage_variables),
    }


def header_members(request: Request) -> dict[str, Any]:
    """Return `headers`, of several with one name the last, and `multiValueHeaders`."""
    several: dict[str, list[str]] = {}
    for name, value in request.headers:
        several.setdefault(name, []).append(value)
    several |= {name: [value] for name, value in forwarded(request).items()}
    return {"headers": {name: values[-1] for name, values in several.items()}, "multiValueHeaders": several}


def all_query_parameters(request: Request) -> Mapping[str, list[str]]:
    """Return the parameters of the query with all values of each."""
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    return query


def identity(request: Request) -> dict[str, Any]:
    """Return who asks, as far as the gateway can tell without an authorizer."""
    return {**dict.fromkeys(_OF_IAM_AND_COGNITO), "sourceIp": request.source_ip, "userAgent": request.header("user-agent")}


def _body(call: Call) -> tuple[str | None, bool]:
    if not call.request.body:
        return None, False
    if call.api.protocol == "HTTP":
        return event_body(call.request)
    # Without binary media types, which the local stack doesn't know, a REST API takes every body for text.
    return call.request.body.decode("utf-8", errors="replace"), False


def _request_context(call: Call) -> dict[str, Any]:
    request, now = call.request, time.time()
    return {
        "accountId": ACCOUNT,
        "apiId": call.api.id,
        "domainName": request.host,
        "domainPrefix": request.host.partition(".")[0],
        "extendedRequestId": call.id,
        "httpMethod": request.method,
        "identity": identity(request),
        "path": call.staged_path,
        "protocol": f"HTTP/{request.http_version}",
        "requestId": call.id,
        "requestTime": request_time(now),
        "requestTimeEpoch": int(now * 1000),
        "resourceId": call.route.key,
        "resourcePath": call.route.path,
        "stage": call.api.stage,
    }
