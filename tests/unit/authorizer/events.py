"""Authorizer events made by hand, one builder a shape."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost_verifier.authorizer import Authorizer
from gatepost_verifier.decision import Default
from gatepost_verifier.events import V2Response
from tests.unit.authorizer import iam
from tests.unit.authorizer.support import ROUTES, authorizer

Event = dict[str, Any]
Headers = Mapping[str, Any]

# The shape of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html, format 2.0.
HTTP_V2: Event = {
    "version": "2.0",
    "type": "REQUEST",
    "routeArn": "arn:aws:execute-api:us-east-1:123456789012:abcdef123/$default/GET/orders",
    "identitySource": ["Bearer …", "GET", "/orders"],
    "routeKey": "GET /orders",
    "rawPath": "/orders",
    "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value",
    "cookies": ["cookie1", "cookie2"],
    "headers": {
        "accept": "application/json",
        "host": "id.execute-api.us-east-1.amazonaws.com",
        "x-amzn-trace-id": "Root=1-611cc4a7-0746ebee281cfd967db97b64",
        "x-forwarded-for": "10.10.10.10",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    },
    "queryStringParameters": {"parameter1": "value1,value2", "parameter2": "value"},
    "requestContext": {
        "accountId": "123456789012",
        "apiId": "api-id",
        "authentication": {
            "clientCert": {"subjectDN": "www.example.com", "validity": {"notBefore": "May 28 12:30:02 2019 GMT"}}
        },
        "domainName": "id.execute-api.us-east-1.amazonaws.com",
        "domainPrefix": "id",
        "http": {
            "method": "GET",
            "path": "/orders",
            "protocol": "HTTP/1.1",
            "sourceIp": "10.10.10.10",
            "userAgent": "agent",
        },
        "requestId": "id",
        "routeKey": "GET /orders",
        "stage": "$default",
        "time": "12/Mar/2020:19:03:58 +0000",
        "timeEpoch": 1583348638390,
    },
    "pathParameters": {"parameter1": "value1"},
    "stageVariables": {"stageVariable1": "value1"},
}

# The shape of https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html, REQUEST.
REST: Event = {
    "type": "REQUEST",
    "methodArn": "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/GET/orders",
    "resource": "/orders",
    "path": "/orders",
    "httpMethod": "GET",
    "headers": {"Accept": "*/*", "Host": "api.example.com", "X-Forwarded-Proto": "https"},
    "multiValueHeaders": {"Accept": ["*/*"], "Host": ["api.example.com"], "X-Forwarded-Proto": ["https"]},
    "queryStringParameters": {"page": "2"},
    "multiValueQueryStringParameters": {"page": ["1", "2"]},
    "pathParameters": {},
    "stageVariables": {"table": "orders"},
    "requestContext": {
        "accountId": "123456789012",
        "apiId": "abcdef123",
        "httpMethod": "GET",
        "identity": {"apiKey": None, "sourceIp": "10.10.10.10"},
        "path": "/prod/orders",
        "requestId": "id",
        "resourceId": "a1b2c3",
        "resourcePath": "/orders",
        "stage": "prod",
    },
}

# The shape of https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html.
WEBSOCKET: Event = {
    "type": "REQUEST",
    "methodArn": "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/$connect",
    "headers": {"Connection": "upgrade", "Sec-WebSocket-Version": "13", "Upgrade": "websocket"},
    "multiValueHeaders": {"Connection": ["upgrade"], "Sec-WebSocket-Version": ["13"], "Upgrade": ["websocket"]},
    "queryStringParameters": {"room": "7"},
    "multiValueQueryStringParameters": {"room": ["7"]},
    "stageVariables": {},
    "requestContext": {
        "routeKey": "$connect",
        "eventType": "CONNECT",
        "messageDirection": "IN",
        "stage": "prod",
        "connectedAt": 1700000000000,
        "requestTimeEpoch": 1700000000001,
        "identity": {"sourceIp": "10.10.10.10"},
        "requestId": "id",
        "domainName": "abcdef123.execute-api.us-east-1.amazonaws.com",
        "connectionId": "VvsKddzJCYMCJRw=",
        "apiId": "abcdef123",
    },
}


def http_v2(method: str = "GET", path: str = "/orders", headers: Headers | None = None, *, stage: str = "$default") -> Event:
    """An HTTP API's event, payload format 2.0; `headers` go on top of the usual ones. `path` begins with a named `stage`."""
    made = copy.deepcopy(HTTP_V2)
    made["rawPath"] = made["requestContext"]["http"]["path"] = path
    made["requestContext"]["http"]["method"] = method
    made["requestContext"]["stage"] = stage
    made["routeArn"] = iam.arn(method, path.removeprefix(f"/{stage}"), iam.PREFIX.replace("/prod/", f"/{stage}/"))
    made["headers"] |= headers or {}
    return made


def rest_token(method: str = "GET", path: str = "/orders", headers: Headers | None = None) -> Event:
    """A REST API's event of the type TOKEN. It knows one Authorization field, whatever its name's case."""
    values = [value for name, value in (headers or {}).items() if name.lower() == "authorization"]
    made: Event = {"type": "TOKEN", "methodArn": iam.arn(method, path)}
    if values:
        made["authorizationToken"] = values[0] if len(values) == 1 else ",".join(values)
    return made


def rest(method: str = "GET", path: str = "/orders", headers: Headers | None = None) -> Event:
    """A REST API's event of the type REQUEST."""
    made = _with_headers(REST, headers)
    made |= {"methodArn": iam.arn(method, path), "path": path, "httpMethod": method}
    made["requestContext"] |= {"httpMethod": method, "path": f"/prod{path}"}
    return made


def http_v1(method: str = "GET", path: str = "/orders", headers: Headers | None = None) -> Event:
    """An HTTP API's event, payload format 1.0: the path begins with the stage."""
    made = rest(method, path, headers)
    token = (headers or {}).get("authorization", "")
    return made | {"version": "1.0", "path": f"/prod{path}", "identitySource": token, "authorizationToken": token}


def websocket(method: str = "GET", path: str = "/orders", headers: Headers | None = None) -> Event:
    """A WebSocket API's event: there is but one call."""
    del method, path
    return _with_headers(WEBSOCKET, headers)


def _with_headers(base: Event, headers: Headers | None) -> Event:
    made = copy.deepcopy(base)
    made["headers"] |= headers or {}
    made["multiValueHeaders"] |= {name: [value] for name, value in (headers or {}).items()}
    return made


@dataclass(frozen=True)
class Shape:
    """A shape of events, and the authorizer that answers it."""

    make: Callable[[str, str, Headers | None], Event]
    v2_response: V2Response = "simple"

    def event(self, headers: Headers | None = None, *, method: str = "GET", path: str = "/orders") -> Event:
        """The event of a call."""
        return self.make(method, path, headers)

    def door(self, routes: str = ROUTES, default: Default = "deny") -> Authorizer:
        """The authorizer."""
        return authorizer(routes, default, self.v2_response)


HTTP_SHAPES = {
    "REST TOKEN": Shape(rest_token),
    "REST REQUEST": Shape(rest),
    "HTTP 1.0": Shape(http_v1),
    "HTTP 2.0 simple": Shape(http_v2),
    "HTTP 2.0 IAM": Shape(http_v2, "iam"),
}
SHAPES = {**HTTP_SHAPES, "WebSocket": Shape(websocket)}
