"""What routes ask for."""

from typing import Annotated

from fastapi import Depends, Request

from gatepost.authentication import Authenticated, authenticate
from gatepost.caller import Caller
from gatepost.service import Service


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


async def _authenticated(request: Request) -> Authenticated:
    return authenticate(request.app.state.service, request.headers.get("authorization"))


TheService = Annotated[Service, Depends(_service)]
TheCaller = Annotated[Caller, Depends(_caller)]
SignedInUser = Annotated[Authenticated, Depends(_authenticated)]
