"""Serves an API on a port of this machine."""

import logging
import threading
import time

import uvicorn

from local.asgi import Application
from local.errors import StackError
from local.gateway import AnswersRequests
from local.ports import HOST
from local.websocket_gateway import MAX_MESSAGE_BYTES, WebSocketGateway

_STOP_SECONDS = 1.5
# So that the gateway, not the server, answers headers that are too long.
_MAX_HEADER_BYTES = 256 * 1024


class Server:
    """Serves `gateway` on `port` of an address of this machine, the loopback address by default, in a thread of its own."""

    def __init__(self, gateway: AnswersRequests, port: int, host: str = HOST) -> None:
        self._application = Application(gateway)
        config = uvicorn.Config(
            self._application,
            host=host,
            port=port,
            http="h11",
            ws="websockets-sansio" if isinstance(gateway, WebSocketGateway) else "none",
            ws_max_size=MAX_MESSAGE_BYTES,
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
            timeout_graceful_shutdown=1,
        )
        logging.getLogger("uvicorn.error").addFilter(_is_no_false_alarm)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name=f"http-{port}", daemon=True)

    def start(self) -> None:
        """Return as soon as requests are answered. Raises `StackError` if the port can't be served."""
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise StackError(f"Port {self._server.config.port} can't be served; the line above says why.")
            time.sleep(0.01)

    def stop(self) -> None:
        """Answer what is under way, for a second at the most, and stop."""
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        self._application.close()


def _is_no_false_alarm(record: logging.LogRecord) -> bool:
    # What uvicorn 0.54 says by `websockets-sansio` of a handshake that was answered with a response of its own, such as a 401.
    return record.msg != "ASGI callable returned without completing handshake."
