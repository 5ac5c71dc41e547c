"""The examples of the other kinds of APIs, as their templates deploy them: the authorizer before REST and WebSocket APIs."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from local.aws import embedded_aws
from local.events import Response
from local.ports import HOST, free_port
from local.server import Server
from local.stack import Stack
from tests.support import AUDIENCE, ROOT
from tests.unit.verifier import forge

DOCUMENTS = {
    "/.well-known/jwks.json": {"keys": [forge.jwk("RS256")]},
    "/.well-known/gatepost/revocations": {"sessions": [], "users": {}, "complete": True},
}


class _Issuer(BaseHTTPRequestHandler):
    """Publishes what verifiers look at."""

    def do_GET(self) -> None:
        body = json.dumps(DOCUMENTS[self.path]).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """An issuer that can be reached, and whose tokens are made by `_token`."""
    with ThreadingHTTPServer((HOST, 0), _Issuer) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://{HOST}:{server.server_port}"
        server.shutdown()


@contextmanager
def _example(name: str, issuer: str) -> Iterator[Stack]:
    parameters = {"Issuer": issuer, "Audience": AUDIENCE}
    with (
        embedded_aws() as mailbox,
        Stack(ROOT / "examples" / name / "template.yaml", mailbox, name=name, parameters=parameters) as it,
    ):
        yield it


@pytest.fixture(scope="module")
def rest(issuer: str) -> Iterator[Stack]:
    """The orders API as a REST API."""
    with _example("orders-rest", issuer) as stack:
        yield stack


@pytest.fixture(scope="module")
def chat(issuer: str) -> Iterator[str]:
    """Where the chat is served."""
    with _example("chat", issuer) as stack:
        port = free_port("TESTED_CHAT_PORT", 1, or_any_but={1})
        server = Server(stack.gateway, port)
        server.start()
        yield f"ws://{HOST}:{port}/live"
        server.stop()


def _token(issuer: str, *permissions: str, sub: str = "usr_1", **claims: Any) -> str:
    now = int(time.time())
    times = {"iat": now, "nbf": now, "exp": now + 900, "auth_time": now}
    return forge.token(forge.claims(iss=issuer, aud=[AUDIENCE], permissions=list(permissions), sub=sub, **times | claims))


def _call(rest: Stack, route: str, token: str | None = None, body: Any = None, **headers: str) -> Response:
    method, path = route.split()
    sent = headers | ({"authorization": f"Bearer {token}"} if token else {})
    return rest.request(method, f"/live{path}", headers=sent, body=body)


def _answer(response: Response) -> tuple[int, Any]:
    return response.status, response.json() if response.body else None


UNAUTHORIZED = (401, {"message": "Unauthorized"})
NO_RESOURCE = (403, {"message": "Missing Authentication Token"})


# ---------------------------------------------------------------------------------------------- the REST API
def test_the_status_is_public(rest: Stack) -> None:
    assert _answer(_call(rest, "GET /status")) == (200, {"status": "ok"})


@pytest.mark.parametrize("route", ["GET /me", "GET /orders", "POST /orders", "GET /orders/7", "DELETE /orders/7"])
@pytest.mark.parametrize("authorization", [None, "", "Bearer ", "Bearer nonsense", "Basic dTpw", "Bearer {0}, Bearer {0}"])
def test_a_06_without_one_good_token_it_is_a_401(rest: Stack, issuer: str, route: str, authorization: str | None) -> None:
    headers = {} if authorization is None else {"authorization": authorization.format(_token(issuer, "*"))}
    assert _answer(_call(rest, route, **headers)) == UNAUTHORIZED


def test_the_caller_is_what_the_token_says_and_all_of_it_text(rest: Stack, issuer: str) -> None:
    token = _token(issuer, "orders:read", sub="ada")
    status, caller = _answer(_call(rest, "GET /me", token))
    assert status == 200
    assert int(caller.pop("exp")) > time.time()
    assert (caller["sub"], caller["permissions"], caller["roles"]) == ("ada", "orders:read", "user")
    assert caller["principalId"]
    assert all(isinstance(value, str) for value in caller.values())


ROUTES = ("GET /me", "GET /orders", "POST /orders", "GET /orders/7", "DELETE /orders/7")


@pytest.mark.parametrize("first", range(len(ROUTES)))
@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [
        ((), {"GET /me"}),
        (("orders:read",), {"GET /me", "GET /orders", "GET /orders/7"}),
        (("orders:write",), {"GET /me", "POST /orders", "DELETE /orders/7"}),
        (("orders:*",), set(ROUTES)),
        (("*",), set(ROUTES)),
    ],
)
def test_a_01_one_answer_is_right_for_every_route_while_the_gateway_keeps_it(
    rest: Stack, issuer: str, monkeypatch: pytest.MonkeyPatch, permissions: tuple[str, ...], allowed: set[str], first: int
) -> None:
    """Whichever route the authorizer was asked about first. A caller of its own each time, so a policy of its own."""
    token = _token(issuer, *permissions, sub=f"usr_{first}_{'_'.join(permissions)}")
    asked: list[Any] = []
    invoke = rest.functions["AuthorizerFunction"].invoke

    def counted(event: Any) -> Any:
        asked.append(event)
        return invoke(event)

    monkeypatch.setattr(rest.functions["AuthorizerFunction"], "invoke", counted)
    for route in ROUTES[first:] + ROUTES[:first]:
        denied = _call(rest, route, token, {"item": "tea"}).status == 403
        assert denied is (route not in allowed), route
    assert len(asked) == 1


def test_everybody_has_their_own_orders(rest: Stack, issuer: str) -> None:
    ada, bob = _token(issuer, "orders:*", sub="ada"), _token(issuer, "orders:*", sub="bob")
    placed = {"id": "1", "item": "tea"}
    assert _answer(_call(rest, "POST /orders", ada, {"item": "tea"})) == (201, placed)
    assert _answer(_call(rest, "GET /orders", ada)) == (200, {"items": [placed]})
    assert _answer(_call(rest, "GET /orders/1", ada)) == (200, placed)
    assert _answer(_call(rest, "GET /orders/1", bob)) == (404, {"message": "Not Found"})
    assert _answer(_call(rest, "DELETE /orders/1", bob)) == (404, {"message": "Not Found"})
    assert _answer(_call(rest, "DELETE /orders/1", ada)) == (204, None)
    assert _answer(_call(rest, "GET /orders", ada)) == (200, {"items": []})


@pytest.mark.parametrize(
    "body", [b"", b"tea", b"null", b"[]", b'{"item": ""}', b'{"item": 1}', b'{"item": "a", "sub": "b"}', b"\xff"]
)
def test_a_12_a_body_that_is_no_order_is_a_400(rest: Stack, issuer: str, body: bytes) -> None:
    assert _call(rest, "POST /orders", _token(issuer, "*"), body).status == 400


@pytest.mark.parametrize(
    "path", ["//orders", "/orders;a", "/ORDERS", "/./orders", "/y/..%2forders", "/orders%00", "/status/../me"]
)
def test_a_04_other_spellings_of_a_path_lead_nowhere(rest: Stack, issuer: str, path: str) -> None:
    assert _answer(_call(rest, f"GET {path}", _token(issuer, "*"))) == NO_RESOURCE


@pytest.mark.parametrize("path", ["/orders/", "/orders/7/", "/orders/a%2fb", "/orders/%2e%2e", "/orders/a;b", "/orders/%00"])
def test_a_04_what_the_api_could_read_as_another_path_is_denied(rest: Stack, issuer: str, path: str) -> None:
    """The gateway has a resource for these, and would hand them on."""
    assert _call(rest, f"GET {path}", _token(issuer, "*", sub=f"usr_{path}")).status == 403


LIES = {
    "x-user-id": "root",
    "x_user_id": "root",
    "x-forwarded-user": "root",
    "x-auth-permissions": "*",
    "x-amzn-authorizer": "root",
}


def test_a_05_the_caller_is_the_tokens_alone(rest: Stack, issuer: str) -> None:
    token = _token(issuer, sub="eve")
    assert _call(rest, "GET /me", token, **LIES).json()["sub"] == "eve"
    assert _call(rest, "GET /orders", token, **LIES).status == 403


@pytest.mark.parametrize("authorizer", [None, {}, {"sub": ""}, {"principalId": "ada"}, {"claims": {"sub": "ada"}}])
@pytest.mark.parametrize("route", ROUTES)
def test_a_04_without_the_authorizers_word_there_is_no_caller(rest: Stack, route: str, authorizer: Any) -> None:
    """A-04: a route that lost its authorizer answers 401, whatever the request says about itself."""
    method, resource = route.replace("7", "{id}").split()
    context = {} if authorizer is None else {"authorizer": authorizer}
    event = {"httpMethod": method, "resource": resource, "headers": LIES, "requestContext": context, "body": None}
    assert rest.functions["OrdersFunction"].invoke(event)["statusCode"] == 401


# ---------------------------------------------------------------------------------------------- the WebSocket API
@contextmanager
def _chatting(url: str, token: str | None) -> Iterator[ClientConnection]:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    with connect(url, additional_headers=headers, proxy=None) as client:
        yield client


def _said(client: ClientConnection, message: Any) -> Any:
    client.send(json.dumps(message))
    return json.loads(client.recv())


def test_whoever_has_a_token_may_talk(chat: str, issuer: str) -> None:
    with _chatting(chat, _token(issuer, sub="ada")) as ada, _chatting(chat, _token(issuer, sub="bob")) as bob:
        assert _said(ada, {"action": "say", "text": "hello"})["lines"][-1] == {"by": "ada", "text": "hello"}
        lines = _said(bob, {"action": "say", "text": "hi", "by": "ada"})["lines"]
        assert lines[-2:] == [{"by": "ada", "text": "hello"}, {"by": "bob", "text": "hi"}]


@pytest.mark.parametrize("token", [None, "", "nonsense"])
def test_without_a_good_token_there_is_no_connection(chat: str, token: str | None) -> None:
    with pytest.raises(InvalidStatus) as refusal, _chatting(chat, token):
        pass
    assert refusal.value.response.status_code == 401


def test_a_17_a_token_in_the_query_opens_nothing(chat: str, issuer: str) -> None:
    token = _token(issuer)
    with pytest.raises(InvalidStatus) as refusal, _chatting(f"{chat}?access_token={token}&authorization=Bearer+{token}", None):
        pass
    assert refusal.value.response.status_code == 401


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"action": "say"}, "text_invalid"),
        ({"action": "say", "text": ""}, "text_invalid"),
        ({"action": "say", "text": 7}, "text_invalid"),
        ({"action": "say", "text": "x" * 501}, "text_invalid"),
        ({"action": "shout"}, "unknown_action"),
        ([], "unknown_action"),
    ],
)
def test_a_message_that_says_nothing_is_told(chat: str, issuer: str, message: Any, error: str) -> None:
    with _chatting(chat, _token(issuer)) as client:
        assert _said(client, message) == {"error": error}


def test_a_connection_is_of_no_use_after_its_token(chat: str, issuer: str) -> None:
    """Within the leeway, the authorizer still lets a token in that has just expired; the function is exact."""
    then = int(time.time()) - 900
    expired = _token(issuer, iat=then, nbf=then, auth_time=then, exp=then + 895)
    with _chatting(chat, expired) as client:
        assert _said(client, {"action": "say", "text": "hello"}) == {"error": "token_expired"}
