"""What API Gateway answers itself, without a function: each kind of API in words of its own.

Reasons and statuses: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
Denials: https://repost.aws/knowledge-center/api-gateway-403-error-lambda-authorizer
Bodies, as observed: https://dev.to/marcogrcr/api-gateway-lambda-authorizer-lambda-proxy-integration-failure-modes-52bc
"""

from enum import Enum, auto
from typing import Literal

from local.events import Response


class Reason(Enum):
    """Why the gateway answers itself."""

    NO_STAGE = auto()
    NO_ROUTE = auto()
    UNAUTHORIZED = auto()
    ACCESS_DENIED = auto()
    EXPLICITLY_DENIED = auto()
    AUTHORIZER_FAILED = auto()
    INTEGRATION_FAILED = auto()
    THROTTLED = auto()
    REQUEST_TOO_LARGE = auto()
    HEADERS_TOO_LARGE = auto()
    URI_TOO_LONG = auto()


class Refused(Exception):
    """The gateway answers for `reason`; the integration isn't called."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason


_INTERNAL = (500, '{"message":"Internal Server Error"}')
_HTTP = {
    Reason.NO_STAGE: (404, '{"message":"Not Found"}'),
    Reason.NO_ROUTE: (404, '{"message":"Not Found"}'),
    Reason.UNAUTHORIZED: (401, '{"message":"Unauthorized"}'),
    Reason.ACCESS_DENIED: (403, '{"message":"Forbidden"}'),
    Reason.EXPLICITLY_DENIED: (403, '{"message":"Forbidden"}'),
    Reason.AUTHORIZER_FAILED: _INTERNAL,
    Reason.INTEGRATION_FAILED: _INTERNAL,
    Reason.THROTTLED: (503, '{"message":"Service Unavailable"}'),
    Reason.REQUEST_TOO_LARGE: (413, '{"message":"Request Entity Too Large"}'),
    Reason.HEADERS_TOO_LARGE: (431, '{"message":"Request Header Fields Too Large"}'),
    Reason.URI_TOO_LONG: (414, '{"message":"Request URI too long"}'),
}
_NOT_AUTHORIZED = "User is not authorized to access this resource"
_REST = _HTTP | {
    Reason.NO_STAGE: (403, '{"message":"Forbidden"}'),
    # Also for a method that a path doesn't have.
    Reason.NO_ROUTE: (403, '{"message":"Missing Authentication Token"}'),
    Reason.ACCESS_DENIED: (403, f'{{"Message":"{_NOT_AUTHORIZED}"}}'),
    Reason.EXPLICITLY_DENIED: (403, f'{{"Message":"{_NOT_AUTHORIZED} with an explicit deny"}}'),
    Reason.AUTHORIZER_FAILED: (500, '{"message":null}'),
    Reason.INTEGRATION_FAILED: (502, '{"message": "Internal server error"}'),
    Reason.THROTTLED: (500, '{"message": "Internal server error"}'),
}
_ERROR_TYPES = {
    Reason.NO_STAGE: "ForbiddenException",
    Reason.NO_ROUTE: "MissingAuthenticationTokenException",
    Reason.UNAUTHORIZED: "UnauthorizedException",
    Reason.ACCESS_DENIED: "AccessDeniedException",
    Reason.EXPLICITLY_DENIED: "AccessDeniedException",
    Reason.AUTHORIZER_FAILED: "AuthorizerConfigurationException",
    Reason.INTEGRATION_FAILED: "InternalServerErrorException",
    Reason.THROTTLED: "InternalServerErrorException",
}


def gateway_response(protocol: Literal["HTTP", "REST", "WEBSOCKET"], reason: Reason) -> Response:
    """Return what an API of this kind answers. A WebSocket API refuses a connection in the words of a REST API."""
    status, body = (_HTTP if protocol == "HTTP" else _REST)[reason]
    headers = [("content-type", "application/json")]
    if protocol != "HTTP" and reason in _ERROR_TYPES:
        headers.append(("x-amzn-errortype", _ERROR_TYPES[reason]))
    return Response(status, tuple(headers), body.encode())
