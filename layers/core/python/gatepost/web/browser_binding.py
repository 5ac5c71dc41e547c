"""What is begun in one browser can only be finished there: a random secret in a cookie for as long as it's under way."""

from fastapi import Request, Response

from gatepost.identifiers import base64url, new_secret
from gatepost.web import cookies

COOKIE = "__Host-gatepost_email_code"


def begin(request: Request, response: Response, lifetime: int) -> bytes:
    """Return the secret that the caller's browser keeps for `lifetime` seconds; empty if it doesn't work with cookies."""
    if not cookies.works_with_cookies(request):
        return b""
    secret = base64url(new_secret())
    cookies.write(response, COOKIE, secret, lifetime)
    return secret.encode()


def of(request: Request) -> bytes:
    """Return the secret that the caller's browser has kept; empty if there's none. Raises `MalformedRequest` for two."""
    return (cookies.read(request, COOKIE) or "").encode()


def end(request: Request, response: Response) -> None:
    """Have the caller's browser forget the secret."""
    if of(request):
        cookies.delete(response, COOKIE)
