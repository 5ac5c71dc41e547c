"""Stands in for the function of a WebSocket API."""

import json
import threading
from typing import Any

events: list[dict[str, Any]] = []
gone = threading.Event()


def handler(event: dict[str, Any], context: Any) -> Any:
    """Answer an event with itself; crash at the word."""
    events.append(event)
    route = event["requestContext"]["routeKey"]
    if route == "$disconnect":
        gone.set()
    if "crash" in event.get("body", ""):
        raise RuntimeError("as asked for")
    if event["requestContext"]["authorizer"]["sub"] == "banned":
        return {"statusCode": 451, "body": "banned"}
    protocol = event.get("headers", {}).get("sec-websocket-protocol")
    headers = {"Sec-WebSocket-Protocol": protocol.split(",")[0]} if protocol else {}
    return {"statusCode": 200, "body": json.dumps(event), "headers": headers}
