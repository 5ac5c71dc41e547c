"""One HTTP API: takes a request through its route, its authorizer and its function, as API Gateway does."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.authorizers import Authorizers, Refused
from local.events import Call, MalformedAnswer, Request, Response, proxy_event, to_response
from local.functions import LambdaFunction
from local.model import Route, Template
from local.routing import select_route

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_HEADER_BYTES = 10_240  # the request line and the values of the headers

logger = logging.getLogger(__name__)

Page = Callable[[Request], Response]
_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Gateway:
    """The HTTP API of a template. An ASGI application; `handle` is the same without a server.

    `pages` are paths that the local stack answers itself, before any route.
    """

    def __init__(self, template: Template, functions: Mapping[str, LambdaFunction], pages: Mapping[str, Page]) -> None:
        self._template = template
        self._functions = functions
        self._pages = pages
        self._authorizers = Authorizers(functions)
        # More than the clients of a load test on one machine; a handler that waits holds up nobody else.
        self._threads = ThreadPoolExecutor(max_workers=64, thread_name_prefix="lambda")

    def handle(self, request: Request) -> Response:
        """Return the response to `request`. Never raises: what goes wrong is printed and answered as the gateway would."""
        request_line = f"{request.method} {request.target} HTTP/{request.http_version}"
        if len(request_line) + sum(len(value) for _, value in request.headers) > MAX_HEADER_BYTES:
            return _message(431, "Request Header Fields Too Large")
        if len(request.body) > MAX_BODY_BYTES:
            return _message(413, "Request Entity Too Large")
        try:
            if page := self._pages.get(request.path):
                return page(request)
            selected = select_route(self._template.routes, request.method, request.path)
            if selected is None:
                return _message(404, "Not Found")
            return self._call(selected[0], Call(request, selected[0].key, selected[1], self._template.api_id))
        except Refused as refusal:
            return _message(refusal.status, refusal.message)
        except (Exception, SystemExit):  # whatever a function raises, the gateway answers
            logger.exception("%s %s failed", request.method, request.path)
            return _message(500, "Internal Server Error")

    def _call(self, route: Route, call: Call) -> Response:
        event = proxy_event(call)
        if route.authorizer is not None:
            event["requestContext"]["authorizer"] = {"lambda": self._authorizers.authorize(route.authorizer, call)}
        answer = self._functions[route.function].invoke(event)
        try:
            return to_response(answer, call.id)
        except MalformedAnswer as exc:
            logger.error("%s answered %s with what the gateway can't send: %s", route.function, route.key, exc)
            return _message(500, "Internal Server Error")

    def close(self) -> None:
        """Take no more requests from the server."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serve one HTTP request (ASGI 3). https://asgi.readthedocs.io/en/latest/specs/www.html"""
        body = await _read_body(receive)
        query = scope["query_string"].decode("latin-1")
        request = Request(
            method=scope["method"],
            target=scope["raw_path"].decode("latin-1") + (f"?{query}" if query else ""),
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
            body=body,
            source_ip=scope["client"][0] if scope.get("client") else "127.0.0.1",
            http_version=scope["http_version"],
        )
        response = await asyncio.get_running_loop().run_in_executor(self._threads, self.handle, request)
        # HTTP forbids a body here (RFC 9110, sections 6.4.1 and 9.3.2), whatever the function said.
        content = b"" if request.method == "HEAD" or response.status in (204, 304) else response.body
        headers = [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers if name != "content-length"
        ]
        if response.status not in (204, 304):
            headers.append((b"content-length", str(len(response.body)).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


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


def _message(status: int, message: str) -> Response:
    return Response(
        status, (("content-type", "application/json"),), json.dumps({"message": message}, separators=(",", ":")).encode()
    )
