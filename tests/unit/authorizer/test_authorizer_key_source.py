"""Keys fetched from the issuer: seldom, within bounds, and never less safe than the last good answer."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from gatepost_verifier import UnknownKey, Verifier, key_source
from gatepost_verifier.key_source import COOL_DOWN, MAX_AGE, MAX_BYTES, RETRY, STALE_IF_ERROR, KeySource
from tests.unit.authorizer.jwks_server import Answer, JwksServer, respond, respond_keys, serve
from tests.unit.verifier import forge
from tests.unit.verifier.stopped_clock import Clock

RSA, EC = forge.jwk("RS256"), forge.jwk("ES256")


@pytest.fixture
def server() -> Iterator[JwksServer]:
    with serve(respond_keys(RSA)) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(server: JwksServer, clock: Clock) -> KeySource:
    return KeySource(server.issuer, clock=clock)


def _stalled(request: BaseHTTPRequestHandler, server: JwksServer) -> None:
    server.closed.wait(30)
    respond_keys(RSA, EC)(request)


def _truncated(request: BaseHTTPRequestHandler) -> None:
    respond(json.dumps({"keys": [RSA, EC]}).encode()[:-10], content_length="100000")(request)


def _endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(b" " * 65_536)


# All of them would add EC if they were believed.
BAD_ANSWERS: dict[str, Answer] = {
    "garbage": respond(b"\x00\xff garbage"),
    "HTML": respond(b"<!doctype html><title>Sign in</title>", content_type="text/html"),
    "nothing": respond(b""),
    "no key set": respond(b"[]"),
    "an empty set": respond_keys(),
    "truncated": _truncated,
    "UTF-16": respond(json.dumps({"keys": [RSA, EC]}).encode("utf-16")),
    "duplicate members": respond(b'{"keys": [], ' + json.dumps({"keys": [RSA, EC]}).encode()[1:]),
    "a weak key": respond_keys(RSA, EC, {**RSA, "kid": "weak", "n": "AQAB"}),
    "a private key": respond_keys(RSA, EC, {**RSA, "kid": "private", "d": "AQAB"}),
    "over the size": respond(json.dumps({"keys": [RSA, EC], "padding": "x" * MAX_BYTES}).encode()),
    "10 MB": respond(json.dumps({"keys": [RSA, EC], "padding": "x" * 10_000_000}).encode()),
    "100,000 keys": respond_keys(*({"kid": str(n)} for n in range(100_000))),
    "endless": _endless,
    "error 500": respond(json.dumps({"keys": [RSA, EC]}).encode(), 500),
    "no content 204": respond(b"", 204),
    "not found 404": respond(json.dumps({"keys": [RSA, EC]}).encode(), 404),
    "redirect here": respond(b"", 302, location="/elsewhere"),
    "redirect with a body": respond(json.dumps({"keys": [RSA, EC]}).encode(), 301, location="/elsewhere"),
    "redirect to a file": respond(b"", 302, location="file:///etc/passwd"),
    "redirect to data": respond(b"", 307, location="data:application/json,{}"),
    "no HTTP": lambda request: _write(request, b"SSH-2.0-OpenSSH_9.6\r\n"),
    "closed": lambda request: None,
    "a header without end": lambda request: _write(request, b"HTTP/1.1 200 OK\r\nx: " + b"x" * 100_000),
    "a million headers": lambda request: _write(request, b"HTTP/1.1 200 OK\r\n" + b"x: x\r\n" * 100_000),
}


def _write(request: BaseHTTPRequestHandler, data: bytes) -> None:
    request.wfile.write(data)


def test_nothing_is_fetched_before_a_key_is_needed(server: JwksServer, keys: KeySource) -> None:
    assert server.paths == []
    key = keys.get("rsa")
    assert key is not None
    assert (key.kid, key.alg) == ("rsa", "RS256")
    assert server.paths == ["/.well-known/jwks.json"]


def test_the_set_is_fetched_again_after_an_hour(server: JwksServer, keys: KeySource, clock: Clock) -> None:
    keys.get("rsa")
    clock.now = MAX_AGE - 1
    assert keys.get("rsa")
    assert len(server.paths) == 1
    server.answer = respond_keys(EC)
    clock.now = MAX_AGE
    assert keys.get("rsa") is None  # withdrawn
    assert keys.get("ec")
    assert len(server.paths) == 2


def test_a_new_key_is_found_by_its_kid_after_the_cool_down(server: JwksServer, keys: KeySource, clock: Clock) -> None:
    keys.get("rsa")
    server.answer = respond_keys(RSA, EC)
    clock.now = COOL_DOWN - 0.1
    assert keys.get("ec") is None
    clock.now = COOL_DOWN
    assert keys.get("ec")
    assert len(server.paths) == 2


def test_j06_random_kids_make_one_fetch_each_cool_down(server: JwksServer, keys: KeySource, clock: Clock) -> None:
    """J-06: 1,000 tokens with made-up kids; good tokens are taken meanwhile."""
    verifier = Verifier(issuer=forge.ISSUER, audience=forge.AUDIENCE, keys=keys.get, clock=lambda: forge.NOW)
    good = forge.token()
    forged = [forge.token(head=forge.header(kid=f"made-up-{number}"), sign=lambda _: b"x") for number in range(1000)]
    for number, token in enumerate(forged):
        clock.now = number * 0.09  # 90 s in all
        with pytest.raises(UnknownKey):
            verifier.verify(token)
        assert verifier.verify(good).sub == "usr_1"
    assert len(server.paths) == 3


@pytest.mark.parametrize("kid", ["rsa", "made-up"])
def test_j06_r25_40_threads_at_once_make_one_fetch(server: JwksServer, keys: KeySource, kid: str) -> None:
    barrier = threading.Barrier(40)
    found: list[bool] = []

    def get() -> None:
        barrier.wait()
        found.append(keys.get(kid) is not None)

    threads = [threading.Thread(target=get) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [kid == "rsa"] * 40
    assert len(server.paths) == 1


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_j07_r26_a_bad_answer_keeps_the_old_set(server: JwksServer, keys: KeySource, clock: Clock, name: str) -> None:
    """J-07, R-26: only the unknown kid is refused, and no redirect is followed."""
    assert keys.get("rsa")
    server.answer = BAD_ANSWERS[name]
    clock.now = COOL_DOWN
    assert keys.get("ec") is None
    assert keys.get("rsa")
    assert server.paths == ["/.well-known/jwks.json"] * 2


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_r25_a_bad_answer_at_first_is_no_key_until_it_recovers(
    server: JwksServer, keys: KeySource, clock: Clock, name: str
) -> None:
    server.answer = BAD_ANSWERS[name]
    assert keys.get("rsa") is None
    clock.now = RETRY - 0.1
    server.answer = respond_keys(RSA)
    assert keys.get("rsa") is None
    clock.now = RETRY
    assert keys.get("rsa")
    assert len(server.paths) == 2


def test_r25_an_outage_is_bridged_for_a_day_and_no_longer(server: JwksServer, keys: KeySource, clock: Clock) -> None:
    keys.get("rsa")
    server.answer = respond(b"", 503)
    for clock.now in (MAX_AGE, MAX_AGE + 1, MAX_AGE + COOL_DOWN, MAX_AGE + STALE_IF_ERROR - 1):
        assert keys.get("rsa")
    assert len(server.paths) == 4  # one each cool-down
    clock.now = MAX_AGE + STALE_IF_ERROR
    assert keys.get("rsa") is None
    clock.now += COOL_DOWN
    server.answer = respond_keys(RSA)
    assert keys.get("rsa")


def test_r25_nobody_listens(server: JwksServer, clock: Clock) -> None:
    keys = KeySource("http://127.0.0.1:9", clock=clock)
    assert keys.get("rsa") is None


@pytest.mark.parametrize("answer", ["stalls", "drips"])
def test_r26_a_slow_issuer_is_waited_for_in_bounds(
    server: JwksServer, keys: KeySource, clock: Clock, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    def drip(request: BaseHTTPRequestHandler) -> None:
        # Never so slow that a step of the socket times out.
        while not server.closed.wait(0.02):
            request.wfile.write(b"H")

    slow: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {"stalls": lambda r: _stalled(r, server), "drips": drip}
    keys.get("rsa")
    monkeypatch.setattr(key_source, "TIMEOUT", 0.2)
    server.answer = slow[answer]
    clock.now = MAX_AGE
    start = time.monotonic()
    assert keys.get("rsa")
    assert keys.get("ec") is None
    assert time.monotonic() - start < 1.5


def test_an_answer_after_the_wait_is_still_taken(server: JwksServer, keys: KeySource, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def late(request: BaseHTTPRequestHandler) -> None:
        go_on.wait(5)
        respond_keys(RSA)(request)

    server.answer = late
    monkeypatch.setattr(threading.Thread, "join", lambda thread, timeout=None: None)
    assert keys.get("rsa") is None
    go_on.set()
    deadline = time.monotonic() + 5
    while keys.get("rsa") is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert keys.get("rsa")
    assert len(server.paths) == 1


def test_the_size_has_room_for_a_hundred_keys(server: JwksServer, keys: KeySource) -> None:
    server.answer = respond_keys(*({**RSA, "kid": f"key-{number}"} for number in range(100)))
    assert keys.get("key-99")
