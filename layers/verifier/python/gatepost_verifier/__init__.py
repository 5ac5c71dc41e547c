"""Verify Gatepost's access tokens in front of any API: JWT access tokens as RFC 9068 profiles them, strictly.

    from gatepost_verifier import VerificationError, Verifier, bearer_token

    verifier = Verifier.from_environment()  # GATEPOST_ISSUER, GATEPOST_AUDIENCE

    try:
        token = verifier.verify(bearer_token(headers.get("authorization")))
    except VerificationError as error:
        return unauthorized(error.code)
    allowed = "orders:read" in token.permissions

Needs PyJWT and cryptography; importing it does no I/O. `gatepost_verifier.fastapi`, `.aws_lambda` and `.powertools` do this
for what they are named after, and import it only if they are imported.
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
    RevocationsUnknown,
    SignatureInvalid,
    TokenExpired,
    TokenMalformed,
    TokenNotYetValid,
    TokenRevoked,
    TokenTooLong,
    TokenTypeInvalid,
    UnknownKey,
    VerificationError,
)
from gatepost_verifier.key_set import KeyLookup, VerificationKey, parse_key_set
from gatepost_verifier.key_source import KeySource
from gatepost_verifier.revocations import RevocationSource
from gatepost_verifier.settings import SettingsError
from gatepost_verifier.token_cache import TokenCache
from gatepost_verifier.tokens import Verifier
from gatepost_verifier.verification import LEEWAY, verify_access_token

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
    "KeySource",
    "RevocationSource",
    "RevocationsUnknown",
    "SettingsError",
    "SignatureInvalid",
    "TokenCache",
    "TokenExpired",
    "TokenMalformed",
    "TokenNotYetValid",
    "TokenRevoked",
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
