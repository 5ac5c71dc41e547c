"""Authorizer events made by hand, and an authorizer whose clock stands at `forge.NOW`."""

import copy
from typing import Any

from gatepost_verifier.authorizer import Authorizer
from gatepost_verifier.decision import Default
from gatepost_verifier.route_rules import parse_rules
from tests.unit.verifier import forge

ROUTES = """
GET  /status      = public
GET  /me          = authenticated
GET  /orders      = orders:read
POST /orders      = orders:write
GET  /orders/{id} = orders:read & mfa
"""

# The shape of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html, format 2.0.
EVENT: dict[str, Any] = {
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


def event(
    method: str = "GET", path: str = "/orders", *, headers: dict[str, Any] | None = None, stage: str = "$default"
) -> dict[str, Any]:
    """The event of a call; `headers` go on top of the usual ones."""
    made = copy.deepcopy(EVENT)
    made["rawPath"] = made["requestContext"]["http"]["path"] = path
    made["requestContext"]["http"]["method"] = method
    made["requestContext"]["stage"] = stage
    made["headers"] |= headers or {}
    return made


def bearer(**claims: Any) -> dict[str, str]:
    """The header with a good token, some of its claims set to other values."""
    return {"authorization": f"Bearer {forge.token(forge.claims(**claims))}"}


def authorizer(routes: str = ROUTES, default: Default = "deny") -> Authorizer:
    """An authorizer of forge's issuer."""
    return Authorizer(forge.verifier(), parse_rules(routes), default)


def outcome(event: object, door: Authorizer | None = None) -> tuple[int, dict[str, Any]]:
    """What the gateway makes of the answer to `event`: 200, 401 or 403, and the context. Fails for anything else."""
    answer: dict[str, Any] = {}
    refusal: BaseException | None = None
    try:
        answer = (door or authorizer()).simple_response(event)
    except BaseException as error:  # noqa: BLE001 - looked at below
        refusal = error
    if refusal is not None:
        # The exact message, and nothing that a log of the exception could show beside it.
        assert (type(refusal), refusal.args) == (Exception, ("Unauthorized",))
        assert (refusal.__cause__, refusal.__context__) == (None, None)
        return 401, {}
    if answer == {"isAuthorized": False}:
        return 403, {}
    assert answer.keys() == {"isAuthorized", "context"}
    assert answer["isAuthorized"] is True
    context: dict[str, Any] = answer["context"]
    assert all(type(value) in (str, int, bool) for value in context.values())
    return 200, context
