"""What routes ask for."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from gatepost.authentication import Principal, authenticate
from gatepost.caller import Caller
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


TheService = Annotated[Service, Depends(_service)]
TheCaller = Annotated[Caller, Depends(_caller)]
SignedInUser = Annotated[Principal, Depends(_authenticated)]
