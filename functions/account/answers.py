"""What a sign-in answers, by whichever way the client wants its refresh token."""

from fastapi import Response

from functions.account.models import Authenticated, AuthenticatedByCookie
from gatepost.sessions import SignedIn
from gatepost.web import refresh_cookie
from gatepost.web.refresh_cookie import RefreshTransport


def authenticated(
    signed_in: SignedIn, transport: RefreshTransport, response: Response
) -> Authenticated | AuthenticatedByCookie:
    """Return the answer for `signed_in`; with `cookie`, its refresh token goes into a cookie of `response` alone."""
    if transport == "body":
        return Authenticated.of(signed_in)
    refresh_cookie.keep(response, signed_in)
    return AuthenticatedByCookie.of(signed_in)
