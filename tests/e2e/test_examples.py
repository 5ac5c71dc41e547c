"""The examples behind their authorizers, over the wire: what no walk through the documentation calls."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.e2e.conftest import BUILT, SOURCES, Running
from tests.support import PASSWORD

pytestmark = pytest.mark.parametrize("running", [SOURCES, BUILT], indirect=True)


def test_the_rest_api_knows_who_calls_and_turns_others_away(running: Running) -> None:
    url = f"http://localhost:{running.orders_rest}/live"
    assert _call(f"{url}/status")[0] == 200
    status, caller = _call(f"{url}/me", _token(running))
    assert (status, caller["roles"]) == (200, "admin")
    assert _call(f"{url}/orders", _token(running))[0] == 200
    assert _call(f"{url}/me", "no token")[0] == 401


def test_the_chat_opens_to_who_has_a_token(running: Running) -> None:
    url = f"ws://localhost:{running.chat}/live"
    with connect(url, additional_headers={"authorization": f"Bearer {_token(running)}"}, proxy=None) as client:
        client.send('{"action": "say", "text": "hello"}')
        assert "hello" in str(client.recv(timeout=30))
    with pytest.raises(InvalidStatus), connect(url, proxy=None):
        pass


def _token(running: Running) -> str:
    credentials = {"email": "admin@example.com", "password": PASSWORD}
    _, signed_in = _call(f"http://localhost:{running.service}/v1/auth/login", body=credentials)
    return str(signed_in["access_token"])


def _call(url: str, token: str | None = None, body: Any = None) -> tuple[int, Any]:
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    try:
        with urlopen(Request(url, json.dumps(body).encode() if body else None, headers)) as answer:
            return answer.status, json.load(answer)
    except HTTPError as exc:
        return exc.code, json.load(exc)
