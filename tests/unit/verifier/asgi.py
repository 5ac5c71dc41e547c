"""Requests to an ASGI app, as a server makes them."""

import asyncio
import json
from typing import Any

from starlette.types import ASGIApp, Message


def call(app: ASGIApp, *authorization: str, path: str = "/orders") -> tuple[int, str | None, Any]:
    """Status, challenge and JSON body of the answer to a GET with these Authorization fields."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"authorization", field.encode()) for field in authorization],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(_answered(app, scope, receive, send))
    head, body = sent
    challenge = dict(head["headers"]).get(b"www-authenticate")
    return head["status"], challenge and challenge.decode(), json.loads(body["body"])


async def _answered(app: ASGIApp, scope: Any, receive: Any, send: Any) -> None:
    await app(scope, receive, send)
