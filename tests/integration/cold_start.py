"""Run as a program: imports a handler's module as Lambda does, and tells what was drawn, opened and started meanwhile.

`python cold_start.py MODULE`, in the function's environment. What SnapStart takes a snapshot of is this process at its end.
"""

import gc
import importlib
import json
import os
import random
import socket
import ssl
import sys
import threading
import traceback
from typing import Any

drawn: list[str] = []
network: list[str] = []
_urandom = os.urandom


def _importer() -> str:
    """The module of whoever draws, as a path from its package on."""
    frames = [frame for frame in traceback.extract_stack()[:-2] if not frame.filename.startswith("<frozen")]
    # `secrets` and `uuid` draw for others.
    caller = next(frame for frame in reversed(frames) if not frame.filename.endswith(("/secrets.py", "/uuid.py", "/random.py")))
    return "/".join(caller.filename.split("/")[-3:])


def _watched(count: int) -> bytes:
    drawn.append(_importer())
    return _urandom(count)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        network.append(f"{event} {args[1:]}")


def main(module: str) -> None:
    """Import `module` and print what that did, as JSON."""
    before = random.getstate()
    os.urandom = _watched
    random._urandom = _watched  # type: ignore[attr-defined]
    sys.addaudithook(_audit)
    importlib.import_module(module)
    hooks: Any = getattr(sys.modules.get("snapshot_restore_py"), "get_after_restore", list)()
    result = {
        "drawn": sorted(set(drawn)),
        "network": network,
        "random": random.getstate() != before,
        "threads": threading.active_count() - 1,
        "tls": any(isinstance(each, ssl.SSLContext) for each in gc.get_objects()),
        "hooks": [f"{hook.__module__}.{hook.__name__}" for hook, *_ in hooks],
    }
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    socket.setdefaulttimeout(1)
    main(sys.argv[1])
