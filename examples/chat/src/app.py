"""A chat by WebSocket. It knows nothing of tokens: the authorizer has checked one when the connection was opened."""

import json
import time
from collections import deque
from typing import Any

# What was said last, by whom. An example's database: it lives as long as this Lambda environment, and each has its own.
lines: deque[dict[str, str]] = deque(maxlen=20)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one event of the gateway: a client connects, writes, or is gone."""
    route = event["requestContext"]["routeKey"]
    # The gateway repeats with every event what the authorizer said about the connection. A $connect that was left without an
    # authorizer by mistake has no caller.
    caller = event["requestContext"].get("authorizer") or {}
    if not caller.get("sub"):
        return answer(401, {"error": "unauthorized"})
    if route in ("$connect", "$disconnect"):
        return answer(200, {})
    # Nobody asks the authorizer again while a connection stands: it ends with its token.
    if int(caller["exp"]) <= time.time():
        return answer(401, {"error": "token_expired"})
    return say(caller["sub"], event["body"]) if route == "say" else answer(400, {"error": "unknown_action"})


def say(user: str, body: str) -> dict[str, Any]:
    """Keep what `user` says by `{"action": "say", "text": "..."}`, and answer with what was said last."""
    text = json.loads(body).get("text")
    if not isinstance(text, str) or not 0 < len(text) <= 500:
        return answer(400, {"error": "text_invalid"})
    lines.append({"by": user, "text": text})
    return answer(200, {"lines": list(lines)})


def answer(status: int, body: Any) -> dict[str, Any]:
    """The gateway's form of an answer; the body goes back over the WebSocket."""
    return {"statusCode": status, "body": json.dumps(body)}
