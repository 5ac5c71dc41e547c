"""Making a function's handler out of its routers."""

from enum import Enum

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig

from gatepost.service import Service
from gatepost.telemetry import logger
from gatepost.web import problems
from gatepost.web.cors import AllowedOrigins
from gatepost.web.edge import Edge, TrustedEdge
from gatepost.web.gateway import Handler, lambda_handler
from gatepost.web.json_body import StrictRoute

# FastAPI's own, for OpenTelemetry; whose log would have the text of exceptions in it. Ours is `gatepost.telemetry`.
_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


def router(*, prefix: str = "", tags: list[str | Enum]) -> APIRouter:
    """Return a router whose routes parse their bodies strictly."""
    return APIRouter(prefix=prefix, tags=tags, route_class=StrictRoute)


def create_app(*routers: APIRouter) -> FastAPI:
    """Return the FastAPI app of a function. Its documentation is the committed OpenAPI file; nothing serves it in
    production.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, telemetry=_NO_TELEMETRY)
    # As they are: `include_router` would look for the router of each request first, and again as it hands it over (0037).
    for each in routers:
        app.router.routes.extend(each.routes)
    problems.install(app)
    return app


def create_handler(app: FastAPI, service: Service) -> Handler:
    """Return the Lambda handler of `app`, whose routes find `service` in the app's state."""
    app.state.service = service
    settings = service.settings
    cloudfront = TrustedEdge(settings.edge_secret_sha256) if settings.edge == "cloudfront" else None
    answering = AllowedOrigins(app, settings.allowed_origins) if settings.allowed_origins else app
    return lambda_handler(Edge(answering, logger(), settings.deployment, cloudfront), settings.issuer)
