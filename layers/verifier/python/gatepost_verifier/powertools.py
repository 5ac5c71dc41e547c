"""Protect routes of Powertools' event handler (APIGatewayRestResolver, APIGatewayHttpResolver, LambdaFunctionUrlResolver, …).

verifier = Verifier.from_environment()

@app.get("/orders", middlewares=[protect(verifier, "orders:read")])
def orders() -> ...:
    token = access_token(app)
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from gatepost_verifier.aws_lambda import answer, authorization_fields
from gatepost_verifier.claims import AccessToken
from gatepost_verifier.protection import AUTHENTICATED, Refused, admit, parse_requirement
from gatepost_verifier.tokens import Verifier

_CONTEXT = "gatepost_access_token"

Middleware = Callable[[ApiGatewayResolver, NextMiddleware], Response[Any]]


def protect(verifier: Verifier, needs: str = AUTHENTICATED) -> Middleware:
    """A middleware of a route (`middlewares=`) or of all routes (`app.use`) that answers 401 or 403 itself.

    `needs` is a requirement as in `GATEPOST_ROUTES`. Raises RequirementError if it can't be read.
    """
    requirement = parse_requirement(needs)

    def protected(app: ApiGatewayResolver, next_middleware: NextMiddleware) -> Response[Any]:
        try:
            token = admit(verifier, requirement, authorization_fields(app.current_event.raw_event))
        except Refused as refused:
            proxy = answer(refused)
            headers = proxy["headers"]
            content_type = headers.pop("content-type")
            return Response(status_code=refused.status, content_type=content_type, body=proxy["body"], headers=headers)
        app.context[_CONTEXT] = token
        try:
            return next_middleware(app)
        finally:
            # Whether Powertools forgets the context of a call whose route raises depends on its version.
            app.context.pop(_CONTEXT, None)

    return protected


def access_token(app: ApiGatewayResolver) -> AccessToken:
    """The token of the call that a protected route of `app` is answering. Raises LookupError in any other."""
    token = app.context.get(_CONTEXT)
    if not isinstance(token, AccessToken):
        raise LookupError("the route isn't protected")
    return token
