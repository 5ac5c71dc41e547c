"""Verify Gatepost's access tokens in front of any API: JWT access tokens as RFC 9068 profiles them, strictly.

    from gatepost_verifier import VerificationError, Verifier, bearer_token, parse_json_object, parse_key_set

    keys = parse_key_set(parse_json_object(jwks_bytes))
    verifier = Verifier(issuer="https://auth.example.com", audience="https://api.example.com", keys=keys.get)

    try:
        token = verifier.verify(bearer_token(headers.get("authorization")))
    except VerificationError as error:
        return unauthorized(error.code)
    allowed = "orders:read" in token.permissions

Needs PyJWT and cryptography; importing it does no I/O.
"""

from gatepost_verifier.bearer import bearer_token
from gatepost_verifier.claims import AccessToken
from gatepost_verifier.encoding import parse_json_object
from gatepost_verifier.errors import (
    AlgorithmNotAllowed,
    AudienceInvalid,
    BearerInvalid,
    BearerMissing,
    ClaimInvalid,
    ClaimMissing,
    HeaderInvalid,
    IssuerInvalid,
    KeyIdInvalid,
    KeySetError,
    SignatureInvalid,
    TokenExpired,
    TokenMalformed,
    TokenNotYetValid,
    TokenTooLong,
    TokenTypeInvalid,
    UnknownKey,
    VerificationError,
)
from gatepost_verifier.key_set import VerificationKey, parse_key_set
from gatepost_verifier.tokens import LEEWAY, KeyLookup, Verifier, verify_access_token

__all__ = [
    "LEEWAY",
    "AccessToken",
    "AlgorithmNotAllowed",
    "AudienceInvalid",
    "BearerInvalid",
    "BearerMissing",
    "ClaimInvalid",
    "ClaimMissing",
    "HeaderInvalid",
    "IssuerInvalid",
    "KeyIdInvalid",
    "KeyLookup",
    "KeySetError",
    "SignatureInvalid",
    "TokenExpired",
    "TokenMalformed",
    "TokenNotYetValid",
    "TokenTooLong",
    "TokenTypeInvalid",
    "UnknownKey",
    "VerificationError",
    "VerificationKey",
    "Verifier",
    "bearer_token",
    "parse_json_object",
    "parse_key_set",
    "verify_access_token",
]
