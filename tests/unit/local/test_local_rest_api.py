"""A REST API as clients see it: its stage, its resources, its own words."""

from typing import Any

import pytest

from local.events import Request, Response
from local.gateway import Gateway
from local.model import Api, Authorizer, Route
from tests.unit.local.stand_ins import ACCOUNT_ARN, Function, gateway, policy, raising, rest_authorizer

API = Api("api", "REST", "live")
KEYS = ("GET /orders", "GET /orders/{id}", "DELETE /orders/{id}", "ANY /any/{proxy+}", "GET /")


def _routes(authorizer: Authorizer | None) -> tuple[Route, ...]:
    split = (key.split() for key in KEYS)
    return tuple(Route(method, path, "Api", authorizer, payload="1.0") for method, path in split)


def _echo(event: dict[str, Any]) -> Any:
    return {"statusCode": 200, "body": event["resource"], "headers": {"x-path": event["path"]}}


def _rest(authorizer: Authorizer | None = None, api: Function | None = None, door: Function | None = None) -> Gateway:
    return gateway(API, _routes(authorizer), Api=api or Function(_echo), Door=door or Function(lambda _: policy("*")))


def _get(rest: Gateway, target: str, method: str = "GET", **headers: str) -> Response:
    return rest.handle(Request(method, target, tuple(headers.items())))


@pytest.mark.parametrize(
    ("request_line", "resource", "path"),
    [
        ("GET /live/orders", "/orders", "/orders"),
        ("GET /live/orders/7", "/orders/{id}", "/orders/7"),
        ("GET /live/orders/a%2Fb", "/orders/{id}", "/orders/a%2Fb"),
        ("PUT /live/any/a/b", "/any/{proxy+}", "/any/a/b"),
        ("GET /live", "/", "/"),
        ("GET /live/", "/", "/"),
        # The same resource, but not the same path for the authorizer and its policy.
        ("GET /live/orders/", "/orders", "/orders/"),
    ],
)
def test_resources_are_below_the_stage_and_a_trailing_slash_is_nothing(request_line: str, resource: str, path: str) -> None:
    method, target = request_line.split()
    response = _get(_rest(), target, method)
    assert (response.status, response.body.decode(), response.header("x-path")) == (200, resource, path)


def test_path_parameters_are_decoded() -> None:
    api = Function(_echo)
    _get(_rest(api=api), "/live/orders/a%2Fb%20c")
    assert api.events[0]["pathParameters"] == {"id": "a/b c"}


@pytest.mark.parametrize(
    ("request_line", "message"),
    [
        ("GET /orders", "Forbidden"),
        ("GET /other/orders", "Forbidden"),
        ("GET /livex/orders", "Forbidden"),
        ("GET /live/nothing", "Missing Authentication Token"),
        ("POST /live/orders", "Missing Authentication Token"),
        # The resource is chosen first, and has no POST; an HTTP API would look further.
        ("POST /live/orders/7", "Missing Authentication Token"),
        ("GET /live//orders", "Missing Authentication Token"),
        ("GET /live/ORDERS", "Missing Authentication Token"),
        ("GET /live/orders/7/", None),
        ("GET /live/./orders", "Missing Authentication Token"),
        ("GET /live/orders;a", "Missing Authentication Token"),
        ("GET /live/%6frders", "Missing Authentication Token"),
    ],
)
def test_a_04_what_is_no_resource_is_a_403_in_the_gateways_words(request_line: str, message: str | None) -> None:
    method, target = request_line.split()
    response = _get(_rest(), target, method)
    assert (response.status, response.json() if message else None) == ((403, {"message": message}) if message else (200, None))


def test_the_context_is_flat_text_beside_the_principal() -> None:
    api = Function(_echo)
    door = Function(lambda _: policy("GET/orders", context={"sub": "ada", "exp": 7}))
    assert _get(_rest(rest_authorizer(), api, door), "/live/orders", authorization="Bearer x").status == 200
    assert api.events[0]["requestContext"]["authorizer"] == {"sub": "ada", "exp": "7", "principalId": "ada"}


DENIED = {"Message": "User is not authorized to access this resource"}


@pytest.mark.parametrize(
    ("door", "status", "body", "error_type"),
    [
        (Function(raising(Exception("Unauthorized"))), 401, {"message": "Unauthorized"}, "UnauthorizedException"),
        (Function(lambda _: policy("POST/*")), 403, DENIED, "AccessDeniedException"),
        (
            Function(lambda _: policy("*", denied=("GET/orders",))),
            403,
            {"Message": f"{DENIED['Message']} with an explicit deny"},
            "AccessDeniedException",
        ),
        (Function(raising(RuntimeError("boom"))), 500, {"message": None}, "AuthorizerConfigurationException"),
        (Function(lambda _: {"isAuthorized": True}), 500, {"message": None}, "AuthorizerConfigurationException"),
        (Function(lambda _: policy("*", context={"a": []})), 500, {"message": None}, "AuthorizerConfigurationException"),
    ],
)
def test_a_denial_is_told_in_the_words_of_a_rest_api(door: Function, status: int, body: Any, error_type: str) -> None:
    api = Function(_echo)
    response = _get(_rest(rest_authorizer(), api, door), "/live/orders", authorization="Bearer x")
    assert (response.status, response.json(), response.header("x-amzn-errortype")) == (status, body, error_type)
    assert api.events == []


def test_without_the_header_it_is_a_401() -> None:
    door = Function(lambda _: policy("*"))
    assert _get(_rest(rest_authorizer(), door=door), "/live/orders").status == 401
    assert door.events == []


def test_a_path_that_makes_the_arn_too_long_is_a_414() -> None:
    response = _get(_rest(rest_authorizer()), "/live/orders/" + "x" * 1600, authorization="Bearer x")
    assert (response.status, response.json()) == (414, {"message": "Request URI too long"})


@pytest.mark.parametrize("say", [raising(RuntimeError("boom")), lambda _: {"no": "status"}, lambda _: "text"])
def test_a_function_that_fails_is_a_502(say: Any) -> None:
    response = _get(_rest(api=Function(say)), "/live/orders")
    assert (response.status, response.json()) == (502, {"message": "Internal server error"})


def test_a_request_authorizer_is_asked_by_its_identity_sources() -> None:
    door = Function(lambda event: policy(event["methodArn"].removeprefix(f"{ACCOUNT_ARN}:api/live/")))
    authorizer = rest_authorizer("request.header.authorization", "context.httpMethod", payload="REQUEST")
    rest = _rest(authorizer, door=door)
    for _ in range(2):
        assert _get(rest, "/live/orders/7", authorization="a").status == 200
        assert _get(rest, "/live/orders/7", "DELETE", authorization="a").status == 200
    assert [event["httpMethod"] for event in door.events] == ["GET", "DELETE"]
