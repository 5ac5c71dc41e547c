"""A-07: whatever arrives, the answer is a denial unless what the decision reads is untouched."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from gatepost_verifier import VerificationKey, Verifier
from gatepost_verifier.authorizer import Authorizer
from gatepost_verifier.decision import Default
from gatepost_verifier.route_rules import parse_rules
from tests.unit.authorizer.support import EVENT, ROUTES, authorizer, bearer, event, outcome
from tests.unit.verifier import forge

ROOT = Path(__file__).parents[3]
AWS_SAMPLE = ROOT.parent / "shared" / "security" / "apigw_events" / "apiGatewayAuthorizerV2Event.json"
SAMPLES = [json.loads(AWS_SAMPLE.read_text("utf-8"))] if AWS_SAMPLE.exists() else []

GOOD = bearer()
CONTEXT = outcome(event(headers=GOOD))[1]
# Allowed, refused, without a rule, without a token.
BASES = [event(headers=GOOD), event("POST", headers=GOOD), event(path="/nowhere", headers=GOOD), EVENT, *SAMPLES]
MUTANTS = 10_000
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
            parent[key] = chance.choice(VALUES)


def _may_be_allowed(made: dict[str, Any], default: Default) -> bool:
    """Whether the untouched token stands in an event of the right shape, and the call is one that its bearer may make."""
    context = made["requestContext"]
    tokens = [value for name, value in made["headers"].items() if name.lower() == "authorization"]
    if (made["version"], made["type"], context["stage"], tokens) != ("2.0", "REQUEST", "$default", [GOOD["authorization"]]):
        return False
    method, path = context["http"]["method"], made["rawPath"]
    if default == "deny":
        return (method, path) in {("GET", "/orders"), ("GET", "/me")}
    return path in ("/orders", "/me", "/nowhere", "/", "/orders/") and (method, path) != ("POST", "/orders")


@pytest.mark.parametrize("default", ["deny", "authenticated"])
@pytest.mark.parametrize("base", range(len(BASES)))
def test_a07_mutated_events_are_denied_unless_what_counts_is_as_it_was(base: int, default: Default) -> None:
    chance = random.Random(base)
    door = authorizer(default=default)
    counts = {200: 0, 401: 0, 403: 0}
    for _ in range(MUTANTS // len(BASES)):
        mutant = copy.deepcopy(BASES[base])
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            if mutant:
                _mutate(mutant, chance)
        status, context = outcome(mutant, door)
        counts[status] += 1
        assert status != 200 or (context == CONTEXT and _may_be_allowed(mutant, default)), mutant
    # Were all of them refused, this would prove nothing.
    assert counts[401] > 100
    assert (counts[200] > 100) == (outcome(BASES[base], door)[0] == 200)


def test_a07_no_event_at_all() -> None:
    good = event(headers=GOOD)
    for made in (*VALUES, b"", object(), Exception("Allow"), [good], {"Records": [good]}, json.dumps(good)):
        assert outcome(made) == (401, {}), made


@pytest.mark.parametrize(
    "shape",
    [
        {"version": "1.0"},
        {"version": 2.0},
        {"version": None},
        {"type": "TOKEN"},
        {"type": None},
        {"headers": None},
        {"headers": []},
        {"rawPath": None},
        {"requestContext": None},
        {"requestContext": {"http": {"method": "GET"}}},
        {"requestContext": {"stage": "$default"}},
    ],
)
def test_a07_other_shapes_are_no_simple_responses_business(shape: dict[str, Any]) -> None:
    assert outcome({**event(path="/status", headers=bearer()), **shape}) == (401, {})


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


@pytest.mark.parametrize("error", FAILURES, ids=repr)
def test_a07_a_failing_key_source_is_a_denial(error: Exception) -> None:
    keys: Callable[[str], VerificationKey | None] = _raise(error)
    verifier = Verifier(issuer=forge.ISSUER, audience=forge.AUDIENCE, keys=keys, clock=lambda: forge.NOW)
    assert outcome(event(headers=bearer()), Authorizer(verifier, parse_rules(ROUTES), "authenticated")) == (401, {})


@pytest.mark.parametrize("part", ["bearer_token", "decide", "http_api_v2_request", "context", "_log", "Verifier.verify"])
@pytest.mark.parametrize("error", FAILURES, ids=repr)
def test_a07_a_failure_anywhere_is_a_denial(part: str, error: Exception) -> None:
    with patch(f"gatepost_verifier.authorizer.{part}", _raise(error)):
        assert outcome(event(headers=bearer())) == (401, {})
