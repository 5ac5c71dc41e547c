"""A WebSocket API, spoken to by a real client."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from local.mailbox import Mailbox
from local.ports import free_port
from local.server import Server
from local.stack import Stack
from tests.unit.local.stand_ins import module

CLUB = Path(__file__).parent / "club" / "template.yaml"


@pytest.fixture
def club(aws: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """The club, not yet served."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    with Stack(CLUB, aws, name="club") as stack:
        yield stack


@pytest.fixture
def url(club: Stack) -> Iterator[str]:
    """Where the club is served."""
    port = free_port("CLUB_PORT", 1, or_any_but={1})
    server = Server(club.gateway, port)
    server.start()
    yield f"ws://127.0.0.1:{port}/live"
    server.stop()


@contextmanager
def _connect(url: str, token: str | None = "good", **options: Any) -> Iterator[ClientConnection]:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    with connect(url, additional_headers=headers, proxy=None, **options) as client:
        yield client


def test_a_connection_is_authorized_once_and_each_event_says_by_whom(club: Stack, url: str) -> None:
    with _connect(f"{url}?a=1") as client:
        client.send('{"action": "say", "text": "hello"}')
        event = json.loads(client.recv())
        client.send('{"action": "say"}')
        client.recv()
    assert event["body"] == '{"action": "say", "text": "hello"}'
    context = event["requestContext"]
    assert (context["routeKey"], context["eventType"], context["stage"]) == ("say", "MESSAGE", "live")
    assert context["authorizer"] == {"sub": "good", "exp": "7", "principalId": "ada"}
    (asked,) = module(club, "DoorFunction").calls
    assert asked["methodArn"].endswith("/live/$connect")
    first = module(club, "ClubFunction").events[0]
    assert (first["requestContext"]["eventType"], first["queryStringParameters"]) == ("CONNECT", {"a": "1"})
    assert first["requestContext"]["connectionId"] == context["connectionId"]


def test_who_comes_again_is_asked_again(club: Stack, url: str) -> None:
    for _ in range(2):
        with _connect(url):
            pass
    assert len(module(club, "DoorFunction").calls) == 2


@pytest.mark.parametrize(
    ("token", "status", "body"),
    [
        (None, 401, {"message": "Unauthorized"}),
        ("nobody", 401, {"message": "Unauthorized"}),
        ("poor", 403, {"Message": "User is not authorized to access this resource with an explicit deny"}),
        ("silent", 403, {"Message": "User is not authorized to access this resource"}),
        ("crash", 500, {"message": None}),
    ],
)
def test_whom_the_authorizer_does_not_let_in(
    club: Stack, url: str, caplog: pytest.LogCaptureFixture, token: str | None, status: int, body: Any
) -> None:
    with pytest.raises(InvalidStatus) as refusal, _connect(url, token):
        pass
    assert refusal.value.response.status_code == status
    assert json.loads(refusal.value.response.body) == body
    assert module(club, "ClubFunction").events == []
    assert (token is None) is (module(club, "DoorFunction").calls == [])
    # The gateway has answered; the server has nothing to complain about.
    assert "uvicorn.error" not in [record.name for record in caplog.records]


def test_the_function_may_refuse_a_connection_too(url: str) -> None:
    with pytest.raises(InvalidStatus) as refusal, _connect(url, "banned"):
        pass
    assert (refusal.value.response.status_code, refusal.value.response.body) == (451, b"banned")


@pytest.mark.parametrize("path", ["", "/other", "/live/more"])
def test_there_is_nothing_but_the_stage(club: Stack, url: str, path: str) -> None:
    with pytest.raises(InvalidStatus) as refusal, _connect(url.removesuffix("/live") + path):
        pass
    assert refusal.value.response.status_code == 403
    assert module(club, "DoorFunction").calls == []


def test_the_function_chooses_the_subprotocol(url: str) -> None:
    with _connect(url, subprotocols=[Subprotocol("a"), Subprotocol("b")]) as client:
        assert client.subprotocol == "a"


@pytest.mark.parametrize(
    "message", ['{"action": "unknown"}', '{"action": "$connect"}', '{"action": 7}', "[]", "text", "[" * 99_999]
)
def test_a_message_without_a_route_is_forbidden(club: Stack, url: str, message: str) -> None:
    with _connect(url) as client:
        client.send(message)
        answer = json.loads(client.recv())
    assert answer.keys() == {"message", "connectionId", "requestId"}
    assert answer["message"] == "Forbidden"
    assert "MESSAGE" not in [event["requestContext"]["eventType"] for event in module(club, "ClubFunction").events[:-1]]


def test_a_function_that_fails_answers_in_the_gateways_words(url: str) -> None:
    with _connect(url) as client:
        client.send('{"action": "think", "text": "crash"}')
        assert json.loads(client.recv())["message"] == "Internal server error"


def test_a_route_without_a_response_answers_nothing(url: str) -> None:
    with _connect(url) as client:
        client.send('{"action": "think"}')
        client.send('{"action": "say", "text": "second"}')
        assert json.loads(client.recv())["requestContext"]["routeKey"] == "say"


def test_the_function_is_told_when_a_client_is_gone(club: Stack, url: str) -> None:
    with _connect(url) as client:
        client.close(1000, "bye")
    assert module(club, "ClubFunction").gone.wait(10)
    context = module(club, "ClubFunction").events[-1]["requestContext"]
    assert (context["eventType"], context["disconnectStatusCode"], context["disconnectReason"]) == ("DISCONNECT", 1000, "bye")
    assert context["authorizer"]["sub"] == "good"


@pytest.mark.parametrize(("message", "code"), [(b"binary", 1003), ("x" * 131_073, 1009)])
def test_binary_and_overlong_messages_end_the_connection(club: Stack, url: str, message: str | bytes, code: int) -> None:
    with _connect(url) as client:
        client.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv()
    assert closed.value.rcvd
    assert closed.value.rcvd.code == code
    assert module(club, "ClubFunction").gone.wait(10)


def test_a_plain_request_is_refused(club: Stack) -> None:
    assert club.request("GET", "/live").status == 403
