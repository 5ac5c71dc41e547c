"""Lambda authorizers: who is asked, what is kept, who is refused."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from local.authorizers import Authorizers
from local.authorizers.answers import Answer
from local.events import Call
from local.model import Authorizer
from local.refusals import Reason, Refused
from tests.unit.local.stand_ins import Function, call, functions, http_authorizer, policy, raising, rest_authorizer


def _yes(event: dict[str, Any]) -> Any:
    return {"isAuthorized": event["headers"]["authorization"] != "no", "context": {"sub": event["headers"]["authorization"]}}


def _asking(function: Function, clock: Callable[[], float] = lambda: 0.0) -> Authorizers:
    return Authorizers(functions(Door=function), clock)


def _authorize(authorizers: Authorizers, authorizer: Authorizer, asked: Call) -> Answer | Reason:
    """Return the answer, or why there is none."""
    try:
        return authorizers.authorize(authorizer, asked)
    except Refused as refusal:
        return refusal.reason


def test_the_context_of_a_yes_is_handed_on() -> None:
    answer = _asking(Function(_yes)).authorize(http_authorizer(), call(authorization="ada"))
    assert (answer.v2_context, answer.v1_context) == ({"lambda": {"sub": "ada"}}, {"sub": "ada"})
    without = _asking(Function(lambda _: {"isAuthorized": True})).authorize(http_authorizer(), call(authorization="ada"))
    assert without.v2_context == {"lambda": None}


@pytest.mark.parametrize("headers", [{}, {"authorization": ""}, {"x-authorization": "ada"}])
@pytest.mark.parametrize("authorizer", [http_authorizer(), http_authorizer(payload="1.0", simple=False)])
def test_a_missing_identity_source_is_unauthorized_before_anybody_is_asked(
    headers: dict[str, str], authorizer: Authorizer
) -> None:
    function = Function(_yes)
    asked = call()
    asked = dataclasses.replace(asked, request=dataclasses.replace(asked.request, headers=tuple(headers.items())))
    assert _authorize(_asking(function), authorizer, asked) is Reason.UNAUTHORIZED
    assert function.events == []


def test_a_token_that_does_not_match_the_validation_expression_is_unauthorized_before_anybody_is_asked() -> None:
    function = Function(lambda _: policy("GET/orders/7"))
    authorizers, authorizer = _asking(function), rest_authorizer(validation="Bearer [a-z]+")
    for authorization in ("Bearer ADA", "Bearer ada!", "x Bearer ada", ""):
        asked = call(protocol="REST", authorization=authorization)
        assert _authorize(authorizers, authorizer, asked) is Reason.UNAUTHORIZED
    assert function.events == []
    assert isinstance(_authorize(authorizers, authorizer, call(protocol="REST", authorization="Bearer ada")), Answer)


def test_no_is_a_denial() -> None:
    assert _authorize(_asking(Function(_yes)), http_authorizer(), call(authorization="no")) is Reason.ACCESS_DENIED


def test_a_policy_denies_by_a_word_or_by_silence() -> None:
    asked = call(protocol="REST", authorization="ada")
    silent = Function(lambda _: policy("GET/orders"))
    assert _authorize(_asking(silent), rest_authorizer(), asked) is Reason.ACCESS_DENIED
    explicit = Function(lambda _: policy("GET/*", denied=("GET/orders/7",)))
    assert _authorize(_asking(explicit), rest_authorizer(), asked) is Reason.EXPLICITLY_DENIED


@pytest.mark.parametrize(
    ("say", "reason"),
    [
        (raising(Exception("Unauthorized")), Reason.UNAUTHORIZED),
        (raising(PermissionError("Unauthorized")), Reason.UNAUTHORIZED),
        (raising(Exception("unauthorized")), Reason.AUTHORIZER_FAILED),
        (raising(Exception("Unauthorized: expired")), Reason.AUTHORIZER_FAILED),
        (raising(RuntimeError("boom")), Reason.AUTHORIZER_FAILED),
        (lambda _: {"isAuthorized": "true"}, Reason.AUTHORIZER_FAILED),
        (lambda _: {"isAuthorized": None}, Reason.AUTHORIZER_FAILED),
        (lambda _: {"principalId": "ada", "policyDocument": {}}, Reason.AUTHORIZER_FAILED),
        (lambda _: None, Reason.AUTHORIZER_FAILED),
    ],
)
@pytest.mark.parametrize("authorizer", [http_authorizer(), http_authorizer(simple=False), rest_authorizer()])
def test_a_07_whatever_goes_wrong_lets_nobody_in(
    say: Callable[[dict[str, Any]], Any], reason: Reason, authorizer: Authorizer
) -> None:
    assert _authorize(_asking(Function(say)), authorizer, call(authorization="ada")) is reason


def test_a_method_arn_that_is_too_long_is_refused_before_anybody_is_asked() -> None:
    function = Function(lambda _: policy("*"))
    asked = call("/orders/" + "x" * 1600, protocol="REST", authorization="ada")
    assert _authorize(_asking(function), rest_authorizer(), asked) is Reason.URI_TOO_LONG
    assert function.events == []


def test_results_are_kept_by_identity_source_for_their_time() -> None:
    now = 0.0
    function = Function(_yes)
    authorizers = _asking(function, lambda: now)
    for _ in range(3):
        authorizers.authorize(http_authorizer(ttl=60), call("/a", authorization="ada"))
        # The route is no identity source here, so another one takes the same result.
        authorizers.authorize(http_authorizer(ttl=60), call("/b", method="DELETE", authorization="ada"))
    assert len(function.events) == 1
    authorizers.authorize(http_authorizer(ttl=60), call("/a", authorization="bob"))
    assert len(function.events) == 2
    now = 60.0
    authorizers.authorize(http_authorizer(ttl=60), call("/a", authorization="ada"))
    assert len(function.events) == 3


def test_a_denial_is_kept_too() -> None:
    function = Function(_yes)
    authorizers = _asking(function)
    for _ in range(3):
        assert _authorize(authorizers, http_authorizer(), call(authorization="no")) is Reason.ACCESS_DENIED
    assert len(function.events) == 1


@pytest.mark.parametrize("exc", [RuntimeError("boom"), Exception("Unauthorized")])
def test_a_failure_and_an_unauthorized_are_not_kept(exc: Exception) -> None:
    function = Function(raising(exc))
    authorizers = _asking(function)
    for _ in range(2):
        assert isinstance(_authorize(authorizers, http_authorizer(), call(authorization="ada")), Reason)
    assert len(function.events) == 2


@pytest.mark.parametrize(
    "authorizer",
    [
        http_authorizer(ttl=0),
        Authorizer("Door", "Door", (), 300),
        http_authorizer("request.header.Authorization", "context.path", "context.httpMethod"),
        http_authorizer("request.header.Authorization", "context.path", "context.routeKey", "context.identity.sourceIp"),
    ],
)
def test_a_03_nothing_is_shared_between_routes_that_the_identity_sources_tell_apart(authorizer: Authorizer) -> None:
    function = Function(_yes)
    authorizers = _asking(function)
    authorizers.authorize(authorizer, call("/a", authorization="ada"))
    authorizers.authorize(authorizer, call("/b", authorization="ada"))
    assert len(function.events) == 2


@pytest.mark.parametrize(
    ("source", "one", "other"),
    [
        ("request.header.X-Tenant", call(authorization="ada", x_tenant="a"), call(authorization="ada", x_tenant="b")),
        ("request.querystring.t", call("/?t=a", authorization="ada"), call("/?t=b", authorization="ada")),
        (
            "stageVariables.version",
            call(variables={"version": "1"}, authorization="ada"),
            call(variables={"version": "2"}, authorization="ada"),
        ),
    ],
)
def test_a_03_every_kind_of_identity_source_tells_results_apart(source: str, one: Call, other: Call) -> None:
    function = Function(_yes)
    authorizers = _asking(function)
    authorizer = http_authorizer("request.header.Authorization", source)
    for asked in (one, other, one, other):
        authorizers.authorize(authorizer, asked)
    assert len(function.events) == 2


def test_a_kept_policy_is_looked_at_anew_for_every_call() -> None:
    function = Function(lambda _: policy("GET/orders/*", denied=("GET/orders/secret",)))
    authorizers = _asking(function)
    refusals = {
        "/orders/7": None,
        "/orders/8": None,
        "/orders/secret": Reason.EXPLICITLY_DENIED,
        "/other": Reason.ACCESS_DENIED,
    }
    for path, expected in refusals.items():
        answer = _authorize(authorizers, rest_authorizer(), call(path, protocol="REST", authorization="ada"))
        assert (answer if isinstance(answer, Reason) else None) is expected
    assert len(function.events) == 1
