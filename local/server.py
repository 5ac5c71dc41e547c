"""Serves HTTP APIs on ports of this machine until the developer stops it."""

import os
import socket
import threading
import time

import uvicorn

from local.errors import StackError
from local.gateway import Gateway

_STOP_SECONDS = 1.5
# So that the gateway, not the server, answers headers that are too long.
_MAX_HEADER_BYTES = 256 * 1024


def port_from_environment(variable: str, default: int) -> int:
    """Return the port that `variable` names. Raises `StackError` if it isn't one."""
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise StackError(f"{variable} is {text!r}, which is no port. Set it to a number from 1 to 65535.")
    return int(text)


def reserve(port: int, variable: str) -> socket.socket:
    """Return a socket bound to `port` on the loopback address; nobody can connect before it's served.

    Raises:
        StackError: if the port is taken.
    """
    reserved = socket.socket()
    # A port whose last connections are still closing is free; one that somebody listens on is not.
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        reserved.bind(("127.0.0.1", port))
    except OSError as exc:
        reserved.close()
        raise StackError(
            f"Port {port} is taken ({exc.strerror}). Set {variable} to another, for example: {variable}={port + 10} make run"
        ) from exc
    return reserved


class Server:
    """Serves `gateway` on the reserved socket, in a thread of its own."""

    def __init__(self, gateway: Gateway, reserved: socket.socket) -> None:
        config = uvicorn.Config(
            gateway,
            http="h11",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([reserved],), name="http", daemon=True)

    def start(self) -> None:
        """Return as soon as requests are answered."""
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.01)

    def stop(self) -> None:
        """Answer what is under way, for a second at the most, and stop."""
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
