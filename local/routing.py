"""Route selection of HTTP APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html"""

from collections.abc import Iterable

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
