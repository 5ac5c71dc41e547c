"""The X-Ray daemon that runs beside a function, and Lambda's word that an invocation is sampled."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import environ
from typing import Any
from unittest.mock import patch

TRACE_ID = "1-5f84c7a9-0e5b1e1e1e1e1e1e1e1e1e1e"
SEGMENT_ID = "53995c3f42cd8ad8"
SAMPLED = f"Root={TRACE_ID};Parent={SEGMENT_ID};Sampled=1;Lineage=1:a87bd80c:0"


class Daemon:
    """What was sent to it."""

    def __init__(self, udp: socket.socket) -> None:
        self._udp = udp
        self._taken: list[bytes] = []

    def take(self) -> None:
        """Take all datagrams that have come."""
        with suppress(BlockingIOError):
            while True:
                self._taken.append(self._udp.recv(65_507))

    def subsegments(self) -> list[dict[str, Any]]:
        """Return the documents of all datagrams that have come since the last look, each checked for the daemon's header."""
        if self._udp.fileno() >= 0:
            self.take()
        parts = [datagram.split(b"\n") for datagram in self._taken]
        self._taken.clear()
        assert all(json.loads(header) == {"format": "json", "version": 1} for header, _ in parts)
        return [json.loads(document) for _, document in parts]


@contextmanager
def traced(header: str = SAMPLED) -> Iterator[Daemon]:
    """Let Lambda say of every invocation inside the block what `header` says of its trace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
        address = "{}:{}".format(*udp.getsockname())
        with patch.dict(environ, {"_X_AMZN_TRACE_ID": header, "AWS_XRAY_DAEMON_ADDRESS": address}):
            daemon = Daemon(udp)
            yield daemon
            daemon.take()
