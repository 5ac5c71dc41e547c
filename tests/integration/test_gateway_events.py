"""Requests as the gateway hands them over: what a client put into headers is no fact, and no event crashes the handler."""

import asyncio
import copy
import gc
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.stack import Stack
from tests.integration.account_events import event, invoke, on_route, shared_events
from tests.support import ISSUER, PASSWORD, Api, new_email, problem

IDENTITIES = ["{id}", "admin", "*", ""]
LOOK_ALIKES = [
    "X-User-Id",
    "X_User_Id",
    "X-User",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Auth-User",
    "X-Auth-Request-Email",
    "X-Auth-Roles",
    "X-Authenticated-Userid",
    "X-Remote-User",
    "Remote-User",
    "X-Amzn-Oidc-Identity",
    "X-Amz-Security-Token",
    "X-Apigateway-Authorizer",
    "Requestcontext",
    "X-Original-Authorization",
    "Proxy-Authorization",
    "Sub",
    "Roles",
]
HOSTS = [
    *("api/health?", "evil.com", "a:b:c", "[::1]:443", "", "[::1", "x:abc", "x:-1", "x:99999999", ":", "::", " ", "\x00", "é"),
    *("evil.com/v1/me", "evil.com#", "user@evil.com:80", "localhost:3000", "a" * 5000, "evil.com\r\nx: y", "//evil.com"),
]
ADDRESSINGS: list[dict[str, str]] = [
    *({"host": host} for host in HOSTS),
    *({"x-forwarded-port": port} for port in ("x", "", "-1", "443, 80", "1e3", "٣", "9" * 5000)),
    *({"x-forwarded-proto": scheme} for scheme in ("javascript", "", "http", "https, http", "ftp://evil.com/", "\x00")),
    {"x-forwarded-host": "evil.com", "forwarded": "host=evil.com;proto=javascript;for=x", "x-forwarded-prefix": "/evil"},
    {
        "x-original-url": "/health",
        "x-rewrite-url": "/health",
        "x-http-method-override": "DELETE",
        "x-original-host": "evil.com",
    },
]


@pytest.fixture(scope="module")
def user(stack: Stack) -> dict[str, Any]:
    """The sign-in of some user."""
    return Api(stack).sign_up()


@pytest.fixture(scope="module")
def other_user(stack: Stack) -> dict[str, Any]:
    """The sign-in of another user."""
    return Api(stack).sign_up()


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a05_no_header_says_who_calls(stack: Stack, user: dict[str, Any], other_user: dict[str, Any], name: str) -> None:
    """CVE-2025-64484, CVE-2026-30851, CVE-2026-33495."""
    for spelling in {name, name.lower(), name.replace("-", "_")}:
        for identity in IDENTITIES:
            claimed = {spelling: identity.replace("{id}", other_user["user"]["id"])}
            assert problem(invoke(stack, event(headers=claimed))) == (401, "invalid_access_token")
            answer = invoke(stack, event(headers=claimed, token=user["access_token"]))
            assert (answer.status, answer.json()) == (200, user["user"])


def test_a05_the_gateways_own_words_for_an_authorizer_are_not_taken_either(stack: Stack, user: dict[str, Any]) -> None:
    """This API has no authorizer: an event that carries one's context came some other way."""
    for authorizer in (
        {"lambda": {"sub": user["user"]["id"], "sid": user["session_id"], "roles": "admin"}},
        {"jwt": {"claims": {"sub": user["user"]["id"], "sid": user["session_id"]}, "scopes": ["admin"]}},
        {"iam": {"userId": user["user"]["id"]}, "principalId": user["user"]["id"]},
    ):
        claimed = event()
        claimed["requestContext"] |= {"authorizer": authorizer, "identity": {"user": user["user"]["id"]}}
        claimed["stageVariables"] = {"sub": user["user"]["id"]}
        claimed["pathParameters"] = {"sub": user["user"]["id"]}
        assert problem(invoke(stack, claimed)) == (401, "invalid_access_token")


@pytest.mark.parametrize("headers", ADDRESSINGS, ids=lambda headers: str(headers)[:60])
def test_a09_no_addressing_header_crashes_or_changes_what_is_decided(
    stack: Stack, user: dict[str, Any], headers: dict[str, str]
) -> None:
    """CVE-2026-48710, CASES F4: Mangum makes a URL of these headers and fails on some."""
    spelt = [headers, {name.title(): value for name, value in headers.items()}]
    for sent in spelt:
        assert problem(invoke(stack, event(headers=sent))) == (401, "invalid_access_token")
        answer = invoke(stack, event(headers=sent, token=user["access_token"]))
        assert (answer.status, answer.json()) == (200, user["user"])
        assert problem(invoke(stack, event("POST", "/v1/auth/login", {}, headers=sent))) == (422, "invalid_request")
        assert problem(invoke(stack, event(path="/v1/unknown", headers=sent))) == (404, "not_found")
        assert invoke(stack, event(path="/health", headers=sent)).json() == {"status": "ok"}


def test_a09_an_event_without_any_header_is_answered(stack: Stack) -> None:
    bare = event()
    del bare["headers"]
    for sent in (bare, bare | {"headers": {}}, bare | {"headers": None}):
        assert problem(invoke(stack, sent)) == (401, "invalid_access_token")


@pytest.mark.parametrize("headers", ADDRESSINGS, ids=lambda headers: str(headers)[:60])
def test_a09_the_mailed_link_has_the_configured_origin_alone(stack: Stack, headers: dict[str, str]) -> None:
    """Also I-11."""
    email = new_email()
    body = {"email": email, "password": PASSWORD}
    assert invoke(stack, event("POST", "/v1/auth/register", body, headers=headers)).status == 202
    (mail,) = stack.mails(email)
    assert all(link.startswith(f"{ISSUER}/") for link in mail.links)
    assert "evil" not in mail.text + mail.html


# ------------------------------------------------------------------------------------------------ events gone wrong

WRONG: list[Any] = [
    *(None, True, False, 0, -1, 1, 1.5, 10**30, [], {}, [1], [None], {"a": 1}, [[]], {"": ""}),
    *(
        "",
        " ",
        "x",
        "2.0",
        "/",
        "//",
        "/v1/me",
        "GET",
        "é☃",
        "\x00",
        "\ud800",
        "a\r\nx: y",
        "%",
        "%ff",
        "=",
        "9" * 5000,
        "[" * 5000,
    ),
]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    members: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield (*path, name)
        yield from _places(member, (*path, name))


def _mutate(whole: dict[str, Any], chance: random.Random) -> str:
    """Drop, retype, rename or double one member of `whole`, anywhere; return what was done."""
    place = chance.choice(list(_places(whole)))
    owner: Any = whole
    for step in place[:-1]:
        owner = owner[step]
    name = place[-1]
    done = chance.choice(("drop", "retype", "retype", "retype", "rename", "wrap"))
    if done == "drop" or (done == "rename" and isinstance(owner, list)):
        del owner[name]
    elif done == "rename":
        owner[chance.choice((name.upper(), f"{name}x", "", "\ud800", "é", "a\r\nb"))] = owner.pop(name)
    elif done == "wrap":
        owner[name] = chance.choice(([owner[name]], {"x": owner[name]}, str(owner[name]) * 2, json.dumps(owner[name])))
    else:
        owner[name] = chance.choice(WRONG)
    return f"{done} {place}: {owner.get(name) if isinstance(owner, dict) else owner!r}"[:300]


def _bases(stack: Stack) -> list[dict[str, Any]]:
    """Events of every kind that this function gets, each cheap to answer."""
    token = Api(stack).sign_up()["access_token"]
    by_hand = [
        event(token=token),
        event("PATCH", "/v1/me", {"name": "Ada"}, token=token),
        event("POST", "/v1/auth/refresh", {"refresh_token": "x" * 108}),
        event("POST", "/v1/auth/logout", {"refresh_token": "x"}),
        {**event("POST", "/v1/auth/resend-verification"), "body": "eyJlbWFpbCI6IDF9", "isBase64Encoded": True},
        {**event(path="/health"), "cookies": ["a=b", "c=d"], "rawQueryString": "a=b", "queryStringParameters": {"a": "b"}},
        event("OPTIONS", headers={"origin": "https://app.example.com", "access-control-request-method": "GET"}),
    ]
    examples = list(shared_events().values())
    return by_hand + examples + [on_route(example, "GET", "/v1/me") for example in examples]


@pytest.mark.parametrize("seed", range(8))
def test_a09_a12_an_event_with_anything_dropped_or_retyped_is_answered_without_a_failure(stack: Stack, seed: int) -> None:
    """500 a seed. `invoke` lets through what the handler raises, and holds the answer against what the gateway can send."""
    chance = random.Random(seed)
    bases = _bases(stack)
    for _ in range(500):
        mutated = copy.deepcopy(chance.choice(bases))
        done = [_mutate(mutated, chance) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
        try:
            answer = invoke(stack, mutated)
        except Exception as exc:
            exc.add_note("; ".join(done))
            raise
        assert 200 <= answer.status < 500, done
        assert answer.header("x-request-id") is not None, done
        assert answer.header("x-content-type-options") == "nosniff", done


@pytest.mark.parametrize("wrong", [*WRONG, *({"requestContext": value} for value in WRONG)], ids=lambda value: repr(value)[:30])
def test_a09_what_is_no_event_at_all_is_refused(stack: Stack, wrong: Any) -> None:
    answer = invoke(stack, wrong)
    assert (answer.status, answer.json()["code"]) == (400, "malformed_request")


@pytest.mark.parametrize(
    "name", ["version", "headers", "requestContext", "rawQueryString", "cookies", "body", "isBase64Encoded"]
)
@pytest.mark.parametrize("value", [None, 0, False, "", [], {}], ids=repr)
def test_a09_a_member_that_is_there_but_empty_is_answered(stack: Stack, name: str, value: Any) -> None:
    """An SDK or a proxy that rebuilds the event may write null for what isn't there."""
    for base in (event(), event("POST", "/v1/auth/logout", {"refresh_token": "x"})):
        assert 200 <= invoke(stack, {**base, name: value}).status < 500


def test_a_thread_whose_current_event_loop_was_taken_away_still_answers(stack: Stack) -> None:
    """As an `asyncio.run` in it does; and a loop that nobody closes would make this run fail, as a warning."""
    for _ in range(2):
        asyncio.run(asyncio.sleep(0))
        assert invoke(stack, event(path="/health")).status == 200
    gc.collect()


def _calls(stack: Stack, request_id: str) -> list[Callable[[], Any]]:
    bad = {**event(request_id=request_id), "version": "1.0"}
    return [lambda: invoke(stack, event(request_id=request_id)), lambda: invoke(stack, bad)]


@pytest.mark.parametrize("request_id", ["", "é", "☃", "a\r\nx: y", "\x00", " ", "x" * 10_000, '"<script>"'])
def test_a09_an_odd_request_id_crashes_nothing(stack: Stack, request_id: str) -> None:
    for call in _calls(stack, request_id):
        assert call().status in (400, 401)
