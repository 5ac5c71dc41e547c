"""The ports of this machine that are served. Apart from `server`, since that is a heavy import."""

import os
import socket

from local.errors import StackError

HOST = "127.0.0.1"


def free_port(variable: str, default: int) -> int:
    """Return the port that the environment's `variable` names, if nobody listens on it.

    Raises:
        StackError: if it's no port, or taken.
    """
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise StackError(f"{variable} is {text!r}, which is no port. Set it to a number from 1 to 65535.")
    port = int(text)
    with socket.socket() as probe:
        # A port whose last connections are still closing is free; one that somebody listens on is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            other = port - 1000 if port > 60_000 else port + 1000
            raise StackError(
                f"Port {port} is taken ({exc.strerror}). Set {variable} to another, for example: {variable}={other} make run"
            ) from exc
    return port
