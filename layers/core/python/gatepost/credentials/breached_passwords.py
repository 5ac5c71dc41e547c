"""Asking a service whether a password has appeared in a data breach, without telling it the password.

It's told the first five characters of the SHA-1, and answers with all it knows that begins so: the range API of Pwned
Passwords, which others offer too. https://haveibeenpwned.com/API/v3#PwnedPasswords

Import it only where the deployment asks one.
"""

import hashlib
import logging
import re
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Event
from urllib.parse import urlsplit

from gatepost import telemetry
from gatepost.circuit_breaker import CircuitBreaker
from gatepost.credentials.normalization import normalized
from gatepost.telemetry import Metric

TIMEOUT = 1.0  # seconds, for everything together
# Three failures in a row are no accident; a minute later the service may be back.
_THRESHOLD, _PAUSE = 3, 60
_PREFIX = 5  # characters of the SHA-1 in hexadecimal
# Padded, an answer has at most 1,000 lines of some 40 bytes.
_MAX_BODY = 256 * 1024
_LINE = re.compile(rb"([0-9A-Fa-f]{35}):([0-9]{1,15})")

_logger = logging.getLogger(__name__)


class _NoAnswer(Exception):
    """The service gave no answer, or none that can be read. The text never says what was asked."""


class _Call:
    """A connection that whoever waits for its answer can end, whatever the thread that reads from it is at: an answer that
    trickles in would keep the thread for as long as it likes, and with the last of them the check.
    """

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection = connection
        self._socket: socket.socket | None = None
        self._ended = Event()

    def begin(self) -> None:
        """Connect. Raises `OSError`, also if the call was ended meanwhile."""
        self.connection.connect()
        # HTTPConnection forgets it where the answer ends with the connection.
        self._socket = self.connection.sock
        if self._ended.is_set():
            raise ConnectionAbortedError

    def end(self) -> None:
        """End it: what reads from it gets no more."""
        self._ended.set()
        if self._socket is not None:
            with suppress(OSError):  # it's closed already
                self._socket.shutdown(socket.SHUT_RDWR)


class BreachedPasswords:
    """The passwords that the service at `url` knows from data breaches."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._tls = ssl.create_default_context() if self._url.scheme == "https" else None
        self._breaker = CircuitBreaker(_THRESHOLD, _PAUSE)
        # Looking up a name knows no timeout, and one for each read none for all: so somebody else waits for the answer.
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="breached-passwords")

    def holds(self, password: str) -> bool:
        """Return whether `password` is known from a breach. Where that can't be told within `TIMEOUT`, it counts as unknown:
        a service that is down must not keep people from setting a password (docs/decisions/0008-breached-passwords.md).
        """
        if not self._breaker.lets_through():
            telemetry.count(Metric.BREACHED_PASSWORD_CHECK_SKIPPED)
            return False
        # As the service does; nothing is kept safe by it.
        digest = hashlib.sha1(normalized(password).encode(), usedforsecurity=False).hexdigest().upper()
        call = _Call(self._connection())
        try:
            body = self._threads.submit(self._get, call, digest[:_PREFIX]).result(TIMEOUT)
            known = _is_listed(digest[_PREFIX:], body)
        except (_NoAnswer, TimeoutError) as exc:
            call.end()
            self._breaker.failed()
            telemetry.count(Metric.BREACHED_PASSWORD_CHECK_FAILED)
            _logger.warning("a password was not looked up among breached ones: %s", str(exc) or "no answer in time")
            return False
        self._breaker.succeeded()
        return known

    def _get(self, call: _Call, prefix: str) -> bytes:
        """Return what the service answers. A connection each time: one that was kept may be dead after a Lambda's pause."""
        connection = call.connection
        headers = {"Add-Padding": "true", "Connection": "close", "User-Agent": "Gatepost"}
        try:
            call.begin()
            connection.request("GET", f"{self._url.path}/{prefix}", headers=headers)
            response = connection.getresponse()
            body = response.read(_MAX_BODY + 1)
        except (OSError, HTTPException, UnicodeError) as exc:  # the last for a name that can't be one
            raise _NoAnswer(type(exc).__name__) from exc
        finally:
            connection.close()
        if response.status != HTTPStatus.OK:
            raise _NoAnswer(f"status {response.status}")
        # `length` is what is still to come.
        if len(body) > _MAX_BODY or response.length:
            raise _NoAnswer("an answer that is too long, or was cut short")
        return body

    def _connection(self) -> HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._tls:
            return HTTPSConnection(host, port, timeout=TIMEOUT, context=self._tls)
        return HTTPConnection(host, port, timeout=TIMEOUT)


def _is_listed(suffix: str, body: bytes) -> bool:
    """Return whether a line names `suffix` with a count. Padding has 0."""
    lines = [_LINE.fullmatch(line) for line in body.split()]
    if not all(lines):
        raise _NoAnswer("an answer that is no list of hashes")
    return any(line[1].upper() == suffix.encode() and int(line[2]) for line in lines if line)
