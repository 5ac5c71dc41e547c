"""What can be wrong with a token: one exception a check, so that logs and metrics can tell them apart.

A caller needs only `VerificationError`; its `code` is stable. Messages name the check and never repeat anything of the
token, so that they may be logged and answered.
"""

from typing import ClassVar


class VerificationError(Exception):
    """The token, or the header that should carry it, was refused. The answer is 401 (RFC 6750 section 3.1)."""

    code: ClassVar[str] = "token_invalid"


class BearerMissing(VerificationError):
    """The request carries no bearer credentials: no Authorization field, or another scheme (RFC 6750 section 3.1)."""

    code = "bearer_missing"


class BearerInvalid(VerificationError):
    """The Authorization field isn't one `Bearer` and one token (RFC 6750 section 2.1)."""

    code = "bearer_invalid"


class TokenTooLong(VerificationError):
    """The token is longer than any we issue; nothing of it was read."""

    code = "token_too_long"


class TokenMalformed(VerificationError):
    """Not a compact JWS of canonical base64url and strict JSON objects (RFC 7515 section 7.1, RFC 7519 section 7.2)."""

    code = "token_malformed"


class HeaderInvalid(VerificationError):
    """The header has a member other than `alg`, `kid` and `typ`, for example `crit` or `jwk` (RFC 7515 section 4)."""

    code = "header_invalid"


class AlgorithmNotAllowed(VerificationError):
    """`alg` is absent, not in the allow-list, or not the key's own (RFC 8725 section 3.1)."""

    code = "algorithm_not_allowed"


class TokenTypeInvalid(VerificationError):
    """`typ` doesn't say access token (RFC 9068 section 4, RFC 8725 section 3.11)."""

    code = "token_type_invalid"


class KeyIdInvalid(VerificationError):
    """`kid` is absent or not a short printable string (RFC 7515 section 4.1.4)."""

    code = "key_id_invalid"


class UnknownKey(VerificationError):
    """No key of the issuer has this `kid`."""

    code = "key_unknown"


class SignatureInvalid(VerificationError):
    """The signature isn't the key's over this header and payload (RFC 7515 section 5.2)."""

    code = "signature_invalid"


class ClaimMissing(VerificationError):
    """A required claim is absent (RFC 9068 section 2.2)."""

    code = "claim_missing"


class ClaimInvalid(VerificationError):
    """A claim has the wrong type or an impossible value."""

    code = "claim_invalid"


class IssuerInvalid(VerificationError):
    """`iss` isn't the configured issuer, compared code point by code point (RFC 9068 section 4)."""

    code = "issuer_invalid"


class AudienceInvalid(VerificationError):
    """`aud` is ill-formed or doesn't name this resource server (RFC 7519 section 4.1.3)."""

    code = "audience_invalid"


class TokenExpired(VerificationError):
    """`exp` has passed, leeway included (RFC 7519 section 4.1.4)."""

    code = "token_expired"


class TokenNotYetValid(VerificationError):
    """`nbf` or `iat` is in the future, beyond the leeway (RFC 7519 sections 4.1.5 and 4.1.6)."""

    code = "token_not_yet_valid"


class TokenRevoked(VerificationError):
    """The issuer's revocation list names the token's session, or its user with a higher `ver`."""

    code = "token_revoked"


class RevocationsUnknown(VerificationError):
    """For a token's lifetime no revocation list could be had, so that none of that time may be taken any more."""

    code = "revocations_unknown"


class KeySetError(ValueError):
    """A JWK Set can't be used as verification keys: a fault of configuration or of the issuer, not of a token."""
