"""The bearer token of a request. The API and the authorizer both read it here, so that both refuse the same."""

import re

from gatepost_verifier.envelope import MAX_TOKEN_LENGTH
from gatepost_verifier.errors import BearerInvalid, BearerMissing

_SCHEME = "Bearer "
# credentials = "Bearer" 1*SP b64token (RFC 6750 section 2.1). No comma, so two joined field values don't match.
_CREDENTIALS = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/-]+=*)", re.ASCII)


def bearer_token(authorization: str | None) -> str:
    """The token of an Authorization field value (RFC 6750 section 2.1; the scheme in any case, RFC 9110 section 11.1).

    `authorization` is None if the request has no such field. Raises BearerMissing if there is none or it is of another
    scheme, BearerInvalid if it isn't one bearer token of at most 8192 characters.
    """
    if not authorization:
        raise BearerMissing("the request has no Authorization field")
    if len(authorization) > len(_SCHEME) + MAX_TOKEN_LENGTH:
        raise BearerInvalid("the Authorization field is too long")
    if authorization.split(" ", 1)[0].lower() != "bearer":
        raise BearerMissing("the Authorization scheme isn't Bearer")
    credentials = _CREDENTIALS.fullmatch(authorization)
    if credentials is None:
        raise BearerInvalid("the Authorization field isn't `Bearer` and one token")
    return credentials[1]
