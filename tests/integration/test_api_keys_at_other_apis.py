"""The authorizer in front of another API takes an API key's token, for what the key permits, until the key is gone (Z-07)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local.stack import Stack
from tests.integration.accounts import mailed_reset, reset
from tests.integration.administrators import user_with
from tests.integration.api_keys import new_api_key
from tests.issuer import reachable
from tests.support import AUDIENCE, ISSUER, ROOT


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The authorizer waits for what it downloads, however busy this machine is."""
    for bound in ("key_source.TIMEOUT", "revocations.TIMEOUT"):
        monkeypatch.setattr(f"gatepost_verifier.{bound}", 60.0)


@contextmanager
def orders(stack: Stack) -> Iterator[Stack]:
    """The example API, whose authorizer has only just started, and so has the revocation list as it is."""
    template, parameters = ROOT / "examples" / "orders" / "template.yaml", {"Issuer": ISSUER, "Audience": AUDIENCE}
    with reachable(stack), Stack(template, stack._mailbox, name="orders", parameters=parameters) as example:
        yield example
        # What a call didn't wait for must not go on without the service.
        for thread in threading.enumerate():
            if thread.name == "gatepost-fetch":
                thread.join()


def opens(example: Stack, token: str) -> tuple[int, int]:
    """What reading and what placing orders is answered."""
    headers = {"authorization": f"Bearer {token}"}
    reading = example.request("GET", "/orders", headers=headers)
    return reading.status, example.request("POST", "/orders", headers=headers, body={"item": "tea"}).status


def test_z07_a_key_opens_what_it_permits_and_nothing_else_its_owner_may(stack: Stack) -> None:
    me = user_with(stack, "orders:read", "orders:write")
    keys = [new_api_key(me, *permissions) for permissions in (["orders:read"], ["orders:write"], [])]
    with orders(stack) as example:
        assert [opens(example, key.access_token()) for key in keys] == [(200, 403), (403, 201), (403, 403)]
        answer = example.request("GET", "/me", headers={"authorization": f"Bearer {keys[0].access_token()}"})
        caller = answer.json()
        assert (caller["sub"], caller["sid"], caller["amr"]) == (me.id, keys[0].id, "api_key")
        assert (caller["roles"], caller["permissions"]) == ("", "orders:read")


def test_z07_s18_a_deleted_key_opens_nothing_any_more_and_others_go_on(stack: Stack) -> None:
    me = user_with(stack, "orders:read")
    deleted, other = new_api_key(me, "orders:read"), new_api_key(me, "orders:read")
    tokens = [deleted.access_token(), other.access_token(), me.api.login(me.email).json()["access_token"]]
    with orders(stack) as example:
        assert [opens(example, token) for token in tokens] == [(200, 403)] * 3
    assert me.call("DELETE", f"/api-keys/{deleted.id}").status == 204
    with orders(stack) as example:
        assert [opens(example, token) for token in tokens] == [(401, 401), (200, 403), (200, 403)]


def test_i06_after_a_reset_no_token_of_a_key_opens_anything(stack: Stack) -> None:
    me = user_with(stack, "orders:read")
    token = new_api_key(me, "orders:read").access_token()
    assert reset(me.api, mailed_reset(me.api, me.email)).status == 204
    with orders(stack) as example:
        assert opens(example, token) == (401, 401)


def test_j13_the_key_itself_is_no_access_token(stack: Stack) -> None:
    key = new_api_key(user_with(stack, "orders:read"), "orders:read")
    with orders(stack) as example:
        assert opens(example, key.text) == (401, 401)
