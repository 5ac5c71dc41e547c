"""Protect a Lambda function that answers HTTP: behind a REST or HTTP API without an authorizer, a function URL or an ALB.

verifier = Verifier.from_environment()

@protect(verifier, "orders:read")
def handler(event, context, token): ...
"""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from gatepost_verifier.claims import AccessToken
from gatepost_verifier.protection import AUTHENTICATED, Refused, admit, parse_requirement
from gatepost_verifier.tokens import Verifier

Handler = Callable[[Any, Any], Any]
ProtectedHandler = Callable[[Any, Any, AccessToken], Any]


def protect(verifier: Verifier, needs: str = AUTHENTICATED) -> Callable[[ProtectedHandler], Handler]:
    """A decorator of handlers that get the caller's token as a third argument; who may not is answered by 401 or 403.

    `needs` is a requirement as in `GATEPOST_ROUTES`. Raises RequirementError if it can't be read. A REST API renames the
    WWW-Authenticate of an answer to x-amzn-remapped-www-authenticate.
    """
    requirement = parse_requirement(needs)

    def decorate(handler: ProtectedHandler) -> Handler:
        @wraps(handler)
        def protected(event: Any, context: Any) -> Any:
            try:
                token = admit(verifier, requirement, authorization_fields(event))
            except Refused as refused:
                return answer(refused)
            return handler(event, context, token)

        return protected

    return decorate


def authorization_fields(event: object) -> list[str]:
    """The values of the Authorization fields of a proxy event, payload format 1.0 or 2.0, or an ALB's.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html. Format 1.0 has all
    fields in `multiValueHeaders` and the last of each name in `headers` too; 2.0 joins them by a comma, which no token has.
    Where both say something, they must say the same. What isn't text counts as an empty field.
    """
    single = _fields(event, "headers")
    several = [value for values in _fields(event, "multiValueHeaders") for value in _listed(values)]
    values = several if several == single else [*single, *several]
    return [value if isinstance(value, str) else "" for value in values]


def _fields(event: object, member: str) -> list[Any]:
    headers = event.get(member) if isinstance(event, Mapping) else None
    if not isinstance(headers, Mapping):
        return []
    return [value for name, value in headers.items() if isinstance(name, str) and name.lower() == "authorization"]


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


def answer(refused: Refused) -> dict[str, Any]:
    """The proxy answer to a refusal, the same for every kind of event."""
    return {
        "statusCode": refused.status,
        "headers": {
            "content-type": "application/json",
            "cache-control": "no-store",
            "www-authenticate": refused.challenge,
        },
        "body": json.dumps({"message": str(refused)}),
        "isBase64Encoded": False,
    }
