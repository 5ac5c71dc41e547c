"""How old the revocation list may be that a verifier looks at, and what happens when none can be had."""

import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from gatepost_verifier import (
    KeySource,
    RevocationSource,
    RevocationsUnknown,
    TokenRevoked,
    VerificationError,
    Verifier,
    key_source,
    parse_key_set,
    revocations,
)
from gatepost_verifier.revocations import MAX_BYTES, RETRY, STALE
from tests.unit.authorizer.jwks_server import Answer, JwksServer, respond, respond_keys, serve
from tests.unit.verifier import forge
from tests.unit.verifier.revocation_lists import listed
from tests.unit.verifier.stopped_clock import Clock

MAX_AGE = 60


TOKEN, OTHER = (forge.token(forge.claims(sid=sid)) for sid in ("ses_1", "ses_2"))
KEYS = parse_key_set({"keys": [forge.jwk("RS256")]}).get


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no outage."""
    monkeypatch.setattr(revocations, "TIMEOUT", 20.0)
    monkeypatch.setattr(key_source, "TIMEOUT", 20.0)


@pytest.fixture
def server() -> Iterator[JwksServer]:
    with serve(listed()) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(server: JwksServer, clock: Clock) -> RevocationSource:
    return RevocationSource(server.issuer, max_age=MAX_AGE, clock=clock)


def verdict(source: RevocationSource, subject: str = TOKEN) -> str:
    """`good`, or the code of the refusal."""
    verifier = Verifier(
        issuer=forge.ISSUER,
        audience=forge.AUDIENCE,
        keys=KEYS,
        revocations=source,
        clock=lambda: forge.NOW,
    )
    try:
        verifier.verify(subject)
    except VerificationError as refusal:
        return refusal.code
    return "good"


@pytest.mark.parametrize(
    "body", [b"<!doctype html>", b"{}", b"", b" " * (MAX_BYTES + 1), b'{"sessions": [], "users": {}, "comp']
)
def test_r26_what_is_no_list_keeps_the_old_one(server: JwksServer, source: RevocationSource, clock: Clock, body: bytes) -> None:
    server.answer = listed("ses_1")
    assert verdict(source) == "token_revoked"
    server.answer = respond(body)
    clock.now = MAX_AGE
    assert verdict(source) == "token_revoked"
    assert verdict(source, OTHER) == "good"
    assert len(server.paths) == 2


@pytest.mark.parametrize("answer", [respond(b"", 302, location="/list"), listed("x", status=500), respond(b"", 304)])
def test_j07_a_redirect_or_an_error_is_no_list(
    server: JwksServer, source: RevocationSource, clock: Clock, answer: Answer
) -> None:
    """Nor is 304 to who has nothing."""
    server.answer = answer
    assert verdict(source) == "good"
    server.answer = listed("ses_1")
    clock.now = RETRY
    assert verdict(source) == "token_revoked"
    assert server.paths == ["/.well-known/gatepost/revocations"] * 2


def test_garbage_makes_nobody_fetch_but_the_first_list(server: JwksServer, source: RevocationSource) -> None:
    verifier = Verifier(issuer=forge.ISSUER, audience=forge.AUDIENCE, keys=lambda _: None, revocations=source)
    for bad in ("", "a.b.c", "x" * 9000, TOKEN):
        with pytest.raises(VerificationError):
            verifier.verify(bad)
    assert len(server.paths) <= 1


def test_the_first_list_is_fetched_beside_the_first_keys(server: JwksServer, source: RevocationSource) -> None:
    """The server answers neither before both are asked for."""
    both = threading.Barrier(2)

    def answer(request: BaseHTTPRequestHandler) -> None:
        both.wait(10)
        (respond_keys(forge.jwk("RS256")) if "jwks" in request.path else listed("ses_2"))(request)

    server.answer = answer
    keys = KeySource(server.issuer).get
    verifier = Verifier(issuer=forge.ISSUER, audience=forge.AUDIENCE, keys=keys, revocations=source, clock=lambda: forge.NOW)
    assert verifier.verify(TOKEN).sid == "ses_1"
    with pytest.raises(TokenRevoked):
        verifier.verify(OTHER)
    assert sorted(server.paths) == ["/.well-known/gatepost/revocations", "/.well-known/jwks.json"]


class TestHowOldItMayBe:
    def test_it_is_fetched_again_when_it_is_too_old(self, server: JwksServer, source: RevocationSource, clock: Clock) -> None:
        assert verdict(source) == "good"
        server.answer = listed("ses_1")
        clock.now = MAX_AGE - 0.1
        assert verdict(source) == "good"
        clock.now = MAX_AGE
        assert verdict(source) == "token_revoked"
        server.answer = listed()  # a lifetime later, say
        clock.now = 2 * MAX_AGE
        assert verdict(source) == "good"
        assert len(server.paths) == 3

    @pytest.mark.parametrize("max_age", [1, 4, 5, 6, 900])
    def test_after_each_max_age_whatever_the_cool_down(self, server: JwksServer, clock: Clock, max_age: int) -> None:
        source = RevocationSource(server.issuer, max_age=max_age, clock=clock)
        for clock.now in range(0, 3 * max_age, max_age):
            assert verdict(source) == "good"
        assert len(server.paths) == 3

    @pytest.mark.parametrize("max_age", [-1, 0, 901])
    def test_a_max_age_out_of_bounds(self, max_age: int) -> None:
        with pytest.raises(ValueError, match="1 to 900"):
            RevocationSource("https://auth.example.com", max_age=max_age)

    def test_the_etag_saves_what_has_not_changed(self, server: JwksServer, source: RevocationSource, clock: Clock) -> None:
        """RFC 9110 section 13.1.2."""
        asked: list[str | None] = []

        def answer(request: BaseHTTPRequestHandler) -> None:
            asked.append(request.headers.get("if-none-match"))
            current = '"2"' if clock.now >= 2 * MAX_AGE else '"1"'
            reply = respond(b"", 304) if asked[-1] == current else listed("ses_1", etag=current)
            reply(request)

        server.answer = answer
        for clock.now in range(0, 5 * MAX_AGE, MAX_AGE):
            assert verdict(source) == "token_revoked"
        assert asked == [None, '"1"', '"1"', '"2"', '"2"']

    def test_a_304_makes_the_list_young_again(self, server: JwksServer, source: RevocationSource, clock: Clock) -> None:
        server.answer = listed("ses_1", etag='"1"')
        assert verdict(source) == "token_revoked"
        server.answer = respond(b"", 304)
        for clock.now in range(MAX_AGE, 3 * STALE, MAX_AGE):
            assert verdict(source) == "token_revoked"

    @pytest.mark.parametrize("etag", ["x" * 257, ""])
    def test_an_etag_out_of_bounds_is_not_sent(
        self, server: JwksServer, source: RevocationSource, clock: Clock, etag: str
    ) -> None:
        sent: list[str | None] = []

        def answer(request: BaseHTTPRequestHandler) -> None:
            sent.append(request.headers.get("if-none-match"))
            listed(etag=etag)(request)

        server.answer = answer
        for clock.now in (0, MAX_AGE):
            verdict(source)
        assert [value or None for value in sent] == [None, None]


class TestR25AnOutage:
    """R-25: the last list goes on for a token's lifetime; then nothing is taken until a list can be had."""

    def test_r25_the_last_list_goes_on(self, server: JwksServer, source: RevocationSource, clock: Clock) -> None:
        server.answer = listed("ses_1")
        assert verdict(source) == "token_revoked"
        server.answer = respond(b"", 503)
        for clock.now in (MAX_AGE, MAX_AGE + RETRY, STALE - 0.1):
            assert (verdict(source), verdict(source, OTHER)) == ("token_revoked", "good")
        clock.now = STALE
        assert verdict(source) == verdict(source, OTHER) == "revocations_unknown"
        server.answer = listed("ses_2")
        clock.now += RETRY
        assert (verdict(source), verdict(source, OTHER)) == ("good", "token_revoked")

    def test_r25_a_new_environment_begins_with_an_empty_list(
        self, server: JwksServer, source: RevocationSource, clock: Clock
    ) -> None:
        server.answer = respond(b"", 503)
        for clock.now in (1000.0, 1000 + RETRY, 1000 + STALE - 0.1):
            assert verdict(source) == "good"
        clock.now = 1000 + STALE
        assert verdict(source) == RevocationsUnknown.code
        server.answer = listed("ses_1")
        clock.now += RETRY
        assert verdict(source) == TokenRevoked.code

    def test_r25_an_outage_costs_one_fetch_each_cool_down(
        self, server: JwksServer, source: RevocationSource, clock: Clock
    ) -> None:
        server.answer = respond(b"", 503)
        for tenth in range(1000):
            clock.now = tenth / 10
            assert verdict(source) == "good"
        assert len(server.paths) == 100 / RETRY

    def test_r25_it_is_logged_once(
        self, server: JwksServer, source: RevocationSource, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        for number, answer in enumerate([respond(b"", 503)] * 5 + [listed()] * 3 + [respond(b"{}")] * 3):
            server.answer = answer
            clock.now = number * MAX_AGE
            verdict(source)
        assert [(record.levelname, "again" in record.message) for record in caplog.records] == [
            ("WARNING", False),
            ("INFO", True),
            ("WARNING", False),
        ]

    def test_r26_a_slow_issuer_is_waited_for_in_bounds(
        self, server: JwksServer, source: RevocationSource, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Once each cool-down, by whoever comes; the one fetch goes on."""
        assert verdict(source) == "good"
        monkeypatch.setattr(revocations, "TIMEOUT", 0.2)

        def stall(request: BaseHTTPRequestHandler) -> None:
            server.closed.wait(30)

        server.answer = stall
        clock.now = MAX_AGE
        began = time.monotonic()
        for _ in range(1000):
            assert verdict(source) == "good"
        assert time.monotonic() - began < 5
        assert len(server.paths) == 2

    def test_a_list_that_is_not_complete_is_used_and_told(
        self, server: JwksServer, source: RevocationSource, caplog: pytest.LogCaptureFixture
    ) -> None:
        server.answer = listed("ses_1", complete=False)
        assert verdict(source) == "token_revoked"
        assert "isn't complete" in caplog.text
