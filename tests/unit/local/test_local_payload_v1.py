"""Payload format 1.0, of REST APIs and of HTTP APIs; and what authorizers are sent, in every shape."""

import json
from typing import Any

import pytest

from local.authorizers.authorizer_events import authorizer_event
from local.events import Call, Request
from local.model import Api, Route
from local.payload_v1 import proxy_event
from tests.support import SHARED
from tests.unit.local.stand_ins import ACCOUNT_ARN, call, http_authorizer, rest_authorizer

EVENTS = SHARED / "security" / "apigw_events"
HEADERS = (("host", "api.example.com:3002"), ("x-two", "1"), ("x-two", "2"), ("cookie", "a=1; b=2"), ("user-agent", "tests"))
REST = Api("api", "REST", "live", {"version": "7"})


def _call(api: Api = REST, target: str = "/orders/a%20b?p=1&p=2&q=x%20y", body: bytes = b"") -> Call:
    request = Request("POST", target, HEADERS, body, "192.0.2.7")
    path = request.raw_path if api.protocol == "REST" else request.path
    return Call(request, api, Route("POST", "/orders/{id}", "F", payload="1.0"), path, {"id": "a b"})


def test_a_request_to_a_rest_api_field_by_field() -> None:
    event = proxy_event(_call(body=b'{"a": 1}'))
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/orders/{id}", "/orders/a%20b", "POST")
    assert (event["headers"]["x-two"], event["multiValueHeaders"]["x-two"]) == ("2", ["1", "2"])
    assert event["headers"]["cookie"] == "a=1; b=2"
    assert event["headers"]["x-forwarded-for"] == "192.0.2.7"
    assert event["queryStringParameters"] == {"p": "2", "q": "x y"}
    assert event["multiValueQueryStringParameters"] == {"p": ["1", "2"], "q": ["x y"]}
    assert (event["pathParameters"], event["stageVariables"]) == ({"id": "a b"}, {"version": "7"})
    assert (event["body"], event["isBase64Encoded"]) == ('{"a": 1}', False)
    assert "version" not in event
    context = event["requestContext"]
    assert (context["stage"], context["path"], context["resourcePath"]) == ("live", "/live/orders/a%20b", "/orders/{id}")
    assert (context["identity"]["sourceIp"], context["identity"]["userAgent"]) == ("192.0.2.7", "tests")
    assert (context["apiId"], context["accountId"], context["httpMethod"]) == ("api", "123456789012", "POST")


def test_what_a_request_lacks_is_null() -> None:
    request = Request("GET", "/", (("host", "x"),))
    event = proxy_event(Call(request, Api("api", "REST", "live"), Route("GET", "/", "F", payload="1.0"), "/", {}))
    absent = ("body", "pathParameters", "queryStringParameters", "multiValueQueryStringParameters", "stageVariables")
    assert [event[name] for name in absent] == [None] * 5


def test_a_rest_api_takes_every_body_for_text() -> None:
    assert proxy_event(_call(body=b"\xff"))["body"] == "�"
    in_http_api = proxy_event(_call(Api("api", "HTTP"), body=b"\xff"))
    assert (in_http_api["body"], in_http_api["isBase64Encoded"]) == ("/w==", True)


def test_an_http_api_says_its_version_and_keeps_a_named_stage_in_the_decoded_path() -> None:
    event = proxy_event(_call(Api("api", "HTTP", "beta")))
    assert (event["version"], event["path"], event["requestContext"]["path"]) == ("1.0", "/beta/orders/a b", "/beta/orders/a b")


@pytest.mark.parametrize("file", ["apiGatewayProxyEvent.json", "apiGatewayProxyEvent_noVersionAuth.json"])
def test_real_events_have_our_members_and_types(file: str) -> None:
    """Where the shared folder is at hand. `authorizer` and a client certificate aren't in every event."""
    if not (EVENTS / file).exists():
        pytest.skip("the recorded events are not here")
    real = json.loads((EVENTS / file).read_text())
    ours = proxy_event(_call(Api("api", "HTTP" if "version" in real else "REST"), body=b"x"))
    assert real.keys() == ours.keys()
    assert real["requestContext"].keys() - {"authorizer"} == ours["requestContext"].keys()
    assert real["requestContext"]["identity"].keys() - {"clientCert"} == ours["requestContext"]["identity"].keys()


def test_a_token_authorizer_gets_the_token_and_the_method_arn_alone() -> None:
    event = authorizer_event(rest_authorizer(), call("/orders/a%20b", protocol="REST"), ("Bearer x",))
    assert event == {
        "type": "TOKEN",
        "authorizationToken": "Bearer x",
        "methodArn": f"{ACCOUNT_ARN}:api/live/GET/orders/a%20b",
    }


def test_a_request_authorizer_gets_the_request_without_its_body() -> None:
    event = authorizer_event(rest_authorizer(payload="REQUEST"), _call(body=b"x"), ("Bearer x",))
    assert (event["type"], event["methodArn"]) == ("REQUEST", f"{ACCOUNT_ARN}:api/live/POST/orders/a%20b")
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/orders/{id}", "/orders/a%20b", "POST")
    assert not {"body", "isBase64Encoded", "version", "identitySource"} & event.keys()
    assert authorizer_event(rest_authorizer(payload="REQUEST"), call(protocol="REST"), ())["queryStringParameters"] == {}


def test_an_http_apis_authorizer_gets_its_identity_too() -> None:
    first = authorizer_event(http_authorizer(payload="1.0", simple=False), call(), ("Bearer x", "1"))
    assert (first["version"], first["type"], first["methodArn"]) == (
        "1.0",
        "REQUEST",
        f"{ACCOUNT_ARN}:api/$default/GET/orders/7",
    )
    assert (first["identitySource"], first["authorizationToken"]) == ("Bearer x,1", "Bearer x,1")
    second = authorizer_event(http_authorizer(), call(), ("Bearer x", "1"))
    assert (second["version"], second["type"], second["routeArn"]) == (
        "2.0",
        "REQUEST",
        f"{ACCOUNT_ARN}:api/$default/GET/orders/7",
    )
    assert (second["identitySource"], second["pathParameters"]) == (["Bearer x", "1"], {"id": "7"})
    assert not {"body", "isBase64Encoded"} & {*first, *second}


def test_a_websocket_authorizer_gets_the_handshake() -> None:
    event = authorizer_event(rest_authorizer(payload="REQUEST"), call("/live?a=1", protocol="WEBSOCKET", x_a="1"), ())
    assert (event["type"], event["methodArn"]) == ("REQUEST", f"{ACCOUNT_ARN}:api/live/$connect")
    context = event["requestContext"]
    assert (context["routeKey"], context["eventType"], context["stage"]) == ("$connect", "CONNECT", "live")
    assert (event["headers"]["x-a"], event["queryStringParameters"]) == ("1", {"a": "1"})
    assert not {"httpMethod", "path", "resource", "pathParameters"} & event.keys()


@pytest.mark.parametrize(
    ("file", "event"),
    [
        ("apiGatewayAuthorizerTokenEvent.json", authorizer_event(rest_authorizer(), call(protocol="REST"), ("x",))),
        (
            "apiGatewayAuthorizerRequestEvent.json",
            authorizer_event(http_authorizer(payload="1.0", simple=False), call(), ("x",)),
        ),
        ("apiGatewayAuthorizerV2Event.json", authorizer_event(http_authorizer(), call(x="1"), ("x",))),
    ],
)
def test_authorizer_events_have_the_members_of_real_ones(file: str, event: dict[str, Any]) -> None:
    if not (EVENTS / file).exists():
        pytest.skip("the recorded events are not here")
    real = json.loads((EVENTS / file).read_text())
    # The recorded one was cut; ours has no cookies, query or stage variables.
    assert event.keys() - real.keys() <= {"multiValueQueryStringParameters"}
    assert real.keys() - event.keys() <= {"cookies", "queryStringParameters", "stageVariables"}
    assert all(type(real[name]) is type(event[name]) for name in real.keys() & event.keys())
