"""Protecting code that no gateway stands in front of: a requirement, an Authorization field, and how a refusal is answered."""

import re
from collections.abc import Sequence

from gatepost_verifier.bearer import bearer_token
from gatepost_verifier.claims import AccessToken
from gatepost_verifier.errors import BearerInvalid, BearerMissing, VerificationError
from gatepost_verifier.requirements import CONDITIONS, PUBLIC, Requirement, is_condition
from gatepost_verifier.tokens import Verifier

AUTHENTICATED = "authenticated"

_PARTS = re.compile(r"[^\s&|=;]+|\S")


class RequirementError(ValueError):
    """A requirement can't be read; the message says where, and what was expected there."""


class Refused(Exception):
    """The caller may not: `status` is 401 or 403, `challenge` the value of WWW-Authenticate (RFC 6750 section 3).

    The message is the one that API Gateway answers when an authorizer refuses, so that clients see one service.
    """

    def __init__(self, status: int, message: str, challenge: str) -> None:
        super().__init__(message)
        self.status = status
        self.challenge = challenge


def parse_requirement(text: str) -> Requirement:
    """The requirement that `text` is, such as `orders:read & mfa`, in the language of `GATEPOST_ROUTES` (`requirements`).

    `public` is none here, since what is public isn't protected. Raises RequirementError.
    """
    alternatives: list[list[str]] = [[]]
    place = 0
    for place, part in enumerate([*_PARTS.findall(text), ""]):
        if place % 2 == 0:
            if not is_condition(part) or part == PUBLIC:
                raise RequirementError(f"{text!r}: expected {CONDITIONS.removeprefix('public, ')}; found {part or 'the end'}")
            alternatives[-1].append(part)
        elif part == "|":
            alternatives.append([])
        elif part not in ("&", ""):
            raise RequirementError(f"{text!r}: expected &, | or the end; found {part}")
    return Requirement(tuple(map(tuple, alternatives)))


def admit(verifier: Verifier, requirement: Requirement, authorization: Sequence[str]) -> AccessToken:
    """The token of a caller who may. `authorization` holds the values of all Authorization fields of the request.

    Raises Refused: 401 without a good token, 403 if it doesn't meet `requirement`.
    """
    try:
        if len(authorization) > 1:
            raise BearerInvalid("the request has several Authorization fields")
        token = verifier.verify(bearer_token(authorization[0] if authorization else None))
    except BearerMissing as error:
        # Without credentials a challenge has no error (RFC 6750 section 3.1).
        raise Refused(401, "Unauthorized", "Bearer") from error
    except VerificationError as error:
        challenge = f'Bearer error="invalid_token", error_description="{error.code}"'
        raise Refused(401, "Unauthorized", challenge) from error
    if not requirement.met_by(token):
        raise Refused(403, "Forbidden", 'Bearer error="insufficient_scope"')
    return token
