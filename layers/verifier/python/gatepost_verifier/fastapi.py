"""Protect routes of a FastAPI app.

verifier = Verifier.from_environment()

@app.get("/orders")
def orders(token: Annotated[AccessToken, Depends(protect(verifier, "orders:read & mfa"))]) -> ...:
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPBearer

from gatepost_verifier.claims import AccessToken
from gatepost_verifier.protection import AUTHENTICATED, Refused, admit, parse_requirement
from gatepost_verifier.tokens import Verifier

# Only tells the OpenAPI document that a token is needed; the field is read strictly by `admit`.
_bearer = HTTPBearer(auto_error=False, scheme_name="access_token", bearerFormat="JWT")


def protect(verifier: Verifier, needs: str = AUTHENTICATED) -> Callable[..., AccessToken]:
    """A dependency that gives the caller's token, or answers 401 or 403 with a challenge (RFC 6750 section 3).

    `needs` is a requirement as in `GATEPOST_ROUTES`. Raises RequirementError if it can't be read.
    """
    requirement = parse_requirement(needs)

    # Not async: a fetch of keys or revocations would hold up all other requests, so FastAPI runs this in a thread.
    def access_token(request: Request, _: Annotated[object, Depends(_bearer)]) -> AccessToken:
        try:
            return admit(verifier, requirement, request.headers.getlist("authorization"))
        except Refused as refused:
            raise HTTPException(refused.status, str(refused), {"www-authenticate": refused.challenge}) from refused

    return access_token
