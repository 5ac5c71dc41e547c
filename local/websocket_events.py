"""What a WebSocket API sends to Lambda: when a client connects, for each of its messages, and when it's gone.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
"""

import base64
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.events import Call, Request, request_time
from local.model import Api
from local.payload_v1 import all_query_parameters, header_members, identity


def new_id() -> str:
    """Return an id as the gateway gives connections, requests and messages."""
    return base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()


@dataclass(frozen=True)
class Connection:
    """A client's connection. `authorizer` is what the authorizer said at its beginning, handed on with every event."""

    api: Api
    request: Request
    authorizer: Mapping[str, Any] | None = None
    id: str = field(default_factory=new_id)
    connected_at: float = field(default_factory=time.time)


def connect_event(call: Call) -> dict[str, Any]:
    """Return the event of `$connect` as the authorizer gets it."""
    return _connect_event(call.request, _request_context(Connection(call.api, call.request), "$connect", "CONNECT"))


def connected_event(connection: Connection) -> dict[str, Any]:
    """Return the event of `$connect` as its integration gets it."""
    context = _request_context(connection, "$connect", "CONNECT")
    return {**_connect_event(connection.request, context), "isBase64Encoded": False}


def message_event(connection: Connection, route_key: str, body: str) -> dict[str, Any]:
    """Return the event of a message for the route `route_key`."""
    context = _request_context(connection, route_key, "MESSAGE") | {"messageId": new_id()}
    return {"requestContext": context, "body": body, "isBase64Encoded": False}


def disconnect_event(connection: Connection, status: int, reason: str) -> dict[str, Any]:
    """Return the event of `$disconnect`: the client or the server has closed the connection."""
    context = _request_context(connection, "$disconnect", "DISCONNECT")
    context |= {"disconnectStatusCode": status, "disconnectReason": reason}
    return {**header_members(connection.request), "requestContext": context, "isBase64Encoded": False}


def _connect_event(request: Request, context: dict[str, Any]) -> dict[str, Any]:
    query = all_query_parameters(request)
    return {
        **header_members(request),
        **({"queryStringParameters": {name: values[-1] for name, values in query.items()}} if query else {}),
        **({"multiValueQueryStringParameters": dict(query)} if query else {}),
        "requestContext": context,
    }


def _request_context(connection: Connection, route_key: str, event_type: str) -> dict[str, Any]:
    now, request_id = time.time(), new_id()
    return {
        "routeKey": route_key,
        "eventType": event_type,
        "extendedRequestId": request_id,
        "requestTime": request_time(now),
        "messageDirection": "IN",
        "stage": connection.api.stage,
        "connectedAt": int(connection.connected_at * 1000),
        "requestTimeEpoch": int(now * 1000),
        "identity": identity(connection.request),
        "requestId": request_id,
        "domainName": connection.request.host,
        "connectionId": connection.id,
        "apiId": connection.api.id,
        **({"authorizer": dict(connection.authorizer)} if connection.authorizer is not None else {}),
    }
