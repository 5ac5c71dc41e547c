"""Problem details (RFC 9457): how each refusal looks over HTTP."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from gatepost import errors

# A refusal that isn't named here has the status of the one it's a kind of.
STATUS: dict[type[errors.GatepostError], HTTPStatus] = {
    errors.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.CsrfCheckFailed: HTTPStatus.FORBIDDEN,
    errors.InvalidApiKey: HTTPStatus.UNAUTHORIZED,
    errors.InvalidCode: HTTPStatus.UNAUTHORIZED,
    errors.InvalidCredentials: HTTPStatus.UNAUTHORIZED,
    errors.InvalidCursor: HTTPStatus.BAD_REQUEST,
    errors.InvalidField: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidRefreshToken: HTTPStatus.UNAUTHORIZED,
    errors.InvalidTarget: HTTPStatus.BAD_REQUEST,
    errors.InvalidToken: HTTPStatus.BAD_REQUEST,
    errors.MalformedRequest: HTTPStatus.BAD_REQUEST,
    errors.NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.NotPermitted: HTTPStatus.FORBIDDEN,
    errors.NotThroughEdge: HTTPStatus.FORBIDDEN,
    errors.PreflightRefused: HTTPStatus.BAD_REQUEST,
    errors.RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}
MEDIA_TYPE = "application/problem+json"
# The phrases of RFC 9110, where older Pythons have older ones.
_PHRASES = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large", HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content"}


class FieldError(BaseModel):
    """One thing that is wrong with the input; says what, never repeats it."""

    field: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457). Switch on `code`; show `detail`; quote `request_id` when you ask for help."""

    type: str = Field(examples=["urn:gatepost:problem:invalid_credentials"])
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldError] | None = None


def problem(
    status: HTTPStatus, code: str, detail: str, request_id: str, *, errors: Sequence[Mapping[str, str]] | None = None
) -> dict[str, Any]:
    """Return the members of a problem document."""
    body: dict[str, Any] = {
        "type": f"urn:gatepost:problem:{code}",
        "title": _PHRASES.get(status, status.phrase),
        "status": int(status),
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }
    return body if errors is None else body | {"errors": errors}


def responses(*statuses: int, body: bool = True) -> dict[int | str, dict[str, Any]]:
    """Return, for a route's OpenAPI, the problems it may answer: `statuses`, those of any call, and with `body` those
    of a body.
    """
    common = {413, 415, 422, 400, 503} if body else {503}
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": _PHRASES.get(HTTPStatus(status), HTTPStatus(status).phrase), "content": content}
        for status in sorted(common | set(statuses))
    }


def install(app: FastAPI) -> None:
    """Make `app` answer every refusal as a problem. FastAPI's own handler would echo the input, passwords included."""
    app.add_exception_handler(errors.GatepostError, refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _routing_failed)
    app.add_exception_handler(Exception, _unexpected)


def _answer(request: Request, status: HTTPStatus, code: str, detail: str, **more: Any) -> JSONResponse:
    headers = more.pop("headers", None)
    body = problem(status, code, detail, request.state.caller.request_id, **more)
    request.state.problem_code = code
    return JSONResponse(body, int(status), headers, MEDIA_TYPE)


async def refused(request: Request, exc: Exception) -> JSONResponse:
    """Return how a refusal by a rule looks; also for middleware, whose refusals no handler catches."""
    assert isinstance(exc, errors.GatepostError)  # noqa: S101 (what it's registered for)
    headers: dict[str, str] = {}
    if isinstance(exc, errors.RateLimited | errors.Unavailable):
        headers["retry-after"] = str(exc.retry_after)
    status = next(STATUS[kind] for kind in type(exc).__mro__ if kind in STATUS)
    if status is HTTPStatus.UNAUTHORIZED:  # RFC 9110, section 15.5.2
        stale = isinstance(exc, errors.NotAuthenticated) and not exc.anonymous
        headers["www-authenticate"] = 'Bearer error="invalid_token"' if stale else "Bearer"
    if isinstance(exc, errors.Unavailable):
        request.state.failure = exc
    more = {"errors": [{"field": exc.field, "message": exc.reason}]} if isinstance(exc, errors.InvalidField) else {}
    return _answer(request, status, exc.code, str(exc), headers=headers, **more)


async def _invalid(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, RequestValidationError)  # noqa: S101 (what it's registered for)
    return _answer(
        request,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid_request",
        errors.INVALID_REQUEST,
        errors=[_field_error(error) for error in exc.errors()],
    )


def _field_error(error: Mapping[str, Any]) -> dict[str, str]:
    """An unknown member's name is input too, so only where it stands is told."""
    location = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden":
        return {"field": ".".join(location[1:-1]) or location[0], "message": "has a member that this call doesn't take"}
    return {"field": ".".join(location[1:]) or location[0], "message": str(error["msg"]).removeprefix("Value error, ")}


async def _routing_failed(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, HTTPException)  # noqa: S101 (what it's registered for)
    status = HTTPStatus(exc.status_code)
    detail = {
        HTTPStatus.NOT_FOUND: "There is nothing at this path.",
        HTTPStatus.METHOD_NOT_ALLOWED: "This path doesn't take this method.",
    }.get(status, "The request can't be answered.")
    headers = dict(exc.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        # Starlette names the methods of the first route of this path alone.
        routes = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
        headers["allow"] = ", ".join(sorted({method for route in routes for method in route.methods}))
    return _answer(request, status, status.name.lower(), detail, headers=headers)


async def _unexpected(request: Request, exc: Exception) -> JSONResponse:
    detail = "Something went wrong on our side. Try again; if it stays, tell the operator the `request_id`."
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail)
