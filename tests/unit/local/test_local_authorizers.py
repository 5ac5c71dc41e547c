"""Lambda authorizers: identity sources, kept results, refusals."""

from collections.abc import Callable
from typing import Any

import pytest

from local.authorizers import Authorizers, Refused
from local.events import Call, Request
from local.model import Authorizer


class _Function:
    """Answers from a table by the Authorization header, and counts."""

    def __init__(self, answer: Callable[[dict[str, Any]], Any]) -> None:
        self.events: list[dict[str, Any]] = []
        self._answer = answer

    def invoke(self, event: dict[str, Any]) -> Any:
        self.events.append(event)
        return self._answer(event)


def _yes(event: dict[str, Any]) -> Any:
    return {"isAuthorized": event["headers"]["authorization"] != "no", "context": {"sub": event["headers"]["authorization"]}}


def _authorizer(*sources: str, ttl: int = 300) -> Authorizer:
    return Authorizer("Door", "F", sources or ("$request.header.Authorization",), ttl)


def _call(target: str = "/orders/7", method: str = "GET", **headers: str) -> Call:
    return Call(Request(method, target, tuple(headers.items())), "GET /orders/{id}", {"id": "7"}, "api")


def _asking(function: _Function, clock: Callable[[], float] = lambda: 0.0) -> Authorizers:
    return Authorizers({"F": function}, clock)  # type: ignore[dict-item]


def test_the_context_of_a_yes_is_handed_on() -> None:
    assert _asking(_Function(_yes)).authorize(_authorizer(), _call(authorization="ada")) == {"sub": "ada"}
    assert _asking(_Function(lambda _: {"isAuthorized": True})).authorize(_authorizer(), _call(authorization="ada")) is None


def test_the_authorizer_sees_the_request_without_its_body() -> None:
    function = _Function(_yes)
    authorizer = _authorizer("$request.header.Authorization", "$context.httpMethod", "$request.querystring.q")
    _asking(function).authorize(authorizer, _call("/orders/7?q=x", authorization="ada"))
    (event,) = function.events
    assert (event["version"], event["type"], event["identitySource"]) == ("2.0", "REQUEST", ["ada", "GET", "x"])
    assert event["routeArn"] == "arn:aws:execute-api:eu-west-1:123456789012:api/$default/GET/orders/7"
    assert (event["routeKey"], event["pathParameters"]) == ("GET /orders/{id}", {"id": "7"})
    assert not {"body", "isBase64Encoded"} & event.keys()


@pytest.mark.parametrize("headers", [{}, {"authorization": ""}, {"x-authorization": "ada"}])
def test_a_missing_identity_source_is_a_401_before_anybody_is_asked(headers: dict[str, str]) -> None:
    function = _Function(_yes)
    with pytest.raises(Refused, match="Unauthorized") as refusal:
        _asking(function).authorize(_authorizer(), _call(**headers))
    assert refusal.value.status == 401
    assert function.events == []


def test_no_is_a_403() -> None:
    with pytest.raises(Refused, match="Forbidden") as refusal:
        _asking(_Function(_yes)).authorize(_authorizer(), _call(authorization="no"))
    assert refusal.value.status == 403


def _raise(exc: Exception) -> Callable[[dict[str, Any]], Any]:
    def answer(_: dict[str, Any]) -> Any:
        raise exc

    return answer


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (_raise(Exception("Unauthorized")), 401),
        (_raise(PermissionError("Unauthorized")), 401),
        (_raise(Exception("unauthorized")), 500),
        (_raise(Exception("Unauthorized: expired")), 500),
        (_raise(RuntimeError("boom")), 500),
        (lambda _: {"isAuthorized": "true"}, 500),
        (lambda _: {"isAuthorized": None}, 500),
        (lambda _: {"principalId": "ada", "policyDocument": {}}, 500),
        (lambda _: None, 500),
    ],
)
def test_a_07_whatever_goes_wrong_lets_nobody_in(answer: Callable[[dict[str, Any]], Any], status: int) -> None:
    with pytest.raises(Refused) as refusal:
        _asking(_Function(answer)).authorize(_authorizer(), _call(authorization="ada"))
    assert refusal.value.status == status


def test_results_are_kept_by_identity_source_for_their_time() -> None:
    now = 0.0
    function = _Function(_yes)
    authorizers = Authorizers({"F": function}, lambda: now)  # type: ignore[dict-item]
    for _ in range(3):
        authorizers.authorize(_authorizer(ttl=60), _call("/a", authorization="ada"))
        # The route is no identity source here, so another one takes the same result.
        authorizers.authorize(_authorizer(ttl=60), _call("/b", method="DELETE", authorization="ada"))
    assert len(function.events) == 1
    authorizers.authorize(_authorizer(ttl=60), _call("/a", authorization="bob"))
    assert len(function.events) == 2
    now = 60.0
    authorizers.authorize(_authorizer(ttl=60), _call("/a", authorization="ada"))
    assert len(function.events) == 3


def test_a_no_is_kept_too() -> None:
    function = _Function(_yes)
    authorizers = _asking(function)
    for _ in range(3):
        with pytest.raises(Refused):
            authorizers.authorize(_authorizer(), _call(authorization="no"))
    assert len(function.events) == 1


def test_a_failure_is_not_kept() -> None:
    function = _Function(_raise(RuntimeError("boom")))
    authorizers = _asking(function)
    for _ in range(2):
        with pytest.raises(Refused):
            authorizers.authorize(_authorizer(), _call(authorization="ada"))
    assert len(function.events) == 2


@pytest.mark.parametrize(
    "authorizer",
    [
        _authorizer(ttl=0),
        Authorizer("Door", "F", (), 300),
        _authorizer("$request.header.Authorization", "$context.path", "$context.httpMethod"),
        _authorizer("$request.header.Authorization", "$context.path", "$context.routeKey", "$context.identity.sourceIp"),
    ],
)
def test_nothing_is_shared_between_routes_that_the_identity_sources_tell_apart(authorizer: Authorizer) -> None:
    function = _Function(_yes)
    authorizers = _asking(function)
    authorizers.authorize(authorizer, _call("/a", authorization="ada"))
    authorizers.authorize(authorizer, _call("/b", authorization="ada"))
    assert len(function.events) == 2
