"""Verifying an access token: form, key, algorithm, signature, claims, in this order (RFC 9068 section 4)."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gatepost_verifier.claims import AccessToken, check_claims
from gatepost_verifier.envelope import parse
from gatepost_verifier.errors import AlgorithmNotAllowed, SignatureInvalid, UnknownKey
from gatepost_verifier.key_set import VerificationKey

LEEWAY = 30
"""Seconds by which the clocks of issuer and verifier may differ."""

KeyLookup = Callable[[str], VerificationKey | None]
"""The issuer's key of a `kid`, None if it has none: `.get` of a parsed key set, or a function that also refreshes one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """What a resource server configures once: `issuer` and its `keys`, its own `audience`, `leeway` in seconds.

    Raises ValueError without an issuer or an audience, so that a service that wasn't told whose tokens to take doesn't start.
    """

    issuer: str
    audience: str
    keys: KeyLookup
    leeway: int = LEEWAY
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        _check_settings(self.issuer, self.audience, self.leeway)

    def verify(self, token: str) -> AccessToken:
        """Verify `token` now; see `verify_access_token`."""
        return verify_access_token(
            token, issuer=self.issuer, audience=self.audience, keys=self.keys, now=self.clock(), leeway=self.leeway
        )


def verify_access_token(
    token: str, *, issuer: str, audience: str, keys: KeyLookup, now: float, leeway: int = LEEWAY
) -> AccessToken:
    """Verify a compact JWS access token at `now`, seconds since the epoch (RFC 9068 section 4, RFC 8725 section 3).

    It is taken while iat - leeway <= now < exp + leeway. Raises a VerificationError saying which check failed, ValueError
    if `issuer` or `audience` is empty, and whatever `keys` raises.
    """
    _check_settings(issuer, audience, leeway)
    envelope = parse(token)
    key = keys(envelope.kid)
    if key is None:
        raise UnknownKey("the issuer has no key of this kid")
    # The header must not choose how a key is used (RFC 8725 section 3.1).
    if envelope.alg != key.alg:
        raise AlgorithmNotAllowed("alg isn't the algorithm of the key")
    if not key.algorithm.verify(envelope.signing_input, key.key, envelope.signature):
        raise SignatureInvalid("the signature doesn't fit")
    return check_claims(envelope.payload, issuer=issuer, audience=audience, now=now, leeway=leeway)


def _check_settings(issuer: str, audience: str, leeway: int) -> None:
    if not issuer or not audience:
        raise ValueError("an issuer and an audience must be configured")
    if leeway < 0:
        raise ValueError("leeway can't be negative")
