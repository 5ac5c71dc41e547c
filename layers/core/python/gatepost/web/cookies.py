"""Cookies that no other host and no script can set or read (RFC 6265bis, section 4.1.3.2: the prefix `__Host-`)."""

from fastapi import Request, Response

from gatepost.errors import MalformedRequest

CSRF_HEADER = "x-gatepost-csrf"


def works_with_cookies(request: Request) -> bool:
    """Return whether the caller says so: by a header that no form and no foreign origin can send."""
    return request.headers.get(CSRF_HEADER) == "1"


def read(request: Request, name: str) -> str | None:
    """Return the value of the cookie `name`, None if it wasn't sent.

    The name is taken to the letter: one that only looks like it, behind a blank that isn't ASCII for example, is a cookie
    that another host could have set, since no browser saw the prefix.

    Raises:
        MalformedRequest: if it was sent twice, be it in one field or in several that were joined, or within another's
            value: one of them is not ours, and which, nobody knows.
    """
    sent = ";".join(request.headers.getlist("cookie"))
    if sent.count(f"{name}=") > 1:
        raise MalformedRequest("The request carries one cookie twice: delete this site's cookies, then try again.")
    pairs = (pair.strip(" \t").partition("=") for pair in sent.split(";"))
    return next((value for key, _, value in pairs if key == name), None)


def write(response: Response, name: str, value: str, max_age: int) -> None:
    """Have the browser keep a cookie for `max_age` seconds and send it to this host alone, to it by its own site alone.

    `value` is what a cookie can hold as it is, such as base64url.
    """
    response.headers.append("set-cookie", f"{name}={value}; Max-Age={max_age}; Path=/; Secure; HttpOnly; SameSite=Strict")


def delete(response: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    write(response, name, "", 0)
