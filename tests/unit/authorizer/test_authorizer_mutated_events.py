"""A-07: whatever arrives, the answer is a denial unless what the decision reads is untouched."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest

from gatepost_verifier import VerificationKey, Verifier
from gatepost_verifier.authorizer import Authorizer
from gatepost_verifier.decision import Default
from gatepost_verifier.route_rules import parse_rules
from tests.support import SHARED
from tests.unit.authorizer.events import SHAPES, Event, http_v2
from tests.unit.authorizer.support import ROUTES, bearer, outcome
from tests.unit.verifier import forge

SAMPLES = {
    shape: SHARED / f"security/apigw_events/apiGatewayAuthorizer{name}Event.json"
    for shape, name in {"REST TOKEN": "Token", "HTTP 1.0": "Request", "HTTP 2.0 simple": "V2", "HTTP 2.0 IAM": "V2"}.items()
}

GOOD = bearer()
CONTEXT = outcome(http_v2(headers=GOOD))[1]
MUTANTS = 12_000
# Paths that some event has and that no rule names, at least for other methods than GET.
UNNAMED = ("/orders", "/me", "/nowhere", "/", "/orders/")


def _bases(shape: str) -> list[Event]:
    """Allowed, refused, without a rule, without a token, and AWS's own of that shape."""
    build = SHAPES[shape].event
    events = [build(GOOD), build(GOOD), build(GOOD, method="POST"), build(GOOD, path="/nowhere"), build()]
    return events + ([json.loads(SAMPLES[shape].read_text("utf-8"))] if shape in SAMPLES and SAMPLES[shape].exists() else [])


VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 10**30),
    *(
        "",
        "x",
        "*",
        "2.0",
        "1.0",
        "TOKEN",
        "GET",
        "/",
        "/me",
        "//orders",
        "/orders/",
        "$default",
        "prod",
        "\0",
        "\ud800",
        "é" * 9000,
    ),
    *([], [None], ["GET"]),
    *({}, {"": ""}, {"stage": "$default"}, {"http": {"method": "GET"}}, {"authorization": "Bearer x"}),
]


def _places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member and element in `node`."""
    members: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in members:
        yield (*path, key)
        yield from _places(child, (*path, key))


def _mutate(made: dict[str, Any], chance: random.Random) -> None:
    """Drop, retype, rename, double or nest something in `made`."""
    *way, key = chance.choice(list(_places(made)))
    parent: Any = made
    for step in way:
        parent = parent[step]
    match chance.choice(("drop", "retype", "retype", "rename", "double", "nest")):
        case "drop":
            del parent[key]
        case "rename" if isinstance(parent, dict):
            parent[chance.choice((str(key).upper(), str(key).title(), f" {key}", ""))] = parent.pop(key)
        case "double" if isinstance(parent, dict):
            parent[str(key).title()] = copy.deepcopy(parent[key])
        case "nest":
            parent[key] = chance.choice(([parent[key]], {"value": parent[key]}, str(parent[key])))
        case _:
            parent[key] = copy.deepcopy(chance.choice(VALUES))


def _tokens(made: Event) -> set[Any]:
    """All that stands where an event may have the caller's token."""
    single = [value for name, value in (made.get("headers") or {}).items() if name.lower() == "authorization"]
    lists = [values for name, values in (made.get("multiValueHeaders") or {}).items() if name.lower() == "authorization"]
    return {*single, *(value for values in lists for value in values)}


def _call(shape: str, made: Event, base: Event) -> tuple[str, str] | None:
    """Method and path, if all that names them says the same. No mutation makes another ARN of one call."""
    if shape == "HTTP 2.0 simple":
        return made["requestContext"]["http"]["method"], made["rawPath"]
    name = "routeArn" if shape == "HTTP 2.0 IAM" else "methodArn"
    if made[name] != base[name]:
        return None
    if shape == "WebSocket":
        return "CONNECT", "$connect"
    method, _, path = made[name].split("/", 2)[2].partition("/")
    said = method, f"/{path}"
    if shape == "HTTP 2.0 IAM":
        said = made["requestContext"]["http"]["method"], made["rawPath"]
    elif shape != "REST TOKEN":
        said = made["httpMethod"], made["path"].removeprefix("/prod")
    return said if said == (method, f"/{path}") else None


def _may_be_allowed(shape: str, made: Event, base: Event, default: Default) -> bool:
    """Whether the untouched token stands in an event of the right shape, and the call is one that its bearer may make."""
    tokens = {made["authorizationToken"]} if shape == "REST TOKEN" else _tokens(made)
    if tokens != {GOOD["authorization"]} or made["type"] != base["type"]:
        return False
    if shape.startswith("HTTP 2.0") and (made["version"], made["requestContext"]["stage"]) != ("2.0", "$default"):
        return False
    call = _call(shape, made, base)
    if call in {("GET", "/orders"), ("GET", "/me"), ("CONNECT", "$connect")}:
        return True
    return default == "authenticated" and call is not None and call != ("POST", "/orders") and call[1] in UNNAMED


@pytest.mark.parametrize("default", ["deny", "authenticated"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a07_mutated_events_are_denied_unless_what_counts_is_as_it_was(shape: str, default: Default) -> None:
    chance = random.Random(shape)
    door = SHAPES[shape].door(default=default)
    bases = _bases(shape)
    counts = {200: 0, 401: 0, 403: 0}
    for number in range(MUTANTS // len(SHAPES) // 2):
        base = bases[number % len(bases)]
        mutant = copy.deepcopy(base)
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            if mutant:
                _mutate(mutant, chance)
        status, context = outcome(mutant, door)
        counts[status] += 1
        assert status != 200 or (context == CONTEXT and _may_be_allowed(shape, mutant, base, default)), mutant
    # Were all of them refused, this would prove nothing.
    assert counts[401] > 100
    assert counts[200] > 50


def test_a07_no_event_at_all() -> None:
    for build in (SHAPE.event for SHAPE in SHAPES.values()):
        good = build(GOOD)
        for made in (*VALUES, b"", object(), Exception("Allow"), [good], {"Records": [good]}, json.dumps(good)):
            assert outcome(made) == (401, {}), made


def _raise(error: BaseException) -> Callable[..., Any]:
    def fail(*_: object) -> Any:
        raise error

    return fail


FAILURES = [
    RuntimeError("Allow"),
    KeyError("isAuthorized"),
    OSError(28, "No space left on device"),
    TimeoutError("timed out"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    RecursionError("maximum recursion depth exceeded"),
    MemoryError(),
    AssertionError(),
    Exception("isAuthorized"),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("error", FAILURES, ids=repr)
def test_a07_a_failing_key_source_is_a_denial(shape: str, error: Exception) -> None:
    keys: Callable[[str], VerificationKey | None] = _raise(error)
    verifier = Verifier(issuer=forge.ISSUER, audience=forge.AUDIENCE, keys=keys, clock=lambda: forge.NOW)
    door = Authorizer(verifier, parse_rules(ROUTES), "authenticated", SHAPES[shape].v2_response)
    assert outcome(SHAPES[shape].event(GOOD), door) == (401, {})


PARTS = ["bearer_token", "decide", "read_request", "context", "_log", "Verifier.verify", "PolicyCompiler.policy"]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("error", FAILURES, ids=repr)
def test_a07_a_failure_anywhere_is_a_denial(shape: str, part: str, error: Exception) -> None:
    door = SHAPES[shape].door()
    with patch(f"gatepost_verifier.authorizer.{part}", _raise(error)):
        reached = part != "PolicyCompiler.policy" or shape != "HTTP 2.0 simple"
        assert outcome(SHAPES[shape].event(GOOD), door)[0] == (401 if reached else 200)
