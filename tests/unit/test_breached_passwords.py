"""Looking a password up among breached ones: five characters are told, and whatever goes wrong, nobody is kept waiting."""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from unittest.mock import patch

import pytest
import time_machine

from gatepost.credentials import breached_passwords
from gatepost.credentials.breached_passwords import BreachedPasswords
from tests.emf import Counted
from tests.range_server import RangeServer, knowing, listing, respond, serve, sha1

PASSWORD = "correct horse battery staple"
SUFFIX = sha1(PASSWORD)[5:]
_TIMEOUT = breached_passwords.TIMEOUT
FAILED, SKIPPED = "BreachedPasswordCheckFailed", "BreachedPasswordCheckSkipped"


@pytest.fixture
def server() -> Iterator[RangeServer]:
    """A service that knows `PASSWORD`."""
    with serve(knowing(PASSWORD)) as server:
        yield server


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The clock, stopped."""
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """So that a busy machine makes no test fail."""
    with patch.object(breached_passwords, "TIMEOUT", 30):
        yield


@pytest.fixture
def _short_wait(_patience: None) -> Iterator[None]:
    """So that the tests of what comes too late are quick."""
    with patch.object(breached_passwords, "TIMEOUT", 0.2):
        yield


def test_a_request_waits_a_second_at_the_most() -> None:
    assert _TIMEOUT <= 1


def test_a_listed_password_is_known_and_another_is_not(server: RangeServer, counted: Counted) -> None:
    passwords = BreachedPasswords(server.url)
    assert passwords.holds(PASSWORD)
    assert not passwords.holds(PASSWORD + "!")
    assert counted() == []


def test_only_five_characters_of_the_digest_are_told(server: RangeServer) -> None:
    BreachedPasswords(server.url).holds(PASSWORD)
    ((asked),) = server.asked
    assert server.paths == [f"/range/{sha1(PASSWORD)[:5]}"]
    assert "add-padding: true" in asked.lower()
    assert sha1(PASSWORD)[:6] not in asked.upper()
    assert SUFFIX[:5] not in asked.upper()
    assert "correct" not in asked


def test_a_password_is_looked_up_in_nfc(server: RangeServer) -> None:
    server.answer = knowing("correct hors\u00e9")
    assert BreachedPasswords(server.url).holds("correct horse\u0301")


@pytest.mark.parametrize(
    ("entry", "known"),
    [
        (f"{SUFFIX}:1", True),
        (f"{SUFFIX}:52256179", True),
        (f"{SUFFIX.lower()}:1", True),
        (f"{SUFFIX}:0", False),  # padding
        (f"{SUFFIX}:000", False),
        (f"{SUFFIX[:-1]}{'0' if SUFFIX[-1] != '0' else '1'}:9", False),
    ],
)
def test_padding_does_not_count(server: RangeServer, counted: Counted, entry: str, known: bool) -> None:
    server.answer = respond(listing(entry))
    assert BreachedPasswords(server.url).holds(PASSWORD) is known
    assert counted() == []


def test_an_empty_list_and_lines_of_any_end_are_answers(server: RangeServer, counted: Counted) -> None:
    passwords = BreachedPasswords(server.url)
    for body, known in ((b"", False), (f"{SUFFIX}:1\n".encode(), True), (f"\r\n{SUFFIX}:1".encode(), True)):
        server.answer = respond(body)
        assert passwords.holds(PASSWORD) is known
    assert counted() == []


def drop(request: BaseHTTPRequestHandler) -> None:
    """Close the connection without an answer."""
    request.connection.shutdown(socket.SHUT_RDWR)


def speak_no_http(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n" * 10)


def without_end(request: BaseHTTPRequestHandler) -> None:
    """Send an answer of no stated length, far larger than any."""
    request.send_response(200)
    request.end_headers()
    for _ in range(100):
        request.wfile.write(listing(f"{SUFFIX}:1"))


GARBAGE: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {
    "500": respond(listing(f"{SUFFIX}:1"), 500),
    "404": respond(b"", 404),
    "429": respond(b"", 429, retry_after="2"),
    "204": respond(b"", 204),
    "a redirect": respond(listing(f"{SUFFIX}:1"), 302, location="/elsewhere"),
    "a page": respond(b"<html><body>Welcome to the hotel's network</body></html>"),
    "JSON": respond(b'{"hashes": []}'),
    "one line that is none": respond(listing(f"{SUFFIX}:1") + b"\r\nx"),
    "a count that is none": respond(listing(f"{SUFFIX}:-1")),
    "no text": respond(b"\xff\xfe\x00" * 100),
    "compressed": respond(b"\x1f\x8b\x08" + bytes(100), content_encoding="gzip"),
    "a huge body": respond(listing(f"{SUFFIX}:1") * 100),
    "a body without end": without_end,
    "less than it says": respond(listing(f"{SUFFIX}:1")[:100], content_length="30000"),
    "no answer": drop,
    "no HTTP": speak_no_http,
}


@pytest.mark.parametrize("case", GARBAGE)
def test_what_is_no_answer_counts_as_unknown(
    server: RangeServer, counted: Counted, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    server.answer = GARBAGE[case]
    assert not BreachedPasswords(server.url).holds(PASSWORD)
    assert server.paths == [f"/range/{sha1(PASSWORD)[:5]}"]  # neither again nor elsewhere
    assert counted() == [FAILED]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert not any(secret in caplog.text for secret in (PASSWORD, sha1(PASSWORD)[:5], SUFFIX[:8]))


def closed_port() -> int:
    """Return a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/range", "https://127.0.0.1:{port}", f"https://{'x' * 64}.example/range"]
)
def test_where_nobody_is_nobody_is_kept_from_anything(counted: Counted, url: str) -> None:
    assert not BreachedPasswords(url.format(port=closed_port())).holds(PASSWORD)
    assert counted() == [FAILED]


def test_a_server_that_cannot_prove_its_name_is_not_asked(server: RangeServer, counted: Counted) -> None:
    assert not BreachedPasswords(server.url.replace("http:", "https:")).holds(PASSWORD)
    assert server.asked == []
    assert counted() == [FAILED]


def test_a_name_that_nobody_knows_is_a_failure(counted: Counted) -> None:
    with patch.object(socket, "getaddrinfo", side_effect=socket.gaierror(socket.EAI_NONAME, "no such name")):
        assert not BreachedPasswords("https://range.example").holds(PASSWORD)
    assert counted() == [FAILED]


@pytest.mark.usefixtures("_short_wait")
def test_an_answer_that_comes_too_late_is_not_waited_for(server: RangeServer, counted: Counted) -> None:
    """It would come when the test has ended."""

    def late(request: BaseHTTPRequestHandler) -> None:
        server.closed.wait(30)
        knowing(PASSWORD)(request)

    server.answer = late
    assert not BreachedPasswords(server.url).holds(PASSWORD)
    assert not server.closed.is_set()
    assert counted() == [FAILED]


@pytest.mark.usefixtures("_short_wait")
def test_an_answer_that_trickles_is_not_waited_for(server: RangeServer, counted: Counted) -> None:
    """Each piece comes in time, all of them never would."""

    def trickle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("content-length", "100000")
        request.end_headers()
        while not server.closed.wait(0.02):
            request.wfile.write(b"0")

    server.answer = trickle
    assert not BreachedPasswords(server.url).holds(PASSWORD)
    assert not server.closed.is_set()
    assert counted() == [FAILED]


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\nConnection: close\r\n\r\n"])
@pytest.mark.usefixtures("_short_wait")
def test_answers_that_trickle_keep_nobody_who_could_wait_for_others(server: RangeServer, head: bytes) -> None:
    """More of them than there are threads that wait."""

    def trickle(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(head)
        while not server.closed.wait(0.02):
            request.wfile.write(b"0")

    with patch.object(breached_passwords, "_THRESHOLD", 100):
        passwords = BreachedPasswords(server.url)
    server.answer = trickle
    for _ in range(5):
        assert not passwords.holds(PASSWORD)
    server.answer = knowing(PASSWORD)
    with patch.object(breached_passwords, "TIMEOUT", 30):
        assert passwords.holds(PASSWORD)


@pytest.mark.usefixtures("_short_wait")
def test_a_name_that_takes_too_long_is_not_waited_for(counted: Counted) -> None:
    """No timeout of a socket ends that."""
    done = threading.Event()

    def stuck(*_: object, **__: object) -> None:
        done.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "nobody answered")

    with patch.object(socket, "getaddrinfo", stuck):
        assert not BreachedPasswords("https://range.example").holds(PASSWORD)
        assert not done.is_set()
        done.set()
    assert counted() == [FAILED]


def test_after_three_failures_nobody_is_asked_for_a_minute(
    server: RangeServer, clock: time_machine.Traveller, counted: Counted
) -> None:
    passwords, server.answer = BreachedPasswords(server.url), respond(b"", 503)
    assert not any(passwords.holds(PASSWORD) for _ in range(5))
    assert counted() == [FAILED] * 3 + [SKIPPED] * 2
    server.answer = knowing(PASSWORD)
    clock.shift(59)
    assert not passwords.holds(PASSWORD)
    assert len(server.asked) == 3
    clock.shift(1)
    assert passwords.holds(PASSWORD)
    assert passwords.holds(PASSWORD)
    assert len(server.asked) == 5
    assert counted() == [SKIPPED]


def test_a_service_that_is_still_down_is_asked_once_a_minute(
    server: RangeServer, clock: time_machine.Traveller, counted: Counted
) -> None:
    passwords, server.answer = BreachedPasswords(server.url), respond(b"", 503)
    for _ in range(3):
        passwords.holds(PASSWORD)
    for _ in range(3):
        clock.shift(60)
        assert not any(passwords.holds(PASSWORD) for _ in range(4))
    assert len(server.asked) == 6
    assert counted() == [FAILED] * 3 + [FAILED, SKIPPED, SKIPPED, SKIPPED] * 3
    server.answer = knowing(PASSWORD)
    clock.shift(60)
    assert passwords.holds(PASSWORD)


def test_failures_between_answers_stop_nothing(server: RangeServer, clock: time_machine.Traveller) -> None:
    assert clock
    passwords = BreachedPasswords(server.url)
    for _ in range(3):
        server.answer = respond(b"", 503)
        assert not any(passwords.holds(PASSWORD) for _ in range(2))
        server.answer = knowing(PASSWORD)
        assert passwords.holds(PASSWORD)
