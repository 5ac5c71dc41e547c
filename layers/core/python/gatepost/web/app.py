"""Making a function's handler out of its routers."""

from enum import Enum

from fastapi import APIRouter, FastAPI

from gatepost.service import Service
from gatepost.telemetry import logger
from gatepost.web import problems
from gatepost.web.cors import AllowedOrigins
from gatepost.web.edge import Edge, TrustedEdge
from gatepost.web.gateway import Handler, lambda_handler
from gatepost.web.json_body import StrictRoute


def router(*, prefix: str = "", tags: list[str | Enum]) -> APIRouter:
    """Return a router whose routes parse their bodies strictly."""
    return APIRouter(prefix=prefix, tags=tags, route_class=StrictRoute)


def create_app(*routers: APIRouter) -> FastAPI:
    """Return the FastAPI app of a function. Its documentation is the committed OpenAPI file; nothing serves it in
    production.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.routes = [route for each in routers for route in each.routes]
    for each in routers:
        app.include_router(each)
    problems.install(app)
    return app


def create_handler(app: FastAPI, service: Service) -> Handler:
    """Return the Lambda handler of `app`, whose routes find `service` in the app's state."""
    app.state.service = service
    settings = service.settings
    cloudfront = TrustedEdge(settings.edge_secret_sha256) if settings.edge == "cloudfront" else None
    edge = Edge(AllowedOrigins(app, settings.allowed_origins), logger(), settings.deployment, cloudfront)
    return lambda_handler(edge, settings.issuer)
