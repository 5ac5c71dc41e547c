"""Lambda functions that protect themselves: plain handlers of every HTTP event, and Powertools' event handler."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import (
    ALBResolver,
    APIGatewayHttpResolver,
    ApiGatewayResolver,
    APIGatewayRestResolver,
    LambdaFunctionUrlResolver,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from gatepost_verifier import AccessToken, powertools
from gatepost_verifier.aws_lambda import authorization_fields, protect
from gatepost_verifier.protection import RequirementError
from tests.unit.verifier import forge

TOKEN = forge.token()
GOOD = f"Bearer {TOKEN}"
POWERLESS = f"Bearer {forge.token(forge.claims(permissions=[]))}"


def payload_2(headers: dict[str, Any]) -> dict[str, Any]:
    """An event of payload format 2.0, also a function URL's."""
    http = {"method": "GET", "path": "/orders", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "agent"}
    context = {"http": http, "stage": "$default", "requestId": "id"}
    return {
        "version": "2.0",
        "routeKey": "GET /orders",
        "rawPath": "/orders",
        "rawQueryString": "",
        "headers": headers,
        "requestContext": context,
        "isBase64Encoded": False,
    }


def payload_1(headers: dict[str, Any]) -> dict[str, Any]:
    """An event of a REST API, or of payload format 1.0."""
    return {
        "version": "1.0",
        "resource": "/orders",
        "path": "/orders",
        "httpMethod": "GET",
        "headers": {name: values[-1] if isinstance(values, list) else values for name, values in headers.items()},
        "multiValueHeaders": {name: values if isinstance(values, list) else [values] for name, values in headers.items()},
        "requestContext": {"stage": "prod", "path": "/prod/orders", "requestId": "id"},
        "isBase64Encoded": False,
    }


def multi_value(headers: dict[str, Any]) -> dict[str, Any]:
    """An event of a load balancer whose target group has multi-value headers on."""
    event = payload_1(headers)
    return {name: value for name, value in event.items() if name not in ("headers", "version")}


EVENTS = {"2.0": payload_2, "REST": payload_1, "ALB": multi_value}


@protect(forge.verifier(), "orders:read")
def plain(event: Any, context: Any, token: AccessToken) -> dict[str, Any]:
    """A protected handler."""
    return {"statusCode": 200, "body": f"{token.sub} {context} {event['isBase64Encoded']}"}


def resolver(kind: str) -> ApiGatewayResolver:
    """A protected route of Powertools."""
    app: ApiGatewayResolver = {"2.0": APIGatewayHttpResolver, "REST": APIGatewayRestResolver, "ALB": ALBResolver}[kind]()

    @app.get("/orders", middlewares=[powertools.protect(forge.verifier(), "orders:read")])
    def orders() -> dict[str, str]:
        return {"sub": powertools.access_token(app).sub}

    @app.get("/status")
    def status() -> dict[str, str]:
        return {"sub": powertools.access_token(app).sub}

    return app


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION"])
def test_a_good_token_is_handed_over(kind: str, name: str) -> None:
    event = EVENTS[kind]({name: GOOD})
    assert plain(event, "context") == {"statusCode": 200, "body": "usr_1 context False"}
    answer = resolver(kind).resolve(event, LambdaContext())
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"sub": "usr_1"})


REFUSED: list[tuple[Any, int, str]] = [
    ({}, 401, "Bearer"),
    ({"authorization": ""}, 401, "Bearer"),
    ({"authorization": None}, 401, "Bearer"),
    ({"authorization": {"Bearer": TOKEN}}, 401, "Bearer"),
    ({"authorization": f"Basic {TOKEN}"}, 401, "Bearer"),
    ({"x-authorization": GOOD, "cookie": GOOD}, 401, "Bearer"),
    ({"authorization": f"{GOOD}, {GOOD}"}, 401, "bearer_invalid"),
    ({"authorization": f"{GOOD},{POWERLESS}"}, 401, "bearer_invalid"),
    ({"authorization": GOOD, "Authorization": GOOD}, 401, "bearer_invalid"),
    ({"authorization": GOOD, "Authorization": ""}, 401, "bearer_invalid"),
    ({"authorization": f"{GOOD}x"}, 401, "token_malformed"),
    ({"authorization": "Bearer " + "a" * 65_536}, 401, "bearer_invalid"),
    ({"authorization": POWERLESS}, 403, "insufficient_scope"),
]


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize(("headers", "status", "challenge"), REFUSED)
def test_a06_anything_else_is_answered_without_the_handler(
    kind: str, headers: dict[str, Any], status: int, challenge: str
) -> None:
    event = EVENTS[kind](headers)
    answer = plain(event, None)
    assert answer["statusCode"] == status
    assert json.loads(answer["body"]) == {"message": {401: "Unauthorized", 403: "Forbidden"}[status]}
    assert answer["headers"]["www-authenticate"].startswith("Bearer")
    assert challenge in answer["headers"]["www-authenticate"]
    assert answer["headers"]["cache-control"] == "no-store"


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize(("headers", "status", "challenge"), [case for case in REFUSED if None not in case[0].values()])
def test_powertools_answers_the_same(kind: str, headers: dict[str, Any], status: int, challenge: str) -> None:
    event = EVENTS[kind](headers)
    answer = resolver(kind).resolve(event, LambdaContext())
    expected = plain(event, None)
    sent = answer.get("multiValueHeaders") or {name: [value] for name, value in answer["headers"].items()}
    assert (answer["statusCode"], answer["body"]) == (status, expected["body"])
    assert {name.lower(): values for name, values in sent.items()} == {
        name: [value] for name, value in expected["headers"].items()
    }


@pytest.mark.parametrize(
    "headers", [{"authorization": [GOOD, GOOD]}, {"authorization": [POWERLESS, GOOD]}, {"authorization": [GOOD, ""]}]
)
def test_a06_several_fields_of_one_name(headers: dict[str, Any]) -> None:
    """Format 1.0: `headers` has only the last."""
    assert plain(payload_1(headers), None)["statusCode"] == 401
    assert plain(multi_value(headers), None)["statusCode"] == 401


def test_a06_headers_that_contradict_each_other() -> None:
    event = payload_1({"authorization": POWERLESS})
    event["headers"] = {"authorization": GOOD}
    assert plain(event, None)["statusCode"] == 401


@pytest.mark.parametrize("event", [None, [], "x", 1, {}, {"headers": None}, {"headers": []}, {"headers": {1: GOOD, "a": 1}}])
def test_an_event_of_no_shape_is_401(event: Any) -> None:
    assert authorization_fields(event) == []
    assert plain(event, None)["statusCode"] == 401


def test_function_urls_send_format_2() -> None:
    app = LambdaFunctionUrlResolver()
    app.use([powertools.protect(forge.verifier())])

    @app.get("/orders")
    def orders() -> dict[str, str]:
        return {"sub": powertools.access_token(app).sub}

    assert app.resolve(payload_2({"authorization": GOOD}), LambdaContext())["statusCode"] == 200
    assert app.resolve(payload_2({}), LambdaContext())["statusCode"] == 401


def test_a18_the_token_of_one_call_is_not_seen_by_the_next() -> None:
    """A-18: nor by a route that isn't protected."""
    app = resolver("2.0")
    assert app.resolve(payload_2({"authorization": GOOD}), LambdaContext())["statusCode"] == 200
    with pytest.raises(LookupError):
        app.resolve({**payload_2({"authorization": GOOD}), "rawPath": "/status"}, LambdaContext())


def test_a18_nor_after_a_route_that_raised() -> None:
    app = APIGatewayHttpResolver()

    @app.get("/orders", middlewares=[powertools.protect(forge.verifier())])
    def orders() -> None:
        raise ZeroDivisionError

    @app.get("/status")
    def status() -> str:
        return powertools.access_token(app).sub

    with pytest.raises(ZeroDivisionError):
        app.resolve(payload_2({"authorization": GOOD}), LambdaContext())
    with pytest.raises(LookupError):
        app.resolve({**payload_2({}), "rawPath": "/status"}, LambdaContext())


@pytest.mark.parametrize("make", [protect, powertools.protect])
def test_a_requirement_that_can_not_be_read_fails_where_it_stands(make: Any) -> None:
    with pytest.raises(RequirementError, match="found orders"):
        make(forge.verifier(), "orders")


def test_the_handler_keeps_its_name() -> None:
    assert (plain.__name__, plain.__doc__) == ("plain", "A protected handler.")


def test_a_plain_function_needs_no_framework() -> None:
    program = (
        "import sys, gatepost_verifier.aws_lambda\n"
        "assert not {'aws_lambda_powertools', 'fastapi', 'starlette', 'boto3'} & sys.modules.keys()"
    )
    path = str(Path(__file__).parents[3] / "layers/verifier/python")
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": path})
