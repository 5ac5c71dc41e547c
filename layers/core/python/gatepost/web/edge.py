"""What goes around every request: who calls, the headers of every answer, one log line, and an answer for what nobody foresaw.

Pure ASGI: an `@app.middleware` would cost more than most of our routes.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

from aws_lambda_powertools import Logger
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gatepost import telemetry
from gatepost.caller import Caller
from gatepost.errors import NotReady, NotThroughEdge
from gatepost.web.problems import refused

_MAX_USER_AGENT = 256
# Of every answer, whoever asks.
_HEADERS = {
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "cache-control": "no-store",
}
_RAW_HEADERS = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
# As ASGI has them: names in lower case.
_RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class TrustedEdge:
    """CloudFront in front of the HTTP API, which proves itself by a header whose value only it and the deployer know.

    `secrets_sha256` are the digests of that value; two, while it's being replaced.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
    """

    secrets_sha256: tuple[str, ...]

    def sent(self, headers: Mapping[str, str]) -> bool:
        """Return whether a request with these headers came through CloudFront."""
        proof = hashlib.sha256(headers.get("x-gatepost-edge", "").encode()).hexdigest()
        return any(hmac.compare_digest(proof, digest) for digest in self.secrets_sha256)

    def viewer_address(self, headers: Mapping[str, str]) -> str | None:
        """Return the address CloudFront saw (it says `address:port`), or None for a request that did not come through it."""
        if not self.sent(headers):
            return None
        address = headers.get("cloudfront-viewer-address", "").rpartition(":")[0]
        try:
            return str(ip_address(address.strip("[]")))
        except ValueError:
            return None


class Edge:
    """ASGI middleware around a function's app; reads the gateway's event from the scope, where Mangum puts it."""

    def __init__(self, app: ASGIApp, logger: Logger, deployment: str, edge: TrustedEdge | None = None) -> None:
        self._app = app
        self._logger = logger
        self._deployment = deployment
        self._edge = edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        caller = _caller(scope["aws.event"], self._edge)
        state: dict[str, Any] = {"caller": caller}
        scope["state"] = state
        status = 0
        # The HTTP API's own address stays open for CloudFront. Whoever calls it comes round the firewall there.
        app = self._app if self._edge is None or self._edge.sent(scope["aws.event"]["headers"]) else _came_round

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # Anybody may ask whether we're ready, as often as they like: that mustn't take back an update.
                if status >= HTTPStatus.INTERNAL_SERVER_ERROR and state.get("problem_code") != NotReady.code:
                    telemetry.count(telemetry.Metric.REQUEST_FAILED)
                message["headers"] = _with_headers(message["headers"], caller.request_id)
            await send(message)

        try:
            with telemetry.emitted(self._deployment):
                await app(scope, receive, send_with_headers)
        except Exception as exc:
            # What nobody foresaw: it was answered (`problems.install`), and is now logged with all the rest.
            if status == 0:
                raise
            state["failure"] = exc
        self._log(scope, state, status, started)

    def _log(self, scope: Scope, state: dict[str, Any], status: int, started: float) -> None:
        route = scope.get("route")
        fields = {
            "method": scope["method"],
            "route": getattr(route, "path", None),
            "status": status,
            "code": state.get("problem_code"),
            "duration_ms": round((time.perf_counter() - started) * 1000, 1),
            # Lambda's own lines (START, REPORT, a time-out) have this id and no other.
            "function_request_id": getattr(scope["aws.context"], "aws_request_id", None),
        }
        failure = state.get("failure")
        if failure is None:
            self._logger.info("request", extra=fields)
        else:
            self._logger.error("request failed", extra=fields, exc_info=failure)


async def _came_round(scope: Scope, receive: Receive, send: Send) -> None:
    answer = await refused(Request(scope), NotThroughEdge())
    await answer(scope, receive, send)


def common_headers(request_id: str) -> dict[str, str]:
    """Return the headers of every answer; a route may only say that its own may be cached."""
    return {"x-request-id": request_id, **_HEADERS}


def _caller(event: dict[str, Any], edge: TrustedEdge | None) -> Caller:
    """The gateway's own word; nothing that a client can set but its user agent."""
    context = event["requestContext"]
    http = context["http"]
    user_agent = http.get("userAgent")
    return Caller(
        ip=(edge.viewer_address(event["headers"]) if edge else None) or http["sourceIp"],
        user_agent=user_agent[:_MAX_USER_AGENT] if isinstance(user_agent, str) else "",
        request_id=context["requestId"],
    )


def _with_headers(headers: _RawHeaders, request_id: str) -> _RawHeaders:
    """Return what an answer says by itself, its type with its charset, and behind that what it leaves to be said by us."""
    said = {name for name, _ in headers}
    own = [
        (name, value + b"; charset=utf-8") if name == b"content-type" and value and b"charset" not in value else (name, value)
        for name, value in headers
    ]
    ours = [(b"x-request-id", request_id.encode()), *_RAW_HEADERS]
    return own + [(name, value) for name, value in ours if name not in said]
