"""The orders API behind a REST API. It knows nothing of tokens: the authorizer has checked them, and says who calls."""

import json
from typing import Any

# By user and id. An example's database: it lives as long as this Lambda environment, and every environment has its own.
orders: dict[str, dict[str, str]] = {}


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request of the gateway, payload format 1.0."""
    route = f"{event['httpMethod']} {event['resource']}"
    if route == "GET /status":
        return answer(200, {"status": "ok"})
    # Who calls is what the authorizer says and nothing that came with the request. A route that was left without an authorizer
    # by mistake has no caller.
    caller = event["requestContext"].get("authorizer") or {}
    user = caller.get("sub")
    if not user:
        return answer(401, {"message": "Unauthorized"})
    own = orders.setdefault(user, {})
    id_ = (event.get("pathParameters") or {}).get("id", "")
    match route:
        case "GET /me":
            return answer(200, caller)
        case "GET /orders":
            return answer(200, {"items": [{"id": id_, "item": item} for id_, item in own.items()]})
        case "POST /orders":
            return place_order(own, event.get("body") or "")
        case "GET /orders/{id}" if id_ in own:
            return answer(200, {"id": id_, "item": own[id_]})
        case "DELETE /orders/{id}" if own.pop(id_, None):
            return answer(204, None)
    return answer(404, {"message": "Not Found"})


def place_order(own: dict[str, str], body: str) -> dict[str, Any]:
    """Keep an order `{"item": "..."}` among the caller's own."""
    try:
        order = json.loads(body)
    except (ValueError, RecursionError):
        order = None
    item = order.get("item") if isinstance(order, dict) and order.keys() == {"item"} else None
    if not isinstance(item, str) or not 0 < len(item) <= 200:
        return answer(400, {"message": 'The body must be {"item": "..."} with 1 to 200 characters'})
    id_ = str(max(map(int, own), default=0) + 1)
    own[id_] = item
    return answer(201, {"id": id_, "item": item})


def answer(status: int, body: Any) -> dict[str, Any]:
    """The gateway's form of a JSON response."""
    headers = {"content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff"}
    return {"statusCode": status, "headers": headers, "body": "" if body is None else json.dumps(body)}
