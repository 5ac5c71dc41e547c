"""Route selection of HTTP APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html

REST APIs choose their resources alike, but take a path as it was sent and a trailing slash for nothing. WebSocket APIs choose
by a member of the message.
https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
"""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from local.model import Route

_FULL, _VARIABLE, _GREEDY, _DEFAULT = range(4)


def select_route(routes: Iterable[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the most specific route for a request and its path variables, or None.

    Segment by segment, a literal comes before a variable and a variable before a greedy one (``{proxy+}``, at least one
    character); `$default` comes last. Of two routes for the same path, the one that names the method comes before ANY. A
    trailing slash makes another path.
    """
    found: list[tuple[tuple[list[int], bool], Route, dict[str, str]]] = []
    for route in routes:
        match = _match(route, method, path)
        if match is not None:
            ranks, variables = match
            found.append(((ranks, route.method != method), route, variables))
    if not found:
        return None
    _, route, variables = min(found, key=lambda candidate: candidate[0])
    return route, variables


def select_method(routes: Iterable[Route], method: str, raw_path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the method of a REST API's resources for a request and its path variables, decoded, or None.

    Other than an HTTP API, it first chooses the resource, and then looks whether that has the method.
    """
    path = raw_path.removesuffix("/") or "/"
    of_any_method = [Route("ANY", resource, "") for resource in dict.fromkeys(route.path for route in routes)]
    selected = select_route(of_any_method, method, path)
    if selected is None:
        return None
    resource, variables = selected
    methods = {route.method: route for route in routes if route.path == resource.path}
    chosen = methods.get(method) or methods.get("ANY")
    return (chosen, {name: unquote(value) for name, value in variables.items()}) if chosen else None


def select_message_route(routes: Iterable[Route], selection: str, message: str) -> Route | None:
    """Return the route of a WebSocket message: the one its member `selection` (``a.b`` is b in a) names, else `$default`."""
    by_key = {route.key: route for route in routes}
    named = _member(message, selection)
    # Nobody reaches `$connect` or `$disconnect` by a message.
    chosen = by_key.get(named) if isinstance(named, str) and not named.startswith("$") else None
    return chosen or by_key.get("$default")


def _member(message: str, path: str) -> Any:
    try:
        value = json.loads(message)
    except (ValueError, RecursionError):
        return None
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _match(route: Route, method: str, path: str) -> tuple[list[int], dict[str, str]] | None:
    """Return the rank of each segment of the route and the values of its variables, or None if it doesn't match."""
    if route.path == "$default":
        return [_DEFAULT], {}
    if route.method not in (method, "ANY"):
        return None
    ranks: list[int] = []
    variables: dict[str, str] = {}
    wanted, given = route.path.split("/")[1:], path.split("/")[1:]
    for position, segment in enumerate(wanted):
        rest = given[position:]
        if segment.startswith("{") and segment.endswith("+}"):
            variables[segment[1:-2]] = "/".join(rest)
            return ([*ranks, _GREEDY], variables) if any(rest) else None
        if not rest:
            return None
        if segment.startswith("{") and segment.endswith("}"):
            variables[segment[1:-1]] = rest[0]
            ranks.append(_VARIABLE)
            if not rest[0]:
                return None
        elif segment == rest[0]:
            ranks.append(_FULL)
        else:
            return None
    return (ranks, variables) if len(wanted) == len(given) else None
