"""A WebSocket API: who may connect, where a message goes, what comes back.

Left out: `@connections` (a function answers the one who wrote, by its route's response), binary messages, custom integrations,
the limits of time. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local.authorizers import Authorizers
from local.events import Call, MalformedAnswer, Request, Response, to_response
from local.functions import Invocable
from local.model import Route, Template
from local.refusals import Reason, Refused, gateway_response
from local.routing import select_message_route
from local.websocket_events import Connection, connected_event, disconnect_event, message_event, new_id

MAX_MESSAGE_BYTES = (
    128 * 1024
)  # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html

logger = logging.getLogger(__name__)


class WebSocketGateway:
    """The WebSocket API of a template. Nothing here raises: what goes wrong is printed and answered as the gateway would."""

    def __init__(self, template: Template, functions: Mapping[str, Invocable]) -> None:
        self._api = template.api
        self._routes = {route.key: route for route in template.routes}
        self._functions = functions
        self._authorizers = Authorizers(functions)

    def handle(self, request: Request) -> Response:
        """Answer a request that is no handshake."""
        logger.error("%s %s: this API speaks WebSocket alone", request.method, request.path)
        return gateway_response("WEBSOCKET", Reason.NO_STAGE)

    def connect(self, request: Request) -> tuple[Connection, Response] | Response:
        """Return the connection that the handshake `request` opens and what `$connect` said, or the refusal."""
        try:
            if request.raw_path.rstrip("/") != f"/{self._api.stage}":
                raise Refused(Reason.NO_STAGE)
            connection = Connection(self._api, request)
            route = self._routes.get("$connect")
            if route is None:
                return connection, Response(200)
            if route.authorizer:
                call = Call(request, self._api, route, "/", {})
                connection = replace(connection, authorizer=self._authorizers.authorize(route.authorizer, call).v1_context)
            answer = self._invoke(route, connected_event(connection))
            response = to_response(answer, new_id(), payload="1.0", rest=True)
            return (connection, response) if response.status < 300 else response
        except Refused as refusal:
            return gateway_response("WEBSOCKET", refusal.reason)
        except MalformedAnswer as exc:
            logger.error("$connect answered what the gateway can't send: %s", exc)
            return gateway_response("WEBSOCKET", Reason.INTEGRATION_FAILED)

    def receive(self, connection: Connection, message: str) -> str | None:
        """Return what goes back to the client for `message`, None if nothing does.

        The body of the function's answer does if the route has a response; and the gateway's own words do if there is no route
        or the function fails.
        """
        route = select_message_route(self._routes.values(), self._api.selection, message)
        try:
            if route is None:
                raise Refused(Reason.NO_ROUTE)
            answer = self._invoke(route, message_event(connection, route.key, message))
        except Refused as refusal:
            words = "Forbidden" if refusal.reason is Reason.NO_ROUTE else "Internal server error"
            return json.dumps({"message": words, "connectionId": connection.id, "requestId": new_id()})
        body = answer.get("body") if isinstance(answer, dict) else None
        return body if route.responds and isinstance(body, str) else None

    def disconnect(self, connection: Connection, status: int, reason: str) -> None:
        """Tell `$disconnect`, if there is such a route, that the connection is closed."""
        if route := self._routes.get("$disconnect"):
            try:
                self._invoke(route, disconnect_event(connection, status, reason))
            except Refused:
                logger.warning("Nobody is left to be told that $disconnect failed")

    def _invoke(self, route: Route, event: Mapping[str, Any]) -> Any:
        try:
            return self._functions[route.function].invoke(event)
        except (Exception, SystemExit) as exc:  # whatever a function raises, the gateway answers
            logger.exception("%s failed", route.key)
            raise Refused(Reason.INTEGRATION_FAILED) from exc
