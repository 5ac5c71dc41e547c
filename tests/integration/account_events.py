"""Events of API Gateway for the account function, so that a test can hand its handler what no gateway here would send."""

import json
from collections.abc import Mapping
from typing import Any

from local.events import Response, to_response
from local.stack import Stack
from tests.support import AUDIENCE, PASSWORD, SHARED, new_email, new_ip

REQUEST_ID = "JKJaXmPLvHcESHA="


def event(
    method: str = "GET",
    path: str = "/v1/me",
    body: Any = None,
    *,
    headers: Mapping[str, Any] | None = None,
    token: str | None = None,
    request_id: str = REQUEST_ID,
) -> dict[str, Any]:
    """Return an event of payload format 2.0, written after AWS's documentation, from a client address of its own.

    A `body` that isn't text goes as JSON. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    sent: dict[str, Any] = {
        "accept": "*/*",
        "content-length": "0",
        "host": "auth.example.com",
        "user-agent": "curl/8.9",
        "x-amzn-trace-id": "Root=1-5f84c7a9-0e5b1e1e1e1e1e1e1e1e1e1e",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    if body is not None:
        sent["content-type"] = "application/json"
    if token is not None:
        sent["authorization"] = f"Bearer {token}"
    ip = new_ip()
    whole = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": sent | {"x-forwarded-for": ip} | dict(headers or {}),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "r3pmxmplak",
            "domainName": "auth.example.com",
            "domainPrefix": "auth",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": ip, "userAgent": "curl/8.9"},
            "requestId": request_id,
            "routeKey": f"{method} {path}",
            "stage": "$default",
            "time": "23/Nov/2026:09:12:09 +0000",
            "timeEpoch": 1795425129000,
        },
        "isBase64Encoded": False,
    }
    if body is not None:
        whole["body"] = body if isinstance(body, str) else json.dumps(body)
    return whole


def invoke(stack: Stack, event: Any) -> Response:
    """Hand `event` to the account function's handler and return the answer, which the gateway must be able to send.

    Whatever the handler raises comes through.
    """
    return to_response(stack.functions["AccountFunction"].invoke(event), "")


def shared_events() -> dict[str, dict[str, Any]]:
    """Return AWS's own examples of such events by file name; none where the shared folder is not at hand."""
    files = sorted((SHARED / "security" / "apigw_events").glob("apiGatewayProxyV2*.json"))
    return {file.name: json.loads(file.read_text("utf-8")) for file in files}


def on_route(example: Mapping[str, Any], method: str, path: str) -> dict[str, Any]:
    """Return an example as if its request had gone to one of our routes."""
    context = example["requestContext"]
    http = context["http"] | {"method": method, "path": path}
    return {**example, "rawPath": path, "requestContext": context | {"http": http}}


_WRONG_PASSWORD = "certainly another password"

# A good body for each operation that takes one; a test holds it against the OpenAPI document. {} is a new address.
_BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/auth/register"): {"email": "{}", "password": PASSWORD, "name": "Nobody"},
    ("POST", "/v1/auth/verify-email"): {"token": "x" * 88, "password": PASSWORD, "audience": AUDIENCE},
    ("POST", "/v1/auth/accept-invitation"): {
        "token": "x" * 68,
        "password": PASSWORD,
        "name": "Nobody",
        "audience": AUDIENCE,
        "refresh_transport": "cookie",
    },
    ("POST", "/v1/auth/resend-verification"): {"email": "{}"},
    ("POST", "/v1/auth/login"): {
        "email": "{}",
        "password": PASSWORD,
        "device_name": "phone",
        "audience": AUDIENCE,
        "refresh_transport": "cookie",
    },
    ("POST", "/v1/auth/email-code/start"): {"email": "{}"},
    ("POST", "/v1/auth/email-code/verify"): {
        "email": "{}",
        "code": "123456",
        "device_name": "phone",
        "audience": AUDIENCE,
        "refresh_transport": "cookie",
    },
    ("POST", "/v1/auth/refresh"): {"refresh_token": "x" * 108, "audience": AUDIENCE},
    ("POST", "/v1/auth/logout"): {"refresh_token": "x" * 108},
    ("POST", "/v1/auth/password/forgot"): {"email": "{}"},
    ("POST", "/v1/auth/password/reset"): {"token": "x" * 68, "new_password": PASSWORD},
    ("PATCH", "/v1/me"): {"name": "Nobody"},
    # A wrong password, so that none of these does what it is there for.
    ("DELETE", "/v1/me"): {"password": _WRONG_PASSWORD},
    ("POST", "/v1/me/password"): {"current_password": _WRONG_PASSWORD, "new_password": PASSWORD},
    ("POST", "/v1/me/email"): {"new_email": "{}", "password": _WRONG_PASSWORD},
    ("POST", "/v1/auth/api-key"): {"api_key": f"gp_{'0' * 48}_{'0' * 49}", "audience": AUDIENCE},
    # A permission that the user hasn't got: so no key is made.
    ("POST", "/v1/me/api-keys"): {
        "name": "Nobody",
        "permissions": ["orders:read"],
        "expires_at": None,
        "expires_in_days": 30,
    },
}
OPERATIONS = list(_BODIES)
MEMBERS = [(*operation, member) for operation, body in _BODIES.items() for member in body]


def good_body(method: str, path: str, **changes: Any) -> dict[str, Any]:
    """Return a body that this operation takes, with some members set to other values."""
    body = {name: new_email() if value == "{}" else value for name, value in _BODIES[method, path].items()}
    return body | changes
