"""What the gateway's cache makes of an authorizer's answer: the attacks A-01, A-03, A-04 and A-05 at the gateway.

Each rule is shown by an authorizer that is right for the cache, and by a naive one that the gateway, as the real one does,
turns into a hole or a false denial.
https://www.tenchisecurity.com/en/insights-news/blog/the-fault-in-our-stars
"""

from typing import Any

import pytest

from local.events import Request
from local.gateway import Gateway
from local.model import Api, Authorizer, Route
from tests.unit.local.stand_ins import ACCOUNT_ARN, Function, Say, gateway, http_authorizer, policy, rest_authorizer

# What the caller may do: read /a and /c, and users but not their administration.
RIGHT = policy("GET/a", "GET/c", "GET/users/*", denied=("GET/users/*/admin",))
PATHS = ("/a", "/b", "/c", "/users/{id}", "/users/{id}/{what}")


def _whole_api(_: dict[str, Any]) -> Any:
    """Answer for the whole API, whatever was asked."""
    return RIGHT


def _asked_alone(event: dict[str, Any]) -> Any:
    """Answer, naively, for what was asked alone."""
    asked = event["methodArn"].removeprefix(f"{ACCOUNT_ARN}:api/live/")
    may = asked in ("GET/a", "GET/c")
    return policy(asked) if may else policy("nothing", denied=(asked,))


def _whole_stage(event: dict[str, Any]) -> Any:
    """Answer, naively, that whoever may do this may do anything."""
    return policy("*") if event["methodArn"].endswith("GET/a") else policy("nothing")


def _rest(door: Function, authorizer: Authorizer | None = None, clock: Any = lambda: 0.0) -> Gateway:
    authorizer = authorizer or rest_authorizer(ttl=60)
    routes = tuple(Route(method, path, "Api", authorizer, "1.0") for path in PATHS for method in ("GET", "DELETE"))
    api = Function(lambda _: {"statusCode": 200})
    return gateway(Api("api", "REST", "live"), routes, clock, Api=api, Door=door)


def _statuses(rest: Gateway, *request_lines: str, **headers: str) -> list[int]:
    sent = (("authorization", "Bearer ada"), *headers.items())
    lines = (line.split() for line in request_lines)
    return [rest.handle(Request(method, f"/live{path}", sent)).status for method, path in lines]


SEQUENCE = ("GET /a", "DELETE /a", "GET /b", "GET /c", "GET /users/7", "GET /users/7/admin", "GET /users/7/orders")


@pytest.mark.parametrize("first", range(len(SEQUENCE)))
def test_a_01_a_policy_for_the_whole_api_is_right_for_every_later_route(first: int) -> None:
    door = Function(_whole_api)
    order = SEQUENCE[first:] + SEQUENCE[:first]
    expected = dict(zip(SEQUENCE, (200, 403, 403, 200, 200, 403, 200), strict=True))
    assert _statuses(_rest(door), *order) == [expected[line] for line in order]
    assert len(door.events) == 1


def test_a_01_a_policy_for_one_route_denies_all_others_while_it_is_kept() -> None:
    now = 0.0
    rest = _rest(Function(_asked_alone), clock=lambda: now)
    assert _statuses(rest, "GET /a", "GET /c", "GET /b") == [200, 403, 403]
    now = 60.0
    assert _statuses(rest, "GET /c", "GET /a") == [200, 403]


def test_a_01_a_policy_for_too_much_allows_what_its_authorizer_would_deny() -> None:
    assert _statuses(_rest(Function(_whole_stage)), "GET /a", "DELETE /a", "GET /users/7/admin") == [200, 200, 200]
    assert _statuses(_rest(Function(_whole_stage)), "DELETE /a", "GET /a") == [403, 403]


def test_a_01_without_a_cache_each_answer_is_for_its_own_route() -> None:
    door = Function(_asked_alone)
    assert _statuses(_rest(door, rest_authorizer(ttl=0)), "GET /a", "GET /c", "GET /b", "GET /a") == [200, 200, 403, 200]
    assert len(door.events) == 4


@pytest.mark.parametrize(
    ("say", "expected"), [(_whole_api, [200, 403, 200]), (lambda _: policy("GET/users/*"), [200, 200, 200])]
)
def test_a_01_a_wildcard_alone_allows_the_deeper_path_that_a_deny_takes_out(say: Say, expected: list[int]) -> None:
    assert _statuses(_rest(Function(say)), "GET /users/7", "GET /users/7/admin", "GET /users/7/orders") == expected


def _simple(authorizer: Authorizer, door: Function) -> Gateway:
    routes = (Route("GET", "/a", "Api", authorizer), Route("DELETE", "/a", "Api", authorizer))
    return gateway(Api("api", "HTTP"), routes, Api=Function(lambda _: {"statusCode": 200}), Door=door)


def test_a_03_a_yes_is_another_routes_too_unless_the_identity_sources_tell_them_apart() -> None:
    def say(event: dict[str, Any]) -> Any:
        return {"isAuthorized": event["requestContext"]["http"]["method"] == "GET"}

    def statuses(authorizer: Authorizer) -> list[int]:
        http, sent = _simple(authorizer, Function(say)), (("authorization", "Bearer ada"),)
        return [http.handle(Request(method, "/a", sent)).status for method in ("GET", "DELETE")]

    assert statuses(http_authorizer()) == [200, 200]
    apart = http_authorizer("request.header.Authorization", "context.httpMethod", "context.path")
    assert statuses(apart) == [200, 403]
    assert statuses(http_authorizer(ttl=0)) == [200, 403]


@pytest.mark.parametrize("header", ["host", "cookie", "x-tenant", "user-agent", "x-forwarded-user"])
def test_a_03_what_is_no_identity_source_can_not_change_a_kept_answer(header: str) -> None:
    """So an authorizer must not decide by it: the first to come would decide for all."""
    door = Function(lambda event: policy("GET/a") if event["headers"].get(header) == "good" else policy("nothing"))
    rest = _rest(door, rest_authorizer(payload="REQUEST"))
    assert _statuses(rest, "GET /a", **{header: "good"}) == [200]
    assert _statuses(rest, "GET /a", **{header: "bad"}) == [200]


DEEPER = policy("GET/users/*", denied=("GET/users/*/admin", "GET/users/*/admin/*"))


def test_a_04_a_trailing_slash_leads_to_the_same_resource_past_a_deny_that_does_not_reach_it() -> None:
    assert _statuses(_rest(Function(_whole_api)), "GET /users/7/admin", "GET /users/7/admin/") == [403, 200]
    assert _statuses(_rest(Function(lambda _: DEEPER)), "GET /users/7/admin", "GET /users/7/admin/") == [403, 403]


@pytest.mark.parametrize("path", ["/a//", "//a", "/A", "/./a", "/a;x", "/a%00", "/%61", "/users//admin", "/y/..%2fa"])
def test_a_04_other_spellings_of_a_path_are_no_resource(path: str) -> None:
    door = Function(lambda _: policy("*"))
    assert _statuses(_rest(door), f"GET {path}") == [403]
    assert door.events == []


@pytest.mark.parametrize("value", ["%61dmin", "admin%2f", "admin;x", "ADMIN"])
def test_a_04_a_variable_is_matched_as_it_was_sent_and_handed_on_decoded(value: str) -> None:
    """So a Deny for one value of a variable can be spelled around: an API must not tell values apart by a policy alone."""
    assert _statuses(_rest(Function(lambda _: DEEPER)), f"GET /users/7/{value}") == [200]


LIES = {"x-user-id": "root", "x_user_id": "root", "x-forwarded-user": "root", "x-auth-sub": "root", "x-amzn-authorizer": "root"}


def test_a_05_no_header_gets_into_the_authorizers_context() -> None:
    door = Function(lambda _: policy("*", context={"sub": "ada"}))
    api = Function(lambda _: {"statusCode": 200})
    route = Route("GET", "/a", "Api", rest_authorizer(), "1.0")
    rest = gateway(Api("api", "REST", "live"), (route,), Api=api, Door=door)
    assert _statuses(rest, "GET /a?sub=root&requestContext.authorizer.sub=root", **LIES) == [200]
    assert api.events[0]["requestContext"]["authorizer"] == {"sub": "ada", "principalId": "ada"}


def test_a_05_without_an_authorizer_there_is_no_context_whatever_was_sent() -> None:
    api = Function(lambda _: {"statusCode": 200})
    rest = gateway(Api("api", "REST", "live"), (Route("GET", "/a", "Api", None, "1.0"),), Api=api)
    assert _statuses(rest, "GET /a", **LIES) == [200]
    assert "authorizer" not in api.events[0]["requestContext"]
