"""What is begun in one browser can only be finished there: a random secret in a cookie for as long as it's under way."""

import re

from fastapi import Request, Response

from gatepost.identifiers import base64url, new_secret
from gatepost.web import cookies

COOKIE = "__Host-gatepost_email_code"

# `new_secret` in base64url.
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def begin(request: Request, response: Response, lifetime: int) -> bytes:
    """Return the secret that the caller's browser keeps for `lifetime` seconds from now; empty if it doesn't work with cookies.

    One that it has stays the same: what was begun with it and is still under way must not die of what begins now, which
    perhaps replaces nothing. Raises `MalformedRequest` for two.
    """
    if not cookies.works_with_cookies(request):
        return b""
    known = cookies.read(request, COOKIE) or ""
    secret = known if _SECRET.fullmatch(known) else base64url(new_secret())
    cookies.write(response, COOKIE, secret, lifetime)
    return secret.encode()


def of(request: Request) -> bytes:
    """Return the secret that the caller's browser has kept; empty if there's none. Raises `MalformedRequest` for two."""
    return (cookies.read(request, COOKIE) or "").encode()


def end(request: Request, response: Response) -> None:
    """Have the caller's browser forget the secret."""
    if of(request):
        cookies.delete(response, COOKIE)
