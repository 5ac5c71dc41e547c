"""API Gateway's events (HTTP API, payload format 2.0) on their way to the app and back.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import asyncio
import base64
import binascii
import json
import threading
from collections.abc import Callable
from functools import cached_property
from http import HTTPStatus
from ipaddress import ip_interface
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from mangum import Mangum
from mangum.handlers import HTTPGateway
from mangum.types import ASGI, Scope

from gatepost import correlation
from gatepost.errors import MalformedRequest
from gatepost.web.edge import common_headers
from gatepost.web.problems import MEDIA_TYPE, problem

Handler = Callable[[Any, Any], dict[str, Any]]

# Mangum answers in base64 what isn't named here.
_TEXT_TYPES = ["text/", "application/json", "application/problem+json", "application/jwk-set+json", "application/x-ndjson"]
# Mangum makes the URL of these, and fails on odd ones. Nothing here decides or links by that URL: it's the issuer's, always.
_ADDRESSING_HEADERS = frozenset({"host", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "forwarded"})

_thread = threading.local()


class _HttpApi(HTTPGateway):
    """What Mangum makes of such an event: it's of no other kind, since it was checked, and its scope is made once."""

    @classmethod
    def infer(cls, *_: Any) -> bool:
        return True

    @cached_property
    def scope(self) -> Scope:
        return super().scope


def lambda_handler(app: ASGI, issuer: str) -> Handler:
    """Return the handler that passes events to `app`. It never raises: what isn't such an event is answered with a 400."""
    _use_own_event_loop()
    mangum = Mangum(app, lifespan="off", custom_handlers=[_HttpApi], text_mime_types=_TEXT_TYPES)
    address = urlsplit(issuer)
    addressing = {
        "host": address.hostname,
        "x-forwarded-port": str(address.port or (443 if address.scheme == "https" else 80)),
        "x-forwarded-proto": address.scheme,
    }

    def handler(event: Any, context: Any) -> dict[str, Any]:
        _use_own_event_loop()
        try:
            headers = _checked(event)
        except MalformedRequest as exc:
            return _refusal(event, exc)
        own = {name: value for name, value in headers.items() if name not in _ADDRESSING_HEADERS}
        # The gateway takes cookies out of the headers; where something between has left some in, none may cover another.
        cookies = [*(event.get("cookies") or []), *([own["cookie"]] if "cookie" in own else [])]
        whole = {"headers": own | addressing, "rawQueryString": event.get("rawQueryString") or "", "cookies": cookies}
        with correlation.serving(event["requestContext"]["requestId"]) as served:
            answer = mangum(event | whole, context)
            served.failed = answer["statusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR
        return answer

    return handler


def _checked(event: Any) -> dict[str, str]:
    """Return the headers of `event` in lower case, if it's whole.

    Raises:
        MalformedRequest: saying what is wrong with it.
    """
    try:
        http = event["requestContext"]["http"]
        texts = [event["requestContext"]["requestId"], http["method"], http["path"], http["sourceIp"]]
        headers: dict[str, str] = {}
        for name, value in (event.get("headers") or {}).items():
            # Two spellings of a name are two values of one field (RFC 9110, section 5.3).
            known = name.lower()
            headers[known] = f"{headers[known]},{value}" if known in headers else value
        texts += [*headers, *headers.values(), *(event.get("cookies") or [])]
        texts += [event.get("rawQueryString") or "", event.get("body") or ""]
        texts += [http.get("userAgent") or ""]
        "".join(texts).encode()
        if not _is_field_value(event["requestContext"]["requestId"]):
            raise ValueError("an id that no header can carry")
        # With a prefix length in the examples of AWS.
        ip_interface(http["sourceIp"])
        if event["version"] != "2.0" or not http["path"].startswith("/"):
            raise ValueError("not an event of payload format 2.0")
        if event.get("isBase64Encoded"):
            base64.b64decode(event.get("body") or "", validate=True)
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error) as exc:
        raise MalformedRequest("The request did not arrive as an API Gateway event of payload format 2.0.") from exc
    return headers


def _is_field_value(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and value.isascii() and value.isprintable()


def _refusal(event: Any, exc: MalformedRequest) -> dict[str, Any]:
    context = event.get("requestContext") if isinstance(event, dict) else None
    request_id = context.get("requestId") if isinstance(context, dict) else None
    request_id = request_id if _is_field_value(request_id) else "unknown"
    body = problem(HTTPStatus.BAD_REQUEST, exc.code, str(exc), request_id)
    return {
        "statusCode": int(HTTPStatus.BAD_REQUEST),
        "headers": {"content-type": f"{MEDIA_TYPE}; charset=utf-8", **common_headers(request_id)},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


class _ThreadsLoop:
    """The event loop of one thread, closed when the thread ends."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def __del__(self) -> None:
        self.loop.close()


def _use_own_event_loop() -> None:
    """Mangum runs the app on the current loop of the thread it's called in: Lambda has one thread, the local stack many.

    Set at every call, because an `asyncio.run` in between leaves the thread without one, and Mangum would make one that nobody
    closes.
    """
    if not hasattr(_thread, "own"):
        _thread.own = _ThreadsLoop()
    asyncio.set_event_loop(_thread.own.loop)
