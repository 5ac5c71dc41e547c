"""A request as the routes get it."""

from fastapi import Request

from gatepost.caller import Caller
from gatepost.service import Service


class Call(Request):
    """A request that knows who sent it and what the function works with.

    Properties of what a route is given anyway: FastAPI takes longer to solve two dependencies than our parser a body (0037).
    """

    @property
    def service(self) -> Service:
        """What the function was started with."""
        service: Service = self.app.state.service
        return service

    @property
    def caller(self) -> Caller:
        """Who calls, by the gateway's word."""
        caller: Caller = self.state.caller
        return caller
