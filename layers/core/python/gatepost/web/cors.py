"""Cross-origin calls (https://fetch.spec.whatwg.org/#http-cors-protocol), with credentials, from the allowed origins alone."""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

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
            allow_headers=("authorization", "content-type", "x-gatepost-csrf"),
            allow_credentials=True,
            expose_headers=("retry-after", "x-request-id"),
            max_age=_MAX_AGE,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        allowed = Headers(scope=scope).get("origin") in self._origins
        await (self._cors if allowed else self._app)(scope, receive, send)
