"""What an HTTP API sends to Lambda in payload format 2.0. Members that don't apply are left out, as the gateway does.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from local.events import Call, Request, event_body, forwarded, request_time
from local.resources import ACCOUNT


def proxy_event(call: Call) -> dict[str, Any]:
    """Return the event of a Lambda proxy integration."""
    body, is_base64 = event_body(call.request)
    return {**request_event(call), **({"body": body} if call.request.body else {}), "isBase64Encoded": is_base64}


def request_event(call: Call) -> dict[str, Any]:
    """Return the part of an event that integrations and authorizers have in common."""
    request = call.request
    cookies = [cookie.strip() for name, value in request.headers if name == "cookie" for cookie in value.split(";")]
    query = query_parameters(request)
    return {
        "version": "2.0",
        "routeKey": call.route.key,
        "rawPath": call.staged_path,
        "rawQueryString": request.query,
        **({"cookies": cookies} if cookies else {}),
        "headers": _headers(request),
        **({"queryStringParameters": query} if query else {}),
        "requestContext": _request_context(call),
        **({"pathParameters": dict(call.path_parameters)} if call.path_parameters else {}),
        **({"stageVariables": dict(call.api.stage_variables)} if call.api.stage_variables else {}),
    }


def query_parameters(request: Request) -> Mapping[str, str]:
    """Return the parameters of the query, several of a name joined by a comma."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


def _headers(request: Request) -> dict[str, str]:
    # Cookies have a member of their own.
    return {name: request.header(name) for name, _ in request.headers if name != "cookie"} | forwarded(request)


def _request_context(call: Call) -> dict[str, Any]:
    request, now = call.request, time.time()
    return {
        "accountId": ACCOUNT,
        "apiId": call.api.id,
        "domainName": request.host,
        "domainPrefix": request.host.partition(".")[0],
        "http": {
            "method": request.method,
            "path": call.staged_path,
            "protocol": f"HTTP/{request.http_version}",
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent"),
        },
        "requestId": call.id,
        "routeKey": call.route.key,
        "stage": call.api.stage,
        "time": request_time(now),
        "timeEpoch": int(now * 1000),
    }
