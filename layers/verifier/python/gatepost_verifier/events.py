"""What API Gateway sends to an authorizer, reduced to what a decision looks at. One function an event shape."""

from dataclasses import dataclass
from typing import Any


class EventInvalid(ValueError):
    """The event hasn't the shape that the gateway's documentation gives it."""


@dataclass(frozen=True, slots=True)
class Request:
    """A call that waits for a decision. Nothing else that a client sends can change it.

    `path` is the one the gateway chose its route by, without the stage's name. `authorization` holds the values of all
    fields of that name.
    """

    method: str
    path: str
    authorization: tuple[str, ...]


def http_api_v2_request(event: object) -> Request:
    """The call of an HTTP API's authorizer event, payload format 2.0.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html. Raises EventInvalid.
    """
    match event:
        case {
            "version": "2.0",
            "type": "REQUEST",
            "rawPath": str(path),
            "headers": dict(headers),
            "requestContext": {"stage": str(stage), "http": {"method": str(method)}},
        }:
            return Request(method, _without_stage(path, stage), _authorization(headers))
    raise EventInvalid("not an authorizer event of payload format 2.0")


def _without_stage(path: str, stage: str) -> str:
    # The stage $default has no segment in the path, any other does.
    if stage == "$default":
        return path
    if not path.startswith(f"/{stage}/"):
        raise EventInvalid("the path doesn't start with the stage")
    return path.removeprefix(f"/{stage}")


def _authorization(headers: dict[Any, Any]) -> tuple[str, ...]:
    # The gateway sends names in lower case; the documentation's events and test consoles don't.
    values = [value for name, value in headers.items() if str(name).lower() == "authorization"]
    if not all(isinstance(value, str) for value in values):
        raise EventInvalid("an Authorization field isn't text")
    return tuple(values)
