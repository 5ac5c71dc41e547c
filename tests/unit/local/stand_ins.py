"""Stand-ins for what surrounds an authorizer: functions that answer by a rule, calls to APIs of every kind, a gateway."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

from local.events import Call, Request
from local.functions import Invocable, LambdaFunction
from local.gateway import Gateway
from local.model import Api, Authorizer, Route, Template
from local.stack import Stack

Say = Callable[[dict[str, Any]], Any]
ACCOUNT_ARN = "arn:aws:execute-api:eu-west-1:123456789012"


class Function:
    """A function that answers by `say`; `events` are those it was called with."""

    def __init__(self, say: Say) -> None:
        self.events: list[dict[str, Any]] = []
        self._say = say

    def invoke(self, event: dict[str, Any]) -> Any:
        """Answer."""
        self.events.append(event)
        return self._say(event)


def functions(**by_name: Function) -> Mapping[str, Invocable]:
    """Return stand-ins as the gateway takes functions."""
    return cast("Mapping[str, Invocable]", by_name)


def module(stack: Stack, function: str) -> Any:
    """Return the module of the handler of `function`, which runs in this process."""
    loaded = stack.functions[function]
    assert isinstance(loaded, LambdaFunction)
    return loaded.module


def raising(exc: Exception) -> Say:
    """Say nothing, but raise."""

    def say(_: dict[str, Any]) -> Any:
        raise exc

    return say


def policy(*allowed: str, denied: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """Return an IAM answer that allows and denies these resources of the API ``api`` at ``live``, such as ``GET/orders``."""
    effects = [("Allow", allowed), ("Deny", denied)]
    statements = [
        {"Effect": effect, "Action": "execute-api:Invoke", "Resource": [f"{ACCOUNT_ARN}:api/live/{each}" for each in resources]}
        for effect, resources in effects
        if resources
    ]
    return {"principalId": "ada", "policyDocument": {"Version": "2012-10-17", "Statement": statements}, **more}


def http_authorizer(*sources: str, ttl: int = 300, payload: Literal["1.0", "2.0"] = "2.0", simple: bool = True) -> Authorizer:
    """Return an authorizer of an HTTP API."""
    return Authorizer("Door", "Door", sources or ("request.header.Authorization",), ttl, payload, simple)


def rest_authorizer(
    *sources: str, ttl: int = 300, payload: Literal["TOKEN", "REQUEST"] = "TOKEN", validation: str = ""
) -> Authorizer:
    """Return an authorizer of a REST API."""
    return Authorizer("Door", "Door", sources or ("request.header.Authorization",), ttl, payload, False, validation)


def call(
    target: str = "/orders/7",
    method: str = "GET",
    *,
    protocol: Literal["HTTP", "REST", "WEBSOCKET"] = "HTTP",
    variables: Mapping[str, str] | None = None,
    **headers: str,
) -> Call:
    """Return a call to the API ``api``; REST and WebSocket APIs have the stage ``live``."""
    request = Request(method, target, tuple((name.replace("_", "-"), value) for name, value in headers.items()))
    stage = "$default" if protocol == "HTTP" else "live"
    route = Route("", "$connect", "Api") if protocol == "WEBSOCKET" else Route(method, "/orders/{id}", "Api", payload="1.0")
    path = request.path if protocol == "HTTP" else request.raw_path
    return Call(request, Api("api", protocol, stage, variables or {}), route, path, {"id": "7"})


def gateway(api: Api, routes: tuple[Route, ...], clock: Callable[[], float] = lambda: 0.0, **by_name: Function) -> Gateway:
    """Return a gateway of `api` with these routes before stand-ins."""
    template = Template("stack", "id", api, {}, (), {}, {}, {}, routes, ())
    return Gateway(template, functions(**by_name), {}, clock)
