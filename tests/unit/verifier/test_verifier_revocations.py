"""The revocation list: what it says about a token, what is no list, and how old it may be."""

import json
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from gatepost import revocations as published
from gatepost_verifier import AccessToken, RevocationSource, RevocationsUnknown, TokenRevoked, VerificationError, Verifier
from gatepost_verifier.revocations import MAX_AGES, MAX_BYTES, MAX_ENTRIES, RETRY, STALE, hashed, parse_revocations
from tests.unit.authorizer.jwks_server import Answer, JwksServer, respond, serve
from tests.unit.verifier import forge
from tests.unit.verifier.stopped_clock import Clock

MAX_AGE = 60


def listed(*sessions: str, users: dict[str, int] | None = None, complete: bool = True, **more: Any) -> Answer:
    """An answer with the list of these ids."""
    return respond(document(*sessions, users=users, complete=complete), **more)


def document(*sessions: str, users: dict[str, int] | None = None, complete: bool = True) -> bytes:
    named = {hashed(user): least for user, least in (users or {}).items()}
    return json.dumps({"sessions": [hashed(session) for session in sessions], "users": named, "complete": complete}).encode()


def token(**changes: Any) -> AccessToken:
    claims = {name: value for name, value in forge.claims(**changes).items() if value != "absent"}
    return forge.verifier().verify(forge.token(claims))


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


def verdict(source: RevocationSource, subject: AccessToken | None = None) -> str:
    """`good`, or the code of the refusal."""
    try:
        source.check(subject or token())
    except VerificationError as refusal:
        return refusal.code
    return "good"


class TestWhatTheListSays:
    """Of forge's token: sub usr_1, sid ses_1, ver 3."""

    @pytest.mark.parametrize(
        ("body", "changes", "revoked"),
        [
            (document(), {}, False),
            (document("ses_1"), {}, True),
            (document("ses_2", "ses_1"), {}, True),
            (document("ses_2", "usr_1"), {}, False),
            (document("ses_1"), {"sid": "absent"}, False),
            (document(users={"usr_1": 4}), {}, True),
            (document(users={"usr_1": 3}), {}, False),
            (document(users={"usr_1": 0}), {}, False),
            (document(users={"usr_2": 9, "ses_1": 9}), {}, False),
            (document(users={"usr_1": 1}), {"ver": 0}, True),
            (document(users={"usr_1": 0}), {"ver": "absent"}, True),
            (document(users={"usr_2": 1}), {"ver": "absent"}, False),
            (document("ses_1", users={"usr_1": 0}), {"ver": 99}, True),
            (document("ses_2", users={"usr_1": 4}), {}, True),
        ],
    )
    def test_a_listed_session_or_a_version_below_the_least(self, body: bytes, changes: dict[str, Any], revoked: bool) -> None:
        assert parse_revocations(body).names(token(**changes)) is revoked

    @pytest.mark.parametrize("identifier", ["", "usr_1", "0123456789abcdef" * 2, "é\U0001f511"])
    def test_the_hash_is_the_one_that_is_published(self, identifier: str) -> None:
        assert hashed(identifier) == published.hashed(identifier)
        assert len(hashed(identifier)) == 16

    def test_the_bounds_are_those_of_what_is_published(self) -> None:
        assert MAX_ENTRIES == published.MAX_ENTRIES
        assert MAX_AGES[-1] < STALE < published.LISTED
        longest = {"sessions": ["h" * 16] * MAX_ENTRIES, "users": {f"{n:016}": 2**53 - 1 for n in range(MAX_ENTRIES)}}
        body = json.dumps({**longest, "complete": False}).encode()
        assert MAX_BYTES * 0.9 < len(body) <= MAX_BYTES
        assert len(parse_revocations(body).users) == MAX_ENTRIES


GOOD: dict[str, Any] = {"sessions": [hashed("a")], "users": {hashed("b"): 1}, "complete": True}
ODD_MEMBERS: dict[str, list[Any]] = {
    "sessions": [{}, "x", [1], [None], [[]], [""], ["a" * 15], ["a" * 17], [16 * "a", 16], [["a"] * 16]],
    "users": [[], "x", 1, {"short": 1}, *({hashed("b"): least} for least in (None, True, "1", 1.0, -1, 2**53, [1]))],
    "complete": ["true", 1, 0, []],
}
NO_LIST: dict[str, bytes] = {
    "nothing": b"",
    "HTML": b"<!doctype html>",
    "null": b"null",
    "an array": b"[]",
    "an empty object": b"{}",
    "truncated": json.dumps(GOOD).encode()[:-5],
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "a member twice": json.dumps(GOOD).encode()[:-1] + b', "sessions": []}',
    **{f"without {name}": json.dumps({**GOOD, name: None}).encode() for name in GOOD},
    **{
        f"{name} {value!r:.40}": json.dumps({**GOOD, name: value}).encode()
        for name in ODD_MEMBERS
        for value in ODD_MEMBERS[name]
    },
    "too many sessions": json.dumps({**GOOD, "sessions": ["h" * 16] * (MAX_ENTRIES + 1)}).encode(),
    "too long": json.dumps({**GOOD, "padding": "x" * MAX_BYTES}).encode(),
}


@pytest.mark.parametrize("name", NO_LIST)
def test_r26_what_is_no_list_keeps_the_old_one(server: JwksServer, source: RevocationSource, clock: Clock, name: str) -> None:
    server.answer = listed("ses_1")
    assert verdict(source) == "token_revoked"
    server.answer = respond(NO_LIST[name])
    clock.now = MAX_AGE
    assert verdict(source) == "token_revoked"
    assert verdict(source, token(sid="ses_2")) == "good"
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


def test_nothing_is_fetched_before_a_token_is_good(server: JwksServer, source: RevocationSource) -> None:
    """Garbage makes nobody fetch; but the first list is asked for beside the first keys."""
    verifier = Verifier(
        issuer=forge.ISSUER, audience=forge.AUDIENCE, keys=lambda kid: None, revocations=source, clock=lambda: forge.NOW
    )
    for bad in ("", "a.b.c", "x" * 9000):
        with pytest.raises(VerificationError):
            verifier.verify(bad)
    assert len(server.paths) <= 1


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
        other = token(sid="ses_2")
        for clock.now in (MAX_AGE, MAX_AGE + RETRY, STALE - 0.1):
            assert (verdict(source), verdict(source, other)) == ("token_revoked", "good")
        clock.now = STALE
        assert verdict(source) == verdict(source, other) == "revocations_unknown"
        server.answer = listed("ses_2")
        clock.now += RETRY
        assert (verdict(source), verdict(source, other)) == ("good", "token_revoked")

    def test_r25_a_new_environment_begins_with_an_empty_list(
        self, server: JwksServer, source: RevocationSource, clock: Clock
    ) -> None:
        server.answer = respond(b"", 503)
        for clock.now in (1000.0, 1000 + RETRY, 1000 + STALE - 0.1):
            assert verdict(source) == "good"
        clock.now = 1000 + STALE
        with pytest.raises(RevocationsUnknown):
            source.check(token())
        server.answer = listed("ses_1")
        clock.now += RETRY
        with pytest.raises(TokenRevoked):
            source.check(token())

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

    def test_a_list_that_is_not_complete_is_used_and_told(
        self, server: JwksServer, source: RevocationSource, caplog: pytest.LogCaptureFixture
    ) -> None:
        server.answer = listed("ses_1", complete=False)
        assert verdict(source) == "token_revoked"
        assert "isn't complete" in caplog.text
