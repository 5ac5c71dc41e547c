"""Bodies, parsed as strictly as tokens: one JSON object (RFC 8259) in UTF-8, with no member twice and nothing odd in it."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from gatepost.errors import BodyTooLarge, MalformedRequest, UnsupportedMediaType
from gatepost_verifier import parse_json_object

MAX_BYTES = 65_536


class _ParsedRequest(Request):
    """A request whose body was parsed by us; FastAPI asks for it by `json()`."""

    def __init__(self, request: Request, value: Any) -> None:
        super().__init__(request.scope, request.receive)
        self._body = request._body
        self._json = value


class StrictRoute(APIRoute):
    """A route that reads its body so, and only if it's said to be JSON: no HTML form can send one."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler with our parser in front of it."""
        handler = super().get_route_handler()
        if self.body_field is None:
            return handler

        async def strict(request: Request) -> Response:
            body = await request.body()
            if len(body) > MAX_BYTES:
                raise BodyTooLarge(f"The body is larger than {MAX_BYTES} bytes.")
            if not body:
                return await handler(request)
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                raise UnsupportedMediaType
            return await handler(_ParsedRequest(request, _parse(body)))

        return strict


def _parse(body: bytes) -> dict[str, Any]:
    try:
        return parse_json_object(body)
    except ValueError as exc:
        raise MalformedRequest(
            "The body is not one JSON object in UTF-8: check its syntax, its numbers, and that no member stands twice."
        ) from exc
