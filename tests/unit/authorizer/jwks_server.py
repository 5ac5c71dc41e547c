"""An issuer's key set document on a loopback port, which can misbehave in every way a server can."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


def respond(body: bytes, status: int = 200, **headers: str) -> Answer:
    """An answer with this body; headers by their names with `_` for `-`."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"content_length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def respond_keys(*jwks: dict[str, Any]) -> Answer:
    """An answer with a key set."""
    return respond(json.dumps({"keys": jwks}).encode())


@dataclass
class JwksServer:
    """The server: set `answer` to what it shall do; `paths` are those it was asked for."""

    answer: Answer
    issuer: str = ""
    paths: list[str] = field(default_factory=list)
    # Set at the end, for answers that wait.
    closed: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serve(answer: Answer, tls: SSLContext | None = None) -> Iterator[JwksServer]:
    """Serve `answer` inside the block, by https if there is a certificate."""
    served = JwksServer(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.paths.append(self.path)
            with suppress(OSError):  # the client may be gone
                served.answer(self)

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Handler) as server:
        served.issuer = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
        if tls:
            # Shakes hands in the thread of the connection, not in the one that accepts.
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield served
        finally:
            served.closed.set()
            server.shutdown()
            thread.join()
