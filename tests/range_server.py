"""A range API of breached passwords on a loopback port, which can misbehave in every way a server can."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


def sha1(password: str) -> str:
    """Return the SHA-1 of a password in upper case, as the API spells it."""
    return hashlib.sha1(password.encode()).hexdigest().upper()


def listing(*entries: str) -> bytes:
    """Return a body of `entries` between others and padding, as the API gives it."""
    others = [f"{number:035X}:{number}" for number in range(1, 400)]
    padding = [f"{number:035X}:0" for number in range(2**80, 2**80 + 400)]
    return "\r\n".join([*others, *entries, *padding]).encode()


def respond(body: bytes, status: int = 200, **headers: str) -> Answer:
    """An answer with this body; headers by their names with `_` for `-`."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"content_length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def knowing(*passwords: str) -> Answer:
    """An answer that lists those of `passwords` that begin as was asked."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        prefix = request.path.rpartition("/")[2]
        found = [f"{sha1(password)[5:]}:7" for password in passwords if sha1(password).startswith(prefix)]
        respond(listing(*found))(request)

    return answer


@dataclass
class RangeServer:
    """The server: set `answer` to what it shall do; `asked` has path and headers of each request, as text."""

    answer: Answer
    url: str = ""
    asked: list[str] = field(default_factory=list)
    # Set at the end, for answers that wait.
    closed: threading.Event = field(default_factory=threading.Event)

    @property
    def paths(self) -> list[str]:
        """The paths it was asked for."""
        return [request.split()[1] for request in self.asked]


@contextmanager
def serve(answer: Answer) -> Iterator[RangeServer]:
    """Serve `answer` inside the block."""
    served = RangeServer(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(f"{self.requestline}\n{self.headers}")
            with suppress(OSError):  # the client may be gone
                served.answer(self)

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_port}/range"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield served
        finally:
            served.closed.set()
            server.shutdown()
            thread.join()
