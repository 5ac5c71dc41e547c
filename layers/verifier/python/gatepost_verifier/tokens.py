"""What a resource server has for its whole life: a verifier, which knows keys, revocations, and the tokens it saw last."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

from gatepost_verifier.claims import AccessToken, check_claims, check_times
from gatepost_verifier.envelope import encode
from gatepost_verifier.errors import TokenRevoked, VerificationError
from gatepost_verifier.key_set import KeyLookup
from gatepost_verifier.revocations import RevocationList, RevocationSource
from gatepost_verifier.settings import Settings
from gatepost_verifier.token_cache import TokenCache, Verified
from gatepost_verifier.verification import LEEWAY, check_configuration, signed_payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """What a resource server configures once: `issuer` and its `keys`, its own `audience`, `leeway` in seconds.

    Without `revocations` a token is taken until it expires. May be used by several threads. Raises ValueError without an issuer
    or an audience, so that a service that wasn't told whose tokens to take doesn't start.
    """

    issuer: str
    audience: str
    keys: KeyLookup
    revocations: RevocationSource | None = None
    leeway: int = LEEWAY
    clock: Callable[[], float] = time.time
    cache: TokenCache = field(default_factory=TokenCache, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_configuration(self.issuer, self.audience, self.leeway)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The verifier that `settings` ask for."""
        return cls(issuer=settings.issuer, audience=settings.audience, keys=settings.keys, revocations=settings.revocations)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The verifier that the environment asks for, see `settings`. Raises SettingsError, which names the variable."""
        return cls.from_settings(Settings.from_environment(environ))

    def verify(self, token: str) -> AccessToken:
        """Verify `token` now: the claims of one that is good, see `verify_access_token`, and not revoked.

        Raises a VerificationError saying which check failed, and whatever `keys` raises.
        """
        now = self.clock()
        encoded = encode(token)
        digest = sha256(encoded).digest()
        known = self.cache.get(digest)
        try:
            # A key that was fetched anew is another object, and one that was withdrawn is none: both verify again. So does what
            # another verifier found out, where two have one cache (`dataclasses.replace` leaves it as it is).
            if known is not None and self._takes(known.token) and self.keys(known.key.kid) is known.key:
                check_times(known.token, now, self.leeway)
                verified = known
            else:
                verified = self._verify(encoded, now)
            if self.revocations is not None:
                verified = _not_revoked(verified, self.revocations.current())
        except VerificationError:
            self.cache.drop(digest)
            raise
        if verified is not known:
            self.cache.keep(digest, verified, len(encoded), now - self.leeway)
        return verified.token

    def _takes(self, token: AccessToken) -> bool:
        return token.iss == self.issuer and self.audience in token.aud

    def _verify(self, encoded: bytes, now: float) -> Verified:
        if self.revocations is not None:
            self.revocations.begin()  # beside the first fetch of the keys
        payload, key = signed_payload(encoded, self.keys)
        verified = check_claims(payload, issuer=self.issuer, audience=self.audience, now=now, leeway=self.leeway)
        return Verified(verified, key)


def _not_revoked(verified: Verified, current: RevocationList) -> Verified:
    """`verified`, which `current` doesn't name. Raises TokenRevoked."""
    if current is verified.not_named_by:
        return verified
    if current.names(verified.token, verified.key.kid):
        raise TokenRevoked("the issuer has revoked the token")
    return Verified(verified.token, verified.key, current)
