from collections.abc import Callable

from aws_lambda_powertools import Logger, Metrics, Tracer
from fastapi import Request, Response
from fastapi.routing import APIRoute

logger = Logger(service="auth")
tracer = Tracer(service="auth")
metrics = Metrics(namespace="Auth", service="auth")


class LoggerRouteHandler(APIRoute):
    def get_route_handler(self) -> Callable:
        original_route_handler = super().get_route_handler()

        async def route_handler(request: Request) -> Response:
            logger.append_keys(fastapi={"path": request.url.path, "route": self.path, "method": request.method})
            logger.info("Received request")
            return await original_route_handler(request)

        return route_handler
