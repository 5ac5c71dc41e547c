"""The shapes of events: recognised by themselves, read as the documentation has them, refused where they contradict."""

import json
from typing import Any

import pytest

from gatepost_verifier.events import EventInvalid, Request, V2Response, read_request
from gatepost_verifier.method_arn import MAX_BYTES, parse_method_arn
from tests.support import SHARED
from tests.unit.authorizer import iam
from tests.unit.authorizer.events import SHAPES, Event, http_v1, http_v2, rest, rest_token, websocket
from tests.unit.authorizer.support import authorizer, bearer, outcome

SAMPLES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((SHARED / "security/apigw_events").glob("*.json"))}
AUTHORIZER_SAMPLES = ("apiGatewayAuthorizerRequestEvent", "apiGatewayAuthorizerTokenEvent", "apiGatewayAuthorizerV2Event")
needs_samples = pytest.mark.skipif(not SAMPLES, reason="AWS's sample events aren't beside the project")

TOKEN = bearer()["authorization"]


def _read(event: object, response: V2Response = "simple") -> Request:
    return read_request(event, response)


@needs_samples
def test_the_real_events_have_a_call_but_no_bearer_token() -> None:
    request = _read(SAMPLES["apiGatewayAuthorizerRequestEvent"])
    assert (request.method, request.path, request.authorization) == ("GET", "/request", ())
    request = _read(SAMPLES["apiGatewayAuthorizerV2Event"])
    assert (request.method, request.path, request.authorization, request.arn) == ("POST", "/merchants", ("value",), None)
    for name, sample in SAMPLES.items():
        for response in ("simple", "iam"):
            assert outcome(sample, authorizer("* /{all+} = authenticated", "authenticated", response)) == (401, {}), name


@needs_samples
def test_the_real_events_with_a_good_token_are_allowed_what_the_rules_allow() -> None:
    event = SAMPLES["apiGatewayAuthorizerRequestEvent"]
    event = {**event, "headers": {**event["headers"], "Authorization": TOKEN}}
    assert outcome(event, authorizer("GET /request = orders:read"))[0] == 200
    assert outcome(event, authorizer("GET /request = orders:write"))[0] == 403
    event = SAMPLES["apiGatewayAuthorizerV2Event"]
    event = {**event, "headers": {**event["headers"], "Authorization": TOKEN}}
    assert outcome(event, authorizer("POST /merchants = orders:read"))[0] == 200
    # AWS made it up: its ARN names another call, GET /request, than its context.
    assert outcome(event, authorizer("* /{all+} = authenticated", v2_response="iam"))[0] == 401
    # And this one the ARN of every stage.
    event = {**SAMPLES["apiGatewayAuthorizerTokenEvent"], "authorizationToken": TOKEN}
    assert outcome(event, authorizer("GET / = authenticated"))[0] == 401
    event["methodArn"] = event["methodArn"].replace("/*/", "/prod/")
    assert outcome(event, authorizer("GET / = authenticated"))[0] == 200


@needs_samples
def test_a07_events_of_integrations_are_none_for_an_authorizer_even_with_a_good_token() -> None:
    for name in SAMPLES.keys() - set(AUTHORIZER_SAMPLES):
        event = {**SAMPLES[name], "authorizationToken": TOKEN}
        event["headers"] = {"authorization": TOKEN}
        event["multiValueHeaders"] = {"authorization": [TOKEN]}
        assert outcome(event, authorizer("* /{all+} = authenticated", "authenticated")) == (401, {}), name


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_is_recognised_by_itself(shape: str) -> None:
    request = _read(SHAPES[shape].event(bearer(), method="POST", path="/orders/7"), SHAPES[shape].v2_response)
    assert (request.method, request.path) == (("CONNECT", "$connect") if shape == "WebSocket" else ("POST", "/orders/7"))
    assert request.authorization == (TOKEN,)
    assert (request.arn is None) == (shape == "HTTP 2.0 simple")


def _without_method(event: Event) -> Event:
    return {name: value for name, value in event.items() if name not in ("httpMethod", "path")}


@pytest.mark.parametrize(
    "event",
    [
        {**http_v2(headers=bearer()), "version": "1.0"},
        {**http_v2(headers=bearer()), "type": "TOKEN"},
        {**http_v1(headers=bearer()), "version": "2.0"},
        {**http_v1(headers=bearer()), "version": "3.0"},
        {**http_v1(headers=bearer()), "version": None},
        {**rest(headers=bearer()), "type": "TOKEN"},
        {**rest(headers=bearer()), "methodArn": iam.arn("CONNECT", "$connect")},
        _without_method(rest(headers=bearer())),
        {**rest_token(headers=bearer()), "version": "1.0"},
        {**rest_token(headers=bearer()), "type": "REQUEST"},
        {**websocket(headers=bearer()), "methodArn": iam.arn("GET", "/orders")},
        {**websocket(headers=bearer()), "httpMethod": "GET"},
        {**websocket(headers=bearer()), "requestContext": {"routeKey": "$connect", "eventType": "MESSAGE"}},
        {**websocket(headers=bearer()), "requestContext": {"routeKey": "$default", "eventType": "CONNECT"}},
    ],
)
def test_a07_a_mixture_of_two_shapes_is_refused(event: Event) -> None:
    assert outcome(event, authorizer("* /{all+} = public; CONNECT $connect = public", "authenticated")) == (401, {})


@pytest.mark.parametrize("build", [rest, http_v1])
@pytest.mark.parametrize(
    "change",
    [
        {"httpMethod": "POST"},
        {"httpMethod": "get"},
        {"path": "/me"},
        {"path": "/orders/7"},
        {"path": "/orders/"},
        {"path": "//orders"},
        {"path": "/Orders"},
        {"path": "/my-orders"},
        {"path": "orders"},
        {"path": ""},
        {"methodArn": iam.arn("POST", "/orders")},
        {"methodArn": iam.arn("GET", "/me")},
    ],
)
def test_a07_an_event_that_contradicts_its_arn_is_refused(build: Any, change: dict[str, str]) -> None:
    event = build(headers=bearer(permissions=["*"]))
    assert outcome(event)[0] == 200
    assert outcome({**event, **change}) == (401, {})


@pytest.mark.parametrize(
    "change",
    [{"routeArn": iam.arn("POST", "/orders")}, {"routeArn": iam.arn("GET", "/me")}, {"rawPath": "/me"}, {"routeArn": None}],
)
def test_a07_so_is_one_of_payload_format_2_where_the_arn_counts(change: dict[str, Any]) -> None:
    door = authorizer(v2_response="iam")
    event = http_v2(headers=bearer())
    assert outcome(event, door)[0] == 200
    assert outcome({**event, **change}, door) == (401, {})


@pytest.mark.parametrize("path", ["/orders", "/v1/orders", "/shop/v1/orders", "/prod/orders"])
def test_the_arn_names_the_call_without_a_custom_domains_base_path_or_the_stage(path: str) -> None:
    event = {**rest(headers=bearer()), "path": path}
    assert _read(event).path == "/orders"
    assert outcome(event)[0] == 200


@pytest.mark.parametrize(
    ("in_path", "in_arn"), [("/a%20b", "/a b"), ("/a b", "/a%20b"), ("/zo%C3%AB", "/zoë"), ("/a%40b", "/a@b")]
)
def test_path_and_arn_may_be_encoded_differently(in_path: str, in_arn: str) -> None:
    """AWS says of neither which way it is."""
    event = {**rest(headers=bearer()), "path": f"/orders{in_path}", "methodArn": iam.arn("GET", f"/orders{in_arn}")}
    assert outcome(event)[0] == 200


@pytest.mark.parametrize("base", ["", "/v1", "/prod"])
@pytest.mark.parametrize(
    ("in_path", "in_arn"),
    [
        ("/files/public%2Fsecret", "/files/public/secret"),
        ("/files/public/..%2Fsecret", "/files/public/../secret"),
        ("/files/public%3Bx", "/files/public;x"),
        ("/files/%70ublic%2fsecret", "/files/public/secret"),
        ("/files/%70ublic/a%2fb", "/files/public/a%2Fb"),
    ],
)
@pytest.mark.parametrize("build", [rest, http_v1])
def test_a04_an_encoded_slash_is_none_although_the_arn_has_it_decoded(build: Any, in_path: str, in_arn: str, base: str) -> None:
    """The gateway's route for it, and the API behind, may take `public%2Fsecret` for one name."""
    door = authorizer("GET /files/{name} = files:admin; GET /files/public/{name+} = authenticated")
    assert outcome({**build(path="/files/public/secret", headers=bearer())}, door)[0] == 200
    event = {**build(headers=bearer()), "path": base + in_path, "methodArn": iam.arn("GET", in_arn)}
    assert outcome(event, door)[0] in (401, 403)


def test_a_stage_with_a_name_stands_in_the_path_of_payload_format_2() -> None:
    for response in ("simple", "iam"):
        door = authorizer(v2_response=response)
        assert outcome(http_v2(path="/prod/orders", stage="prod", headers=bearer()), door)[0] == 200
        for path in ("/orders", "/prod", "/production/orders", "/dev/orders", "prod/orders"):
            assert outcome(http_v2(path=path, stage="prod", headers=bearer()), door)[0] == 401
        assert outcome(http_v2(path="/prod/prod/orders", stage="prod", headers=bearer()), door)[0] == 403


@pytest.mark.parametrize("build", [rest, http_v1, websocket])
@pytest.mark.parametrize(
    ("single", "several", "status"),
    [
        ({"Authorization": TOKEN}, {"Authorization": [TOKEN]}, 200),
        ({"Authorization": TOKEN}, None, 200),
        (None, {"authorization": [TOKEN]}, 200),
        ({"Authorization": TOKEN}, {"Accept": ["*/*"]}, 200),
        ({"Authorization": TOKEN}, {"Authorization": [TOKEN, TOKEN]}, 401),
        ({"Authorization": TOKEN}, {"Authorization": ["Bearer x", TOKEN]}, 401),
        ({"Authorization": TOKEN}, {"Authorization": ["Bearer x"]}, 401),
        ({"Authorization": TOKEN}, {"Authorization": [TOKEN], "authorization": [TOKEN]}, 401),
        ({"Authorization": TOKEN, "authorization": TOKEN}, {"Authorization": [TOKEN]}, 401),
        ({"Authorization": TOKEN}, {"Authorization": TOKEN}, 401),
        ({"Authorization": TOKEN}, {"Authorization": [None]}, 401),
        ({"Authorization": TOKEN}, {"Authorization": None}, 401),
        ({"Authorization": TOKEN}, [], 200),
        ({"Authorization": TOKEN}, ["Authorization"], 401),
        ({"Authorization": None}, {"Authorization": [TOKEN]}, 401),
        (None, None, 401),
        ("Authorization", {"Authorization": [TOKEN]}, 401),
    ],
)
def test_a06_several_values_are_refused_wherever_they_stand(build: Any, single: Any, several: Any, status: int) -> None:
    """A-06, F6: names that differ in case are one name, and `headers` has only the last value of each."""
    event = {**build(headers={}), "headers": single, "multiValueHeaders": several}
    assert outcome(event)[0] == status


@pytest.mark.parametrize(
    ("arn", "method", "path"),
    [
        ("arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/GET/", "GET", "/"),
        ("arn:aws-cn:execute-api:cn-north-1:123456789012:abcdef123/$default/PATCH/a/b", "PATCH", "/a/b"),
        ("arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abcdef123/v1-2_x/GET//a", "GET", "//a"),
        ("arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/GET/at/10:30:00Z", "GET", "/at/10:30:00Z"),
        ("arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/GET/a\nb", "GET", "/a\nb"),
        ("arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/$connect", "CONNECT", "$connect"),
    ],
)
def test_arns_of_every_partition(arn: str, method: str, path: str) -> None:
    parsed = parse_method_arn(arn)
    assert (parsed.method, parsed.path) == (method, path)
    assert arn.startswith(parsed.prefix)


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "*",
        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod",
        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/GET",
        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/get/a",
        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/*/a",
        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/$disconnect",
        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/$connect/a",
        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/*/GET/a",
        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/${x}/GET/a",
        "arn:aws:execute-api:us-east-1:123456789012:abcdef123//GET/a",
        "arn:aws:execute-api:us-east-1:123456789012:*/prod/GET/a",
        "arn:aws:execute-api:*:123456789012:abcdef123/prod/GET/a",
        "arn:aws:execute-api:us-east-1:1234:abcdef123/prod/GET/a",
        "arn:aws:execute-api:us-east-1:12345678901२:abcdef123/prod/GET/a",
        "arn:*:execute-api:us-east-1:123456789012:abcdef123/prod/GET/a",
        "arn:aws:lambda:us-east-1:123456789012:abcdef123/prod/GET/a",
        " arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/GET/a",
        f"arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/GET/{'a' * MAX_BYTES}",
        f"arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/GET/{'é' * 800}",
        "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/GET/\ud800",
    ],
)
def test_what_is_no_arn_of_one_call_is_refused(arn: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - UnicodeEncodeError is one, too
        parse_method_arn(arn)
    event = {**rest_token(headers=bearer()), "methodArn": arn}
    assert outcome(event, authorizer("* /{all+} = public", "authenticated")) == (401, {})


@pytest.mark.parametrize(
    "event", [None, [], "", 1, {}, {"version": "2.0"}, {"type": "TOKEN"}, {"requestContext": {"routeKey": 1}}]
)
def test_a07_no_shape_at_all(event: object) -> None:
    with pytest.raises(EventInvalid):
        _read(event)
    assert outcome(event) == (401, {})
