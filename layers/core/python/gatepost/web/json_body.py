"""Bodies, parsed as strictly as tokens: one JSON object (RFC 8259) in UTF-8, with no member twice and nothing odd in it."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from gatepost.errors import BodyTooLarge, MalformedRequest, UnsupportedMediaType
from gatepost.web.call import Call
from gatepost_verifier import parse_json_object

MAX_BYTES = 65_536


class StrictRoute(APIRoute):
    """A route that gets its request as a `Call`, and reads its body so, and only if that's said to be JSON: no HTML form can
    send one.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler with our parser in front of it."""
        handler = super().get_route_handler()
        takes_body = self.body_field is not None

        async def strict(request: Request) -> Response:
            call = Call(request.scope, request.receive)
            if takes_body and (body := await call.body()):
                # FastAPI asks for it by `json()`, and Starlette parses it once.
                call._json = _checked(call, body)
            return await handler(call)

        return strict


def _checked(call: Call, body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BYTES:
        raise BodyTooLarge(f"The body is larger than {MAX_BYTES} bytes.")
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType
    return _parse(body)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        return parse_json_object(body)
    except ValueError as exc:
        raise MalformedRequest(
            "The body is not one JSON object in UTF-8: check its syntax, its numbers, and that no member stands twice."
        ) from exc
