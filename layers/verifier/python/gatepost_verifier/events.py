"""What API Gateway sends to an authorizer, reduced to what a decision looks at. One function an event shape."""

import re
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

from gatepost_verifier.method_arn import MethodArn, parse_method_arn
from gatepost_verifier.route_rules import CONNECT_PATH

V2Response = Literal["simple", "iam"]
"""How an HTTP API takes the answer to an event of payload format 2.0, which doesn't tell (`GATEPOST_V2_RESPONSE`)."""


_BASE_PATH = re.compile(r"(?:/[^/]+)*")


class EventInvalid(ValueError):
    """The event hasn't the shape that the gateway's documentation gives it, or contradicts itself."""


class Request(NamedTuple):
    """A call that waits for a decision. Nothing else that a client sends can change it.

    `path` is the one the gateway chose its route by, without the stage's name, as the client encoded it wherever that can be
    told. `authorization` holds the values of all
    fields of that name. `arn` is what a policy must name; None asks for a plain yes or no.
    """

    method: str
    path: str
    authorization: tuple[str, ...]
    arn: MethodArn | None


def read_request(event: object, v2_response: V2Response) -> Request:
    """The call of an authorizer's event, whatever kind of API sent it. Raises EventInvalid."""
    if not isinstance(event, dict):
        raise EventInvalid("not an object")
    match event:
        case {"version": "2.0"}:
            return http_api_v2_request(event, v2_response)
        case {"version": "1.0"}:
            return http_api_v1_request(event)
        case {"version": _}:
            raise EventInvalid("an unknown payload format")
        case {"type": "TOKEN"}:
            return rest_token_request(event)
        case {"requestContext": {"routeKey": _}}:
            return websocket_request(event)
        case _:
            return rest_request(event)


def rest_token_request(event: dict[str, Any]) -> Request:
    """The call of a REST API's event of the type TOKEN, which knows it by its ARN alone.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html. Raises EventInvalid.
    """
    match event:
        case {"type": "TOKEN", "methodArn": str(arn)} if "httpMethod" not in event:
            return _named_by(arn, _texts([event["authorizationToken"]] if "authorizationToken" in event else []))
    raise EventInvalid("not an authorizer event of the type TOKEN")


def rest_request(event: dict[str, Any]) -> Request:
    """The call of a REST API's event of the type REQUEST.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html. Raises EventInvalid.
    """
    match event:
        case {"type": "REQUEST", "methodArn": str(arn), "httpMethod": str(method), "path": str(path), "requestContext": dict()}:
            return _checked(_named_by(arn, _all_authorization(event)), method, path)
    raise EventInvalid("not an authorizer event of the type REQUEST")


def http_api_v1_request(event: dict[str, Any]) -> Request:
    """The call of an HTTP API's event, payload format 1.0: that of a REST API, but for a path that begins with the stage.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html. Raises EventInvalid.
    """
    if event.get("version") != "1.0":
        raise EventInvalid("not an authorizer event of payload format 1.0")
    return rest_request(event)


def http_api_v2_request(event: dict[str, Any], response: V2Response) -> Request:
    """The call of an HTTP API's event, payload format 2.0.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html. Raises EventInvalid.
    """
    match event:
        case {
            "version": "2.0",
            "type": "REQUEST",
            "rawPath": str(raw_path),
            "headers": dict(headers),
            "requestContext": {"stage": str(stage), "http": {"method": str(method)}},
        }:
            path, authorization = _without_stage(raw_path, stage), _authorization(headers)
            if response == "simple":
                return Request(method, path, authorization, None)
            if isinstance(event.get("routeArn"), str):
                request = _checked(_named_by(event["routeArn"], authorization), method, path)
                if unquote(path) == unquote(request.path):
                    return request
    raise EventInvalid("not an authorizer event of payload format 2.0")


def websocket_request(event: dict[str, Any]) -> Request:
    """A WebSocket API's event about a client that connects: the method CONNECT of the path `$connect`.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html. Raises EventInvalid.
    """
    match event:
        case {
            "type": "REQUEST",
            "methodArn": str(arn),
            "requestContext": {"routeKey": "$connect", "eventType": "CONNECT"},
        } if "httpMethod" not in event:
            request = _named_by(arn, _all_authorization(event))
            if request.path == CONNECT_PATH:
                return request
    raise EventInvalid("not an authorizer event of a WebSocket API")


def _named_by(arn: str, authorization: tuple[str, ...]) -> Request:
    """The call that `arn` names. The gateway applies a policy to this name, so it is what is decided about."""
    try:
        parsed = parse_method_arn(arn)
    except ValueError as error:
        raise EventInvalid(str(error)) from error
    return Request(parsed.method, parsed.path, authorization, parsed)


def _checked(request: Request, method: str, path: str) -> Request:
    """`request`, if the event's `method` and `path` are those of its ARN. Raises EventInvalid.

    The path may begin with more than the ARN's: a custom domain's base path, or the stage. It may be percent-encoded where the
    ARN's isn't, or the other way round. Then the encoded one is decided about, which `decide` takes in both of its readings: a
    `%2F` is no slash to the API behind only because the ARN has it decoded.
    """
    if method != request.method:
        raise EventInvalid("the method isn't the ARN's")
    whole, own = unquote(path), unquote(request.path)
    base = whole.removesuffix(own)
    if not whole.endswith(own) or not _BASE_PATH.fullmatch(base) or not path.startswith(base):
        raise EventInvalid("the path isn't the ARN's")
    sent = path.removeprefix(base)
    if "%" not in sent or sent == request.path:
        return request
    if "%" in request.path:
        raise EventInvalid("the path and the ARN's are both encoded, each in its own way")
    return request._replace(path=sent)


def _without_stage(path: str, stage: str) -> str:
    # The stage $default has no segment in the path, any other does.
    if stage == "$default":
        return path
    if not path.startswith(f"/{stage}/"):
        raise EventInvalid("the path doesn't start with the stage")
    return path.removeprefix(f"/{stage}")


def _all_authorization(event: dict[Any, Any]) -> tuple[str, ...]:
    """The values of the Authorization fields. `headers` has the last of each name, `multiValueHeaders` has all; either may be
    null or leave some out."""
    headers, lists = event.get("headers") or {}, event.get("multiValueHeaders") or {}
    if not isinstance(headers, dict) or not isinstance(lists, dict):
        raise EventInvalid("the headers aren't an object")
    single, several = _authorization(headers), []
    for values in _named(lists):
        if not isinstance(values, list):
            raise EventInvalid("the values of an Authorization field aren't a list")
        several += values
    if not several or single == tuple(several):
        return single
    # If the two don't agree, all count, and several are too many.
    return single + _texts(several)


def _authorization(headers: dict[Any, Any]) -> tuple[str, ...]:
    return _texts(_named(headers))


def _texts(values: list[Any]) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values):
        raise EventInvalid("an Authorization field isn't text")
    return tuple(values)


def _named(headers: dict[Any, Any]) -> list[Any]:
    # Clients send the name in any case; HTTP APIs make it lower case, REST APIs and test consoles don't.
    return [value for name, value in headers.items() if str(name).lower() == "authorization"]
