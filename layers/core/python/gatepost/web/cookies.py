"""Cookies that no other host and no script can set or read (RFC 6265bis, section 4.1.3.2: the prefix `__Host-`)."""

from fastapi import Request, Response

from gatepost.errors import MalformedRequest

CSRF_HEADER = "x-gatepost-csrf"


def works_with_cookies(request: Request) -> bool:
    """Return whether the caller says so: by a header that no form and no foreign origin can send."""
    return request.headers.get(CSRF_HEADER) == "1"


def read(request: Request, name: str) -> str | None:
    """Return the value of the cookie `name`, None if it wasn't sent.

    Raises:
        MalformedRequest: if it was sent twice: one of them is not ours, and which, nobody knows.
    """
    pairs = [pair.strip().partition("=") for field in request.headers.getlist("cookie") for pair in field.split(";")]
    values = [value for key, _, value in pairs if key == name]
    if len(values) > 1:
        raise MalformedRequest("The request carries one cookie twice: delete this site's cookies, then try again.")
    return values[0] if values else None


def write(response: Response, name: str, value: str, max_age: int) -> None:
    """Have the browser keep a cookie for `max_age` seconds and send it to this host alone, to it by its own site alone."""
    response.set_cookie(name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="strict")


def delete(response: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    write(response, name, "", 0)
