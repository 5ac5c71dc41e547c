"""The ports of this machine that are served. Apart from `server`, since that is a heavy import."""

import os
import socket
from collections.abc import Set as AbstractSet

from local.errors import StackError

HOST = "127.0.0.1"


def free_port(variable: str, default: int, *, or_any_but: AbstractSet[int] | None = None) -> int:
    """Return the port that the environment's `variable` names, if nobody listens on it.

    If it names none and `default` is taken, or one of `or_any_but`, it's any free port, provided that `or_any_but` is given.

    Raises:
        StackError: if it's no port, or taken.
    """
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise StackError(f"{variable} is {text!r}, which is no port. Set it to a number from 1 to 65535.")
    port = int(text)
    any_will_do = or_any_but is not None and not os.environ.get(variable)
    if any_will_do and port in (or_any_but or ()):
        return _any_free_port()
    with socket.socket() as probe:
        # A port whose last connections are still closing is free; one that somebody listens on is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            if any_will_do:
                return _any_free_port()
            other = port - 1000 if port > 60_000 else port + 1000
            raise StackError(
                f"Port {port} is taken ({exc.strerror}). Set {variable} to another, for example: {variable}={other} make run"
            ) from exc
    return port


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
