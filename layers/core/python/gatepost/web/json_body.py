"""Bodies, parsed strictly: JSON (RFC 8259) in UTF-8, no member twice, no number that JSON or this service can't hold."""

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute

from gatepost.errors import BodyTooLarge, MalformedRequest, UnsupportedMediaType

MAX_BYTES = 65_536


def parse(body: bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        MalformedRequest: it's not JSON in UTF-8, names a member twice, holds a number that isn't one, or is nested too deep.
    """
    try:
        return _decoder.decode(body.decode("utf-8"))
    except UnicodeDecodeError as exc:
        raise MalformedRequest("The body is not UTF-8.") from exc
    except (ValueError, RecursionError) as exc:
        raise MalformedRequest(
            "The body is not one JSON value: check its syntax, that no member stands twice, and its numbers."
        ) from exc


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(object_pairs_hook=_unique_members, parse_float=_finite, parse_constant=_no_constant)


class _ParsedRequest(Request):
    """A request whose body was parsed by us; FastAPI asks for it by `json()`."""

    def __init__(self, request: Request, value: Any) -> None:
        super().__init__(request.scope, request.receive)
        self._body = request._body
        self._json = value


class StrictRoute(APIRoute):
    """A route that reads its body by `parse`, and only if it's said to be JSON (so that no HTML form can send one)."""

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
            return await handler(_ParsedRequest(request, parse(body)))

        return strict
