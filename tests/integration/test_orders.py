"""The example API of another team behind the authorizer, as `examples/orders/template.yaml` deploys it."""

import base64
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from gatepost_verifier.route_rules import parse_rules
from local.events import Response
from local.stack import Stack
from tests.issuer import reachable
from tests.support import AUDIENCE, ISSUER, ROOT, Api
from tests.unit.verifier import forge

EXAMPLE = ROOT / "examples" / "orders"


@pytest.fixture(scope="module")
def orders(stack: Stack) -> Iterator[Stack]:
    """The example beside the service. Its authorizer takes the service's keys, and one of ours for tokens of any kind."""
    with reachable(stack, forge.jwk("RS256")):
        parameters = {"Issuer": ISSUER, "Audience": AUDIENCE}
        with Stack(EXAMPLE / "template.yaml", stack._mailbox, name="orders", parameters=parameters) as example:
            yield example


def _token(*permissions: str, sub: str = "usr_1", **claims: Any) -> str:
    now = int(time.time())
    times = {"iat": now, "nbf": now, "exp": now + 900, "auth_time": now}
    return forge.token(forge.claims(permissions=list(permissions), sub=sub, **times | claims))


def _call(orders: Stack, route: str, token: str | None = None, body: Any = None, **headers: str) -> Response:
    method, path = route.split()
    sent = headers | ({"authorization": f"Bearer {token}"} if token else {})
    return orders.request(method, path, headers=sent, body=body)


def test_the_status_is_public(orders: Stack) -> None:
    answer = _call(orders, "GET /status")
    assert (answer.status, answer.json()) == (200, {"status": "ok"})
    assert _call(orders, "GET /status", "nonsense").status == 200


def test_a_user_of_the_service_is_known_to_the_other_api(orders: Stack, api: Api) -> None:
    signed_in = api.sign_up()
    answer = _call(orders, "GET /me", signed_in["access_token"])
    assert answer.status == 200
    caller = answer.json()
    assert caller.pop("exp") > time.time()
    assert caller == {
        "sub": signed_in["user"]["id"],
        "sid": signed_in["session_id"],
        "client_id": "gatepost",
        "scope": "",
        "roles": "user",
        "permissions": "",
        "amr": "pwd",
    }
    # A good token without the permission.
    assert _call(orders, "GET /orders", signed_in["access_token"]).status == 403
    assert _call(orders, "POST /orders", signed_in["access_token"], {"item": "tea"}).status == 403


@pytest.mark.parametrize(
    ("permissions", "may_read", "may_write"),
    [
        ((), 403, 403),
        (("orders:read",), 200, 403),
        (("orders:write",), 403, 201),
        (("orders:*",), 200, 201),
        (("*",), 200, 201),
    ],
)
def test_reading_and_writing_need_a_permission_each(
    orders: Stack, permissions: tuple[str, ...], may_read: int, may_write: int
) -> None:
    token = _token(*permissions)
    assert _call(orders, "GET /orders", token).status == may_read
    assert _call(orders, "POST /orders", token, {"item": "tea"}).status == may_write


def test_everybody_has_their_own_orders(orders: Stack) -> None:
    ada, bob = _token("*", sub="ada"), _token("*", sub="bob")
    placed = _call(orders, "POST /orders", ada, {"item": "tea"})
    assert (placed.status, placed.json()) == (201, {"id": 1, "item": "tea"})
    assert _call(orders, "GET /orders", ada).json() == {"items": [{"id": 1, "item": "tea"}]}
    assert _call(orders, "GET /orders", bob).json() == {"items": []}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"tea",
        b"null",
        b"[]",
        b'"tea"',
        b"{}",
        b'{"item": ""}',
        b'{"item": 1}',
        b'{"item": null}',
        b'{"item": "tea", "sub": "ada"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b"1" * 5000,
        json.dumps({"item": "x" * 201}).encode(),
    ],
    ids=lambda body: repr(body[:16]),
)
@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream"])
def test_a12_a_body_that_is_no_order_is_a_400(orders: Stack, body: bytes, content_type: str) -> None:
    assert (
        orders.request(
            "POST", "/orders", headers={"authorization": f"Bearer {_token('*')}", "content-type": content_type}, body=body
        ).status
        == 400
    )


@pytest.mark.parametrize("route", ["GET /me", "GET /orders", "POST /orders"])
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "bearer",
        "Bearer ",
        "Basic dTpw",
        "Bearer {0}, Bearer {0}",
        "Bearer {0},Bearer {0}",
        "Bearer {0} {0}",
        "Bearer {0}é",
    ],
)
def test_a06_the_service_and_the_authorizer_refuse_the_same(
    orders: Stack, api: Api, route: str, authorization: str | None
) -> None:
    """A-06: 401 from both; `{0}` is a token that both take alone."""
    token = api.sign_up()["access_token"]
    headers = {} if authorization is None else {"Authorization": authorization.format(token)}
    assert _call(orders, "GET /me", token).status == api.me(token).status == 200
    assert _call(orders, route, **headers).status == 401
    assert api.call("GET", "/v1/me", headers=headers).status == 401


def test_j13_the_refresh_token_opens_nothing(orders: Stack, api: Api) -> None:
    assert _call(orders, "GET /me", api.sign_up()["refresh_token"]).status == 401


@pytest.mark.parametrize("path", ["/me/", "//me", "/me%2f", "/me;a", "/ME", "/./me", "/y/..%2fme", "/me%00", "/status/../me"])
def test_a04_other_spellings_of_a_path_lead_nowhere(orders: Stack, path: str) -> None:
    assert _call(orders, f"GET {path}", _token("*")).status == 404


@pytest.mark.parametrize(
    "authorizer", [None, {}, {"lambda": None}, {"lambda": {}}, {"lambda": {"sub": ""}}, {"jwt": {"claims": {"sub": "a"}}}]
)
@pytest.mark.parametrize("route", ["GET /me", "GET /orders", "POST /orders"])
def test_a04_without_the_authorizers_word_there_is_no_caller(orders: Stack, route: str, authorizer: Any) -> None:
    """A-04: a route that lost its authorizer answers 401, whatever the request says about itself."""
    event = {
        "routeKey": route,
        "headers": {"authorization": f"Bearer {_token('*')}", "x-user-id": "ada"},
        "requestContext": {
            "http": {"method": route.split(maxsplit=1)[0]},
            **({} if authorizer is None else {"authorizer": authorizer}),
        },
        "body": base64.b64encode(b'{"item": "tea"}').decode(),
        "isBase64Encoded": True,
    }
    assert orders.functions["OrdersFunction"].invoke(event)["statusCode"] == 401


def test_a05_the_caller_is_the_tokens_alone(orders: Stack) -> None:
    lies = {"x-user-id": "root", "X_User_Id": "root", "x-forwarded-user": "root", "x-auth-permissions": "*"}
    assert _call(orders, "GET /me", _token(), **lies).json()["sub"] == "usr_1"
    assert _call(orders, "GET /orders", _token(), **lies).status == 403


def test_a03_the_answer_for_one_route_is_not_anothers(orders: Stack) -> None:
    """A-03: within the time that the gateway keeps answers; method and path are identity sources."""
    token = _token("orders:read")
    for _ in range(2):
        assert _call(orders, "GET /orders", token).status == 200
        assert _call(orders, "POST /orders", token, {"item": "tea"}).status == 403


def test_the_readme_protects_an_api_in_ten_lines() -> None:
    snippet = re.search(r"```yaml\n(.*?)```", (EXAMPLE / "README.md").read_text("utf-8"), re.DOTALL)
    assert snippet
    assert snippet[1].count("\n") == 10
    resources = yaml.safe_load(re.sub(r"!\w+ ", "", snippet[1]))
    function = resources["AuthorizerFunction"]["Properties"]
    assert function["Handler"] == "functions.authorizer.app.handler"
    assert len(parse_rules(function["Environment"]["Variables"]["GATEPOST_ROUTES"])) == 3
