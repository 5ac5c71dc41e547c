"""One GET of what an issuer publishes, bounded in size and time whatever the other side does. No redirect, no proxy."""

import ssl
import time
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from ipaddress import ip_address
from socket import socket
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

PATIENCE = 5.0
"""Seconds for connecting, and as many for the whole answer: what drips in more slowly is given up."""
DOWNLOAD_ERRORS = (OSError, HTTPException, ValueError)
"""All that `download` raises."""

_MAX_HEAD = 64 * 1024
_MAX_ETAG = 256


class Answer(NamedTuple):
    """What came: `body` is None if it is still what `etag` named (304), `etag` None if the answer has none to ask with."""

    body: bytes | None
    etag: str | None


def document_url(issuer: str, path: str) -> str:
    """Where `issuer` publishes the document at `path`.

    Raises ValueError unless the issuer is an https URL without a trailing slash, query or fragment; http is for loopback
    addresses.
    """
    parts = urlsplit(issuer)
    host = parts.hostname or ""
    plain = issuer == f"{parts.scheme}://{parts.netloc}{parts.path}" and "@" not in parts.netloc and not issuer.endswith("/")
    if not host or not plain or not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
        raise ValueError(
            "must be an https URL such as https://auth.example.com, without a trailing slash (http is for loopback alone)"
        )
    return issuer + path


def download(url: str, *, max_bytes: int, etag: str | None = None) -> Answer:
    """Get `url`, unless it is still what `etag` names (RFC 9110 section 13.1.2).

    http.client follows no redirect, uses no proxy and knows no other scheme. Raises OSError, HTTPException, or ValueError for
    another status than 200 (or 304 to an `etag`) and for more than `max_bytes`.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        connection: HTTPConnection = HTTPSConnection(host, parts.port, timeout=PATIENCE, context=_tls())
    else:
        connection = HTTPConnection(host, parts.port, timeout=PATIENCE)
    known = {} if etag is None else {"if-none-match": etag}
    try:
        connection.request("GET", parts.path, headers={"accept": "application/json", "connection": "close", **known})
        answer = _Bounded(connection.sock, max_bytes + _MAX_HEAD, time.monotonic() + PATIENCE)
        response = HTTPResponse(cast(socket, answer), method="GET")  # of a socket it only asks for a file
        response.begin()
        if response.status == 304 and etag is not None:
            return Answer(None, etag)
        if response.status != 200:
            raise ValueError(f"the answer is {response.status}, not 200")
        body = response.read(max_bytes + 1)
        response.close()
    finally:
        connection.close()
    if len(body) > max_bytes:
        raise ValueError(f"the answer is longer than {max_bytes} bytes")
    tag = response.headers.get("etag")
    return Answer(body, tag if tag is None or len(tag) <= _MAX_ETAG else None)


class _Bounded(RawIOBase):
    """What a connection sends until `deadline`, `limit` bytes at the most. A socket's own timeout is for each step alone."""

    def __init__(self, connection: socket, limit: int, deadline: float) -> None:
        self._connection = connection
        self._left = limit
        self._deadline = deadline

    def makefile(self, mode: str) -> BufferedReader:
        """Return the file that an HTTPResponse reads."""
        del mode  # "rb"
        return BufferedReader(self, 65_536)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        # At the deadline 0: what is here already is still taken, since an environment may have been frozen meanwhile.
        self._connection.settimeout(max(self._deadline - time.monotonic(), 0.0))
        count = self._connection.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise ValueError("the answer is too long")
        return count


# Made once, when it's needed: reading the certificates costs more than the rest.
@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
