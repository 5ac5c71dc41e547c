"""Cross-origin calls (https://fetch.spec.whatwg.org/#http-cors-protocol), with credentials, from the allowed origins alone."""

from collections.abc import Collection
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gatepost.errors import PreflightRefused
from gatepost.web.problems import refused

_MAX_AGE = 7200  # seconds; no browser keeps a preflight's answer longer


class AllowedOrigins:
    """ASGI middleware: Starlette's for an allowed origin; for any other the app as if the header weren't there."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._cors = CORSMiddleware(
            app,
            allow_origins=tuple(origins),
            allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=("authorization", "content-type", "idempotency-key", "x-gatepost-csrf"),
            allow_credentials=True,
            expose_headers=("retry-after", "x-next-cursor", "x-request-id"),
            max_age=_MAX_AGE,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        if headers.get("origin") in self._origins:
            is_preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
            answer = await self._preflight(scope, headers) if is_preflight else self._cors
            await answer(scope, receive, send)
            return

        async def send_varying(message: Message) -> None:
            # A cache must not give the answer to a call from nowhere, which has no headers for it, to an allowed origin.
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).add_vary_header("Origin")
            await send(message)

        await self._app(scope, receive, send_varying)

    async def _preflight(self, scope: Scope, headers: Headers) -> Response:
        """Starlette's answer; where it refuses, a problem that says as well what would be granted."""
        answer = self._cors.preflight_response(headers)
        if answer.status_code < HTTPStatus.BAD_REQUEST:
            return answer
        problem = await refused(Request(scope), PreflightRefused())
        for name in set(answer.headers) - {"content-type", "content-length"}:
            problem.headers[name] = answer.headers[name]
        return problem
