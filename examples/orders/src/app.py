"""The orders API. It knows nothing of tokens: the authorizer has checked them, and says who calls."""

import base64
import json
from typing import Any

# By user. An example's database: it lives as long as this Lambda environment, and every environment has its own.
orders: dict[str, list[dict[str, Any]]] = {}


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request of the gateway, payload format 2.0."""
    route = event["routeKey"]
    if route == "GET /status":
        return answer(200, {"status": "ok"})
    # Who calls is what the authorizer says and nothing that came with the request. A route that was left without an authorizer
    # by mistake has no caller.
    caller = (event["requestContext"].get("authorizer") or {}).get("lambda") or {}
    user = caller.get("sub")
    if not user:
        return answer(401, {"message": "Unauthorized"})
    if route == "GET /me":
        return answer(200, caller)
    if route == "GET /orders":
        return answer(200, {"items": orders.get(user, [])})
    if route == "POST /orders":
        return place_order(user, event)
    return answer(404, {"message": "Not Found"})


def place_order(user: str, event: dict[str, Any]) -> dict[str, Any]:
    """Keep an order `{"item": "..."}` for `user`."""
    try:
        body = event.get("body") or ""
        order = json.loads(base64.b64decode(body) if event.get("isBase64Encoded") else body)
    except (ValueError, RecursionError):
        order = None
    item = order.get("item") if isinstance(order, dict) and order.keys() == {"item"} else None
    if not isinstance(item, str) or not 0 < len(item) <= 200:
        return answer(400, {"message": 'The body must be {"item": "..."} with 1 to 200 characters'})
    placed = {"id": len(orders.setdefault(user, [])) + 1, "item": item}
    orders[user].append(placed)
    return answer(201, placed)


def answer(status: int, body: Any) -> dict[str, Any]:
    """The gateway's form of a JSON response."""
    headers = {"content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
