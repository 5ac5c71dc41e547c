"""A gateway as an ASGI application. https://asgi.readthedocs.io/en/latest/specs/www.html"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.events import Request, Response
from local.gateway import MAX_BODY_BYTES, AnswersRequests
from local.websocket_gateway import WebSocketGateway

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_UNSUPPORTED_DATA = 1003  # RFC 6455 section 7.4.1
_NO_STATUS = 1005


class Application:
    """Serves `gateway`: each call of it in a thread, as Lambda has an environment for each."""

    def __init__(self, gateway: AnswersRequests) -> None:
        self._gateway = gateway
        # More than the clients of a load test on one machine; a handler that waits holds up nobody else.
        self._threads = ThreadPoolExecutor(max_workers=64, thread_name_prefix="lambda")

    def close(self) -> None:
        """Take no more requests from the server."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serve one HTTP request, or one WebSocket from its handshake to its end."""
        if scope["type"] == "websocket" and isinstance(self._gateway, WebSocketGateway):
            await self._websocket(self._gateway, _request(scope, b""), receive, send)
        elif scope["type"] == "http":
            request = _request(scope, await _read_body(receive))
            await _send_response(send, await self._in_thread(self._gateway.handle, request), head=request.method == "HEAD")

    async def _websocket(self, gateway: WebSocketGateway, request: Request, receive: _Receive, send: _Send) -> None:
        await receive()  # websocket.connect
        opened = await self._in_thread(gateway.connect, request)
        if isinstance(opened, Response):
            await _send_response(send, opened, kind="websocket.http.response")
            return
        connection, accepted = opened
        await send({"type": "websocket.accept", "subprotocol": accepted.header("sec-websocket-protocol")})
        while (message := await receive())["type"] == "websocket.receive":
            if message.get("text") is None:
                await send({"type": "websocket.close", "code": _UNSUPPORTED_DATA, "reason": "text alone"})
                message = {"code": _UNSUPPORTED_DATA, "reason": "text alone"}
                break
            back = await self._in_thread(gateway.receive, connection, message["text"])
            if back is not None:
                await send({"type": "websocket.send", "text": back})
        status, reason = message.get("code", _NO_STATUS), message.get("reason") or ""
        await self._in_thread(gateway.disconnect, connection, status, reason)

    async def _in_thread(self, call: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)


def _request(scope: _Scope, body: bytes) -> Request:
    query = scope["query_string"].decode("latin-1")
    return Request(
        # A handshake is a GET (RFC 6455 section 4.1), and has no member for it.
        method=scope.get("method", "GET"),
        target=scope["raw_path"].decode("latin-1") + (f"?{query}" if query else ""),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        body=body,
        source_ip=scope["client"][0] if scope.get("client") else "127.0.0.1",
        http_version=scope["http_version"],
    )


async def _send_response(send: _Send, response: Response, *, head: bool = False, kind: str = "http.response") -> None:
    # HTTP forbids a body here (RFC 9110, sections 6.4.1 and 9.3.2), whatever the function said.
    content = b"" if head or response.status in (204, 304) else response.body
    headers = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers if name != "content-length"
    ]
    if response.status not in (204, 304):
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": f"{kind}.start", "status": response.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": content})


async def _read_body(receive: _Receive) -> bytes:
    """Return the request's body; of a body over the limit, no more than shows that it's over."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        if len(body) <= MAX_BODY_BYTES:
            body += message.get("body", b"")
    return bytes(body)
