"""Stands in for an authorizer."""

from typing import Any

calls: list[dict[str, Any]] = []


def handler(event: dict[str, Any], context: Any) -> Any:
    """Let `Bearer good` in."""
    calls.append(event)
    match event["headers"]["authorization"]:
        case "Bearer good":
            return {"isAuthorized": True, "context": {"sub": "ada"}}
        case "Bearer poor":
            return {"isAuthorized": False}
        case "Bearer odd":
            return {"isAuthorized": "yes"}
        case "Bearer crash":
            raise RuntimeError("as asked for")
    raise PermissionError("Unauthorized")
