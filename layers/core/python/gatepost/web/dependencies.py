"""What routes ask for."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer

from gatepost import idempotency
from gatepost.access.permissions import holds
from gatepost.authentication import Principal, SignedInPrincipal, authenticate
from gatepost.caller import Caller
from gatepost.errors import NotPermitted
from gatepost.service import Service


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


# Only tells the OpenAPI document that a token is needed; the header is read strictly by `authenticate`.
_bearer = HTTPBearer(auto_error=False, scheme_name="access_token", bearerFormat="JWT")


async def _authenticated(request: Request, _: Annotated[object, Depends(_bearer)]) -> Principal:
    return authenticate(request.app.state.service, request.headers.get("authorization"))


async def _signed_in(me: Annotated[Principal, Depends(_authenticated)]) -> SignedInPrincipal:
    if not isinstance(me, SignedInPrincipal):
        raise NotPermitted("An API key can't do this: sign in.")
    return me


@dataclass(frozen=True)
class Permitted:
    """A dependency: the user or an API key of theirs, whose token must be for the issuer alone, and who must have `permission`
    right now.
    """

    permission: str

    async def __call__(self, request: Request, _: Annotated[object, Depends(_bearer)]) -> Principal:
        me = authenticate(request.app.state.service, request.headers.get("authorization"), issuer_alone=True)
        if not holds(me.rights.permissions, self.permission):
            raise NotPermitted
        return me


def permitted(permission: str) -> Permitted:
    """Return the dependency of a route of the admin API that needs `permission`."""
    return Permitted(permission)


TheService = Annotated[Service, Depends(_service)]
TheCaller = Annotated[Caller, Depends(_caller)]
# The user themselves. So an API key gets no further than where `UserOrApiKey` stands.
SignedInUser = Annotated[SignedInPrincipal, Depends(_signed_in)]
UserOrApiKey = Annotated[Principal, Depends(_authenticated)]
IdempotencyKey = Annotated[str | None, Header(pattern=idempotency.HEADER_PATTERN, description="a random text of your own")]
