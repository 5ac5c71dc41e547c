"""Refresh tokens that no script can read: in a cookie, which the browser keeps and sends by itself.

It sends it whoever makes it call. So a call that brings no token but the cookie must show that a page of ours made it: by a
header that no form and no foreign origin can send, and by its origin, where the browser names one. docs/decisions/0010
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError

from gatepost import clock
from gatepost.config import ServiceSettings
from gatepost.errors import CsrfCheckFailed
from gatepost.sessions import SignedIn
from gatepost.web import cookies

COOKIE = "__Host-gatepost_refresh"

RefreshTransport = Literal["body", "cookie"]


@dataclass(frozen=True)
class Presented:
    """The refresh token of a call, empty if its cookie is gone; its successor goes back the way it came."""

    token: str = field(repr=False)
    transport: RefreshTransport


def presented(request: Request, settings: ServiceSettings, in_body: str | None) -> Presented:
    """Return the refresh token that a call brings: that of its body, else that of its cookie.

    Raises:
        RequestValidationError: if there's neither, and the call doesn't say that it works with cookies.
        CsrfCheckFailed: if there's none in the body, and nothing shows that a page of ours made this call.
        MalformedRequest: if the cookie was sent twice.
    """
    if in_body is not None:
        return Presented(in_body, "body")
    in_cookie = cookies.read(request, COOKIE)
    if in_cookie is None and cookies.CSRF_HEADER not in request.headers:
        raise RequestValidationError([{"type": "missing", "loc": ("body", "refresh_token"), "msg": "Field required"}])
    origin = request.headers.get("origin")
    ours = origin is None or origin == settings.issuer or origin in settings.allowed_origins
    if not (ours and cookies.works_with_cookies(request)):
        raise CsrfCheckFailed
    return Presented(in_cookie or "", "cookie")


def keep(response: Response, signed_in: SignedIn) -> None:
    """Have the browser keep the refresh token of `signed_in` for as long as it's good."""
    session = signed_in.session
    ends_at = min(session.expires_at, session.absolute_expires_at)
    cookies.write(response, COOKIE, signed_in.refresh_token, ends_at - clock.now())


def forget(response: Response) -> None:
    """Have the browser forget its refresh token: when its user signs out, and never else.

    Not when it's refused: another tab may have got its successor meanwhile, and the browser holds that one by now.
    """
    cookies.delete(response, COOKIE)


# ------------------------------------------------------------------------------------------------ for the OpenAPI document

TAKES_COOKIE: dict[str, Any] = {
    "parameters": [
        {
            "name": COOKIE,
            "in": "cookie",
            "description": "the refresh token, where the body has none",
            "schema": {"type": "string"},
        },
        {
            "name": cookies.CSRF_HEADER,
            "in": "header",
            "description": "needed where the refresh token comes as a cookie",
            "schema": {"type": "string", "const": "1"},
        },
    ]
}


def sets_cookie(status: int, when: str) -> dict[int | str, dict[str, Any]]:
    """Return, for a route's OpenAPI, that its answer of `status` sets the cookie, and `when`."""
    description = f"{when}: `{COOKIE}`, with Secure, HttpOnly, SameSite=Strict, Path=/ and Max-Age"
    return {status: {"headers": {"Set-Cookie": {"description": description, "schema": {"type": "string"}}}}}
