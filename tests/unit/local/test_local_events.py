"""Payload format 2.0, and answers of functions."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest

from local.events import Call, Headers, MalformedAnswer, Request, to_response
from local.model import Api, Route
from local.payload_v2 import proxy_event

# The members of the gateway's own events (AWS's documentation of payload format 2.0), by where they stand. `authentication` and
# `authorizer` come with mutual TLS and authorizers, `stageVariables` with stages that have some.
MEMBERS = {
    "": {
        "version",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "cookies",
        "headers",
        "queryStringParameters",
        "requestContext",
        "pathParameters",
        "body",
        "isBase64Encoded",
    },
    "requestContext": {
        "accountId",
        "apiId",
        "domainName",
        "domainPrefix",
        "http",
        "requestId",
        "routeKey",
        "stage",
        "time",
        "timeEpoch",
    },
    "http": {"method", "path", "protocol", "sourceIp", "userAgent"},
}
NOT_SENT = {"authentication", "authorizer", "stageVariables"}
REAL_EVENTS = Path(__file__).parents[4] / "shared" / "security" / "apigw_events"


def _event(
    target: str = "/", headers: Headers = (), body: bytes = b"", method: str = "GET", **variables: str
) -> dict[str, Any]:
    request = Request(method, target, (("host", "api.example.com:3000"), ("user-agent", "tests"), *headers), body, "192.0.2.7")
    return proxy_event(Call(request, Api("api123", "HTTP"), Route("GET", "/a/{id}", "F"), request.path, variables))


def _full_event() -> dict[str, Any]:
    headers = (("cookie", "a=1; b=2"), ("content-type", "application/json"), ("x-two", "1"), ("x-two", "2"))
    return _event("/my/path?p=1&p=2&q=x%20y&empty=", headers, b'{"a": 1}', "POST", id="7")


def test_an_event_has_the_gateways_members_and_no_others() -> None:
    event = _full_event()
    assert set(event) == MEMBERS[""]
    assert set(event["requestContext"]) == MEMBERS["requestContext"]
    assert set(event["requestContext"]["http"]) == MEMBERS["http"]


def test_real_events_have_members_and_types_of_ours() -> None:
    """Besides the facts above, against all recorded events where the shared folder is at hand."""
    ours = _full_event()
    for file in sorted(REAL_EVENTS.glob("apiGatewayProxyV2*.json")):
        real = json.loads(file.read_text())
        context = real["requestContext"]
        assert set(real) - NOT_SENT <= MEMBERS[""], file.name
        assert set(context) - NOT_SENT == MEMBERS["requestContext"], file.name
        assert set(context["http"]) == MEMBERS["http"], file.name
        for theirs, mine in (
            (real, ours),
            (context, ours["requestContext"]),
            (context["http"], ours["requestContext"]["http"]),
        ):
            for name in theirs.keys() & mine.keys():
                assert type(theirs[name]) is type(mine[name]), f"{file.name}: {name}"


def test_a_request_field_by_field() -> None:
    event = _full_event()
    assert event["version"] == "2.0"
    assert event["routeKey"] == "GET /a/{id}"
    assert event["rawPath"] == "/my/path"
    assert event["rawQueryString"] == "p=1&p=2&q=x%20y&empty="
    assert event["queryStringParameters"] == {"p": "1,2", "q": "x y", "empty": ""}
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["pathParameters"] == {"id": "7"}
    assert (event["body"], event["isBase64Encoded"]) == ('{"a": 1}', False)
    headers = event["headers"]
    assert headers["x-two"] == "1,2"
    assert "cookie" not in headers
    assert (headers["x-forwarded-for"], headers["x-forwarded-port"], headers["x-forwarded-proto"]) == (
        "192.0.2.7",
        "3000",
        "http",
    )
    assert headers["x-amzn-trace-id"].startswith("Root=1-")
    context = event["requestContext"]
    assert (context["domainName"], context["domainPrefix"], context["stage"]) == ("api.example.com", "api", "$default")
    assert (context["apiId"], context["accountId"], context["routeKey"]) == ("api123", "123456789012", "GET /a/{id}")
    assert context["http"] == {
        "method": "POST",
        "path": "/my/path",
        "protocol": "HTTP/1.1",
        "sourceIp": "192.0.2.7",
        "userAgent": "tests",
    }
    assert abs(context["timeEpoch"] / 1000 - time.time()) < 5
    assert context["time"].endswith(" +0000")


def test_what_does_not_apply_is_left_out() -> None:
    event = _event("/")
    assert event.keys() == MEMBERS[""] - {"cookies", "queryStringParameters", "pathParameters", "body"}
    assert (event["rawQueryString"], event["isBase64Encoded"]) == ("", False)


def test_every_request_has_an_id_of_its_own() -> None:
    ids = {_event()["requestContext"]["requestId"] for _ in range(100)}
    assert len(ids) == 100
    assert all(len(id_) == 16 and id_.endswith("=") for id_ in ids)


def test_a_forged_forwarded_for_stays_left_of_the_real_address() -> None:
    event = _event("/", (("x-forwarded-for", "1.2.3.4"), ("x-forwarded-port", "x"), ("x-forwarded-proto", "javascript")))
    assert event["headers"]["x-forwarded-for"] == "1.2.3.4, 192.0.2.7"
    assert event["headers"]["x-forwarded-port"] == "3000"
    assert event["headers"]["x-forwarded-proto"] == "http"
    assert event["requestContext"]["http"]["sourceIp"] == "192.0.2.7"


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a%20b/%C3%A4", "/a b/ä"),
        ("/a%2Fb", "/a/b"),
        ("/a%3Fadmin=true?x=1", "/a"),  # cut off at a decoded question mark: recorded from the real gateway
        ("/a%2520b", "/a%20b"),
        ("//a/./b/", "//a/./b/"),
        ("/%ff", "/�"),
    ],
)
def test_the_path_arrives_decoded_once(target: str, path: str) -> None:
    event = _event(target)
    assert event["rawPath"] == path
    assert event["requestContext"]["http"]["path"] == path


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "TEXT/HTML; charset=utf-8",
        "application/json; charset=x",
        "application/xml",
        "application/javascript",
        "application/problem+json",
        "image/svg+xml",
    ],
)
def test_text_arrives_as_text(content_type: str) -> None:
    event = _event("/", (("content-type", content_type),), "grüße".encode())
    assert (event["body"], event["isBase64Encoded"]) == ("grüße", False)


@pytest.mark.parametrize("content_type", ["application/octet-stream", "application/x-www-form-urlencoded", "image/png", ""])
def test_everything_else_arrives_in_base64(content_type: str) -> None:
    event = _event("/", (("content-type", content_type),) if content_type else (), b"a=1\xff")
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"a=1\xff"


def test_text_that_is_not_utf8_does_not_stop_the_gateway() -> None:
    assert _event("/", (("content-type", "application/json"),), b'"\xff"')["body"] == '"�"'


@pytest.mark.parametrize("host", ["a:b:c", "[::1]:443", "[::1]", "evil.com", "api/health?", "", ":"])
def test_no_host_header_breaks_an_event(host: str) -> None:
    event = proxy_event(Call(Request("GET", "/", (("host", host),)), Api("api", "HTTP"), Route("GET", "/", "F"), "/", {}))
    json.dumps(event)
    assert event["rawPath"] == "/"


def test_an_answer_becomes_a_response() -> None:
    answer = {
        "statusCode": 201,
        "headers": {"Content-Type": "text/html", "X-Number": 7, "X-Flag": True},
        "cookies": ["a=1; Secure", "b=2"],
        "body": "<p>ü",
    }
    response = to_response(answer, "id=")
    assert response.status == 201
    assert response.body == "<p>ü".encode()
    assert response.headers == (
        ("content-type", "text/html"),
        ("x-number", "7"),
        ("x-flag", "true"),
        ("set-cookie", "a=1; Secure"),
        ("set-cookie", "b=2"),
        ("apigw-requestid", "id="),
    )


def test_a_body_in_base64_is_decoded() -> None:
    assert to_response({"statusCode": 200, "isBase64Encoded": True, "body": "AP8="}, "id").body == b"\x00\xff"


def test_without_a_content_type_it_is_plain_text() -> None:
    assert to_response({"statusCode": 200, "body": "x"}, "id").header("content-type") == "text/plain;charset=UTF-8"


@pytest.mark.parametrize("answer", [{"message": "hi"}, "hi", None, [1], 7])
def test_an_answer_without_a_status_is_the_json_of_a_200(answer: Any) -> None:
    response = to_response(answer, "id")
    assert (response.status, response.header("content-type"), response.json()) == (200, "application/json", answer)


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": "many"},
        {"statusCode": None},
        {"statusCode": 99},
        {"statusCode": 1000},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "not base64!", "isBase64Encoded": True},
        {"statusCode": 200, "body": "\ud800"},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "headers": {"x": ["a", "b"]}},
        {"statusCode": 200, "headers": {"x": "a\r\nset-cookie: evil"}},
        {"statusCode": 200, "headers": {"x": "☃"}},
        {"statusCode": 200, "cookies": "a=1\n"},
        {"statusCode": 200, "cookies": 7},
    ],
)
def test_a_malformed_answer_is_refused(answer: Any) -> None:
    with pytest.raises(MalformedAnswer):
        to_response(answer, "id")


def test_an_answer_of_format_1_may_have_several_headers_of_a_name() -> None:
    answer = {
        "statusCode": 200,
        "headers": {"Set-Cookie": "a=1", "X-One": 1},
        "multiValueHeaders": {"set-cookie": ["b=2", "c=3"]},
        "cookies": ["d=4"],
    }
    response = to_response(answer, "id", payload="1.0", rest=True)
    assert response.headers == (
        ("set-cookie", "b=2"),
        ("set-cookie", "c=3"),
        ("x-one", "1"),
        ("content-type", "application/json"),
        ("x-amzn-requestid", "id"),
    )


@pytest.mark.parametrize("answer", [{"message": "hi"}, None, "hi", {"statusCode": 200, "multiValueHeaders": {"x": 1}}])
def test_an_answer_of_format_1_wants_a_status(answer: Any) -> None:
    with pytest.raises(MalformedAnswer):
        to_response(answer, "id", payload="1.0")
