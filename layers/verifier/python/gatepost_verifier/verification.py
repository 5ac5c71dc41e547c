"""Verifying an access token: form, key, algorithm, signature, claims, in this order (RFC 9068 section 4)."""

from typing import Any

from gatepost_verifier.claims import AccessToken, check_claims
from gatepost_verifier.envelope import encode, parse
from gatepost_verifier.errors import AlgorithmNotAllowed, SignatureInvalid, UnknownKey
from gatepost_verifier.key_set import KeyLookup, VerificationKey

LEEWAY = 30
"""Seconds by which the clocks of issuer and verifier may differ."""


def verify_access_token(
    token: str, *, issuer: str, audience: str, keys: KeyLookup, now: float, leeway: int = LEEWAY
) -> AccessToken:
    """Verify a compact JWS access token at `now`, seconds since the epoch (RFC 9068 section 4, RFC 8725 section 3).

    It is taken while iat - leeway <= now < exp + leeway. Raises a VerificationError saying which check failed, ValueError
    if `issuer` or `audience` is empty, and whatever `keys` raises.
    """
    check_configuration(issuer, audience, leeway)
    payload, _ = signed_payload(encode(token), keys)
    return check_claims(payload, issuer=issuer, audience=audience, now=now, leeway=leeway)


def signed_payload(encoded: bytes, keys: KeyLookup) -> tuple[dict[str, Any], VerificationKey]:
    """The payload of an encoded token, and the key of the issuer's that signed it. Its claims are still to be checked.

    Raises a VerificationError, and whatever `keys` raises.
    """
    envelope = parse(encoded)
    key = keys(envelope.kid)
    if key is None:
        raise UnknownKey("the issuer has no key of this kid")
    # The header must not choose how a key is used (RFC 8725 section 3.1).
    if envelope.alg != key.alg:
        raise AlgorithmNotAllowed("alg isn't the algorithm of the key")
    if not key.algorithm.verify(envelope.signing_input, key.key, envelope.signature):
        raise SignatureInvalid("the signature doesn't fit")
    return envelope.payload, key


def check_configuration(issuer: str, audience: str, leeway: int) -> None:
    """Raise ValueError without an issuer or an audience, or for a negative leeway."""
    if not issuer or not audience:
        raise ValueError("an issuer and an audience must be configured")
    if leeway < 0:
        raise ValueError("leeway can't be negative")
