"""Lambda authorizers of HTTP APIs: payload format 2.0, simple responses, results kept by identity source.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from local.events import Call, request_event
from local.functions import LambdaFunction
from local.model import Authorizer
from local.resources import ACCOUNT, REGION

_KEPT_RESULTS = 10_000

logger = logging.getLogger(__name__)


class Refused(Exception):
    """The gateway answers `status` with `message` itself; the integration isn't called."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Authorizers:
    """Asks the authorizers of one API, and keeps their results as the gateway does."""

    def __init__(self, functions: Mapping[str, LambdaFunction], clock: Callable[[], float] = time.monotonic) -> None:
        self._functions = functions
        self._clock = clock
        self._results: dict[tuple[str, ...], tuple[float, Mapping[str, Any]]] = {}
        self._lock = threading.Lock()

    def authorize(self, authorizer: Authorizer, call: Call) -> Mapping[str, Any] | None:
        """Return the context that `authorizer` hands to the integration.

        Raises:
            Refused: 401 if an identity source is missing (nobody is asked then) or the authorizer raises ``Unauthorized``,
                403 if it says no, 500 if it fails in any other way or its answer isn't a simple response.
        """
        identity = [_identity(source, call) for source in authorizer.identity_sources]
        if not all(identity):
            raise Refused(401, "Unauthorized")
        result = self._kept((authorizer.name, *identity), authorizer, lambda: self._ask(authorizer, call, identity))
        if not result["isAuthorized"]:
            raise Refused(403, "Forbidden")
        context: Mapping[str, Any] | None = result.get("context")
        return context

    def _kept(self, key: tuple[str, ...], authorizer: Authorizer, ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Return the kept result of `key`, or that of `ask`. Without identity sources or with a TTL of 0 nothing is kept."""
        with self._lock:
            until, result = self._results.get(key, (0.0, {}))
        if self._clock() < until:
            return result
        result = ask()
        if authorizer.ttl and authorizer.identity_sources:
            with self._lock:
                if len(self._results) >= _KEPT_RESULTS:
                    self._results.clear()
                self._results[key] = (self._clock() + authorizer.ttl, result)
        return result

    def _ask(self, authorizer: Authorizer, call: Call, identity: list[str]) -> Mapping[str, Any]:
        request = call.request
        event = {
            **request_event(call),
            "type": "REQUEST",
            "routeArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{call.api_id}/$default/{request.method}{request.path}",
            "identitySource": identity,
        }
        try:
            result = self._functions[authorizer.function].invoke(event)
        except Exception as exc:  # whatever a function raises, the gateway answers
            if str(exc) == "Unauthorized":
                raise Refused(401, "Unauthorized") from exc
            logger.exception("The authorizer %s failed", authorizer.name)
            raise Refused(500, "Internal Server Error") from exc
        if not isinstance(result, dict) or not isinstance(result.get("isAuthorized"), bool):
            logger.error("The authorizer %s answered %r, which is no simple response", authorizer.name, result)
            raise Refused(500, "Internal Server Error")
        return result


def _identity(source: str, call: Call) -> str:
    """Return the value of an identity source, empty if it's missing."""
    request = call.request
    kind, _, name = source.rpartition(".")
    if kind == "$request.header":
        return request.header(name.lower())
    if kind == "$request.querystring":
        return str(request_event(call).get("queryStringParameters", {}).get(name, ""))
    return {
        "$context.httpMethod": request.method,
        "$context.path": request.path,
        "$context.routeKey": call.route_key,
        "$context.identity.sourceIp": request.source_ip,
    }[source]
