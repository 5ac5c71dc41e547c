"""What routes ask for."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header
from fastapi.security import HTTPBearer

from gatepost import idempotency
from gatepost.access.permissions import holds
from gatepost.authentication import Principal, SignedInPrincipal, authenticate
from gatepost.errors import NotPermitted
from gatepost.web.call import Call

# Only tells the OpenAPI document that a token is needed; the header is read strictly by `authenticate`.
_bearer = HTTPBearer(auto_error=False, scheme_name="access_token", bearerFormat="JWT")


async def _authenticated(call: Call, _: Annotated[object, Depends(_bearer)]) -> Principal:
    return authenticate(call.service, call.headers.get("authorization"))


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

    async def __call__(self, call: Call, _: Annotated[object, Depends(_bearer)]) -> Principal:
        me = authenticate(call.service, call.headers.get("authorization"), issuer_alone=True)
        if not holds(me.rights.permissions, self.permission):
            raise NotPermitted
        return me


def permitted(permission: str) -> Permitted:
    """Return the dependency of a route of the admin API that needs `permission`."""
    return Permitted(permission)


# The user themselves. So an API key gets no further than where `UserOrApiKey` stands.
SignedInUser = Annotated[SignedInPrincipal, Depends(_signed_in)]
UserOrApiKey = Annotated[Principal, Depends(_authenticated)]
IdempotencyKey = Annotated[str | None, Header(pattern=idempotency.HEADER_PATTERN, description="a random text of your own")]
