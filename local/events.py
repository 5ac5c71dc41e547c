"""HTTP requests as API Gateway's HTTP API hands them to Lambda (payload format 2.0), and Lambda's answers as HTTP responses.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from local.resources import ACCOUNT

Headers = tuple[tuple[str, str], ...]

# The gateway passes bodies of these types on as text, all others in base64; also one without a type, and HTML forms.
_TEXT = ("application/javascript", "application/json", "application/xml")


@dataclass(frozen=True)
class Request:
    """An HTTP request. `target` is the path and query as they were sent; header names are in lower case."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    http_version: str = "1.1"

    @property
    def path(self) -> str:
        """The path as the gateway sees it: decoded, and cut off at a decoded question mark. It matches routes by it, too."""
        return unquote(self.target.partition("?")[0]).partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def header(self, name: str) -> str:
        """Return the header `name` (lower case), several of them joined by a comma; empty if there is none."""
        return ",".join(value for key, value in self.headers if key == name)


@dataclass(frozen=True)
class Response:
    """An HTTP response; header names are in lower case."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the first header `name` (lower case)."""
        return next((value for key, value in self.headers if key == name), None)

    def json(self) -> Any:
        """Return the body parsed as JSON."""
        return json.loads(self.body)


class MalformedAnswer(Exception):
    """A function answered with something that the gateway can't turn into a response."""


@dataclass(frozen=True)
class Call:
    """A request that matched a route."""

    request: Request
    route_key: str
    path_parameters: Mapping[str, str]
    api_id: str
    id: str = field(default_factory=lambda: base64.b64encode(secrets.token_bytes(11)).decode())


def proxy_event(call: Call) -> dict[str, Any]:
    """Return the event of a Lambda proxy integration. Members that don't apply are left out, as the gateway does."""
    request = call.request
    body, is_base64 = _body(request)
    return {**request_event(call), **({"body": body} if request.body else {}), "isBase64Encoded": is_base64}


def request_event(call: Call) -> dict[str, Any]:
    """Return the part of an event that integrations and authorizers have in common."""
    request = call.request
    cookies = [cookie.strip() for name, value in request.headers if name == "cookie" for cookie in value.split(";")]
    query: dict[str, str] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return {
        "version": "2.0",
        "routeKey": call.route_key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        **({"cookies": cookies} if cookies else {}),
        "headers": _headers(request),
        **({"queryStringParameters": query} if query else {}),
        "requestContext": _request_context(call),
        **({"pathParameters": dict(call.path_parameters)} if call.path_parameters else {}),
    }


def _headers(request: Request) -> dict[str, str]:
    # Cookies have a member of their own.
    headers = {name: request.header(name) for name, _ in request.headers if name != "cookie"}
    before = headers.get("x-forwarded-for")
    _, colon, port = headers.get("host", "").rpartition(":")
    return headers | {
        "x-amzn-trace-id": f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}",
        "x-forwarded-for": f"{before}, {request.source_ip}" if before else request.source_ip,
        "x-forwarded-port": port if colon and port.isdecimal() else "80",
        "x-forwarded-proto": "http",
    }


def _request_context(call: Call) -> dict[str, Any]:
    request, now = call.request, time.time()
    domain = request.header("host").rpartition(":")[0] or request.header("host")
    return {
        "accountId": ACCOUNT,
        "apiId": call.api_id,
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": f"HTTP/{request.http_version}",
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent"),
        },
        "requestId": call.id,
        "routeKey": call.route_key,
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
    }


def _body(request: Request) -> tuple[str, bool]:
    content_type = request.header("content-type").partition(";")[0].strip().lower()
    if not request.body:
        return "", False
    if content_type.startswith("text/") or content_type in _TEXT or content_type.endswith(("+json", "+xml")):
        return request.body.decode("utf-8", errors="replace"), False
    return base64.b64encode(request.body).decode(), True


def to_response(answer: Any, request_id: str) -> Response:
    """Return the answer of a function as an HTTP response.

    An answer without `statusCode` is taken as the JSON body of a 200. Each cookie becomes a set-cookie header.

    Raises:
        MalformedAnswer: if the gateway could make nothing of it.
    """
    if not (isinstance(answer, dict) and "statusCode" in answer):
        body = json.dumps(answer).encode()
        return Response(200, (("content-type", "application/json"), ("apigw-requestid", request_id)), body)
    try:
        headers = {str(name).lower(): _header_text(value) for name, value in (answer.get("headers") or {}).items()}
        headers.setdefault("content-type", "text/plain;charset=UTF-8")
        cookies = [("set-cookie", _header_text(cookie)) for cookie in answer.get("cookies") or ()]
        body = _answer_body(answer)
        status = int(answer["statusCode"])
    except (AttributeError, TypeError, ValueError) as exc:
        raise MalformedAnswer(f"{exc} in {answer!r}"[:1000]) from exc
    if not 200 <= status <= 599:
        raise MalformedAnswer(f"the status {status} can't be sent")
    return Response(status, (*headers.items(), *cookies, ("apigw-requestid", request_id)), body)


def _header_text(value: Any) -> str:
    if not isinstance(value, str | int | float):
        raise TypeError(f"a header must be text, not {value!r}")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "\n" in text or "\r" in text:
        raise ValueError(f"a header must not hold a line break: {text!r}")
    text.encode("latin-1")  # raises ValueError for what HTTP/1.1 can't carry
    return text


def _answer_body(answer: Mapping[str, Any]) -> bytes:
    body = answer.get("body") or ""
    if not isinstance(body, str):
        raise TypeError("the body must be text")
    return base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode("utf-8")
