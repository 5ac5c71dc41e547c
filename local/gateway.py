"""An HTTP or REST API: takes a request through its route, its authorizer and its function, as API Gateway does."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from local import measuring
from local.authorizers import Authorizers
from local.events import Call, MalformedAnswer, Request, Response, to_response
from local.functions import Invocable
from local.model import Template
from local.payload_v1 import proxy_event as v1_event
from local.payload_v2 import proxy_event as v2_event
from local.refusals import Reason, Refused, gateway_response
from local.routing import select_method, select_route

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_HEADER_BYTES = 10_240  # the request line and the values of the headers

logger = logging.getLogger(__name__)

Page = Callable[[Request], Response]


class AnswersRequests(Protocol):
    """What a server of HTTP asks, above all a `Gateway`."""

    def handle(self, request: Request) -> Response:
        """Return the response to `request`. Never raises."""


class Gateway:
    """The API of a template. `pages` are paths that the local stack answers itself, before any route; one that ends with a
    slash stands for all below it.

    `clock` gives seconds that never go back; the results of authorizers are kept by it.
    """

    def __init__(
        self,
        template: Template,
        functions: Mapping[str, Invocable],
        pages: Mapping[str, Page],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = template.api
        self._routes = template.routes
        self._functions = functions
        self._pages = pages
        self._authorizers = Authorizers(functions, clock)

    def handle(self, request: Request) -> Response:
        """Return the response to `request`. Never raises: what goes wrong is printed and answered as the gateway would."""
        page = self._page(request.path)
        if page:
            return self._answer(request, page)
        started = measuring.seconds()
        response = self._answer(request, lambda asked: self._call(self._matched(asked)))
        if self._api.protocol == "HTTP":
            measuring.request(self._api, response, started)
        return response

    def _answer(self, request: Request, answering: Page) -> Response:
        try:
            _check_size(request)
            return answering(request)
        except Refused as refusal:
            reason = refusal.reason
        except measuring.Throttled as exc:
            logger.warning("%s %s: %s", request.method, request.path, exc)
            reason = Reason.THROTTLED
        except (Exception, SystemExit):  # whatever a function raises, the gateway answers
            logger.exception("%s %s failed", request.method, request.path)
            reason = Reason.INTEGRATION_FAILED
        return gateway_response(self._api.protocol, reason)

    def _page(self, path: str) -> Page | None:
        above = (page for prefix, page in self._pages.items() if prefix.endswith("/") and path.startswith(prefix))
        return self._pages.get(path) or next(above, None)

    def _matched(self, request: Request) -> Call:
        """Return the call that `request` is. Raises `Refused` if no route of the stage is for it."""
        rest = self._api.protocol == "REST"
        path = request.raw_path if rest else request.path
        if self._api.stage != "$default":
            prefix = f"/{self._api.stage}"
            if path != prefix and not path.startswith(f"{prefix}/"):
                raise Refused(Reason.NO_STAGE)
            path = path.removeprefix(prefix) or "/"
        selected = (select_method if rest else select_route)(self._routes, request.method, path)
        if selected is None:
            raise Refused(Reason.NO_ROUTE)
        route, variables = selected
        return Call(request, self._api, route, path, variables)

    def _call(self, call: Call) -> Response:
        route = call.route
        answer = self._authorizers.authorize(route.authorizer, call) if route.authorizer else None
        event = v1_event(call) if route.payload == "1.0" else v2_event(call)
        if answer:
            event["requestContext"]["authorizer"] = answer.v1_context if route.payload == "1.0" else answer.v2_context
        try:
            said = self._functions[route.function].invoke(event)
            return to_response(said, call.id, payload=route.payload, rest=self._api.protocol == "REST")
        except MalformedAnswer as exc:
            logger.error("%s answered %s with what the gateway can't send: %s", route.function, route.key, exc)
            raise Refused(Reason.INTEGRATION_FAILED) from exc


def _check_size(request: Request) -> None:
    request_line = f"{request.method} {request.target} HTTP/{request.http_version}"
    if len(request_line) + sum(len(value) for _, value in request.headers) > MAX_HEADER_BYTES:
        raise Refused(Reason.HEADERS_TOO_LARGE)
    if len(request.body) > MAX_BODY_BYTES:
        raise Refused(Reason.REQUEST_TOO_LARGE)
