"""Signing in a warm environment: the ring re-read at most once a minute, each private key unwrapped once."""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

import jwt

from gatepost import clock
from gatepost.errors import Unavailable
from gatepost.signing import private_keys
from gatepost.signing.ring import KeyRing, SigningKey
from gatepost_verifier import VerificationKey, parse_key_set

RING_MAX_AGE = 60  # seconds


class Signer:
    """Signs tokens and knows the keys that verify them. `read_ring` and `unwrap` raise `Unavailable` where their
    service fails.
    """

    def __init__(self, read_ring: Callable[[], KeyRing], unwrap: Callable[[bytes, str], bytes]) -> None:
        self._read_ring = read_ring
        self._unwrap = unwrap
        self._lock = Lock()
        self._ring = KeyRing(version=0, keys=())
        self._read_at = 0
        self._private_keys: dict[str, private_keys.PrivateKey] = {}
        self._verification_keys: Mapping[str, VerificationKey] = {}

    def sign(self, claims: dict[str, Any], token_type: str) -> str:
        """Return `claims` as a JWS in compact form (RFC 7515) with `token_type` as its `typ`.

        Raises:
            Unavailable: if the ring can't be read or has no key, or KMS can't unwrap one that isn't in memory.
        """
        key, private_key = self._signing_key()
        return jwt.encode(claims, private_key, algorithm=key.algorithm, headers={"kid": key.kid, "typ": token_type})

    def prepare(self) -> None:
        """Make sure that `sign` has what it needs, before something is done that can't be answered without. Raises
        `Unavailable` as `sign` does.
        """
        self._signing_key()

    def _signing_key(self) -> tuple[SigningKey, private_keys.PrivateKey]:
        key = self.ring().signing()
        if key is None:
            raise Unavailable(
                "The deployment has no signing key yet: the stack's custom resource SigningKeys makes the first two."
            )
        private_key = self._private_keys.get(key.kid)
        if private_key is None:
            private_key = self._private_keys[key.kid] = private_keys.load(self._unwrap(key.wrapped_private, key.kid))
        return key, private_key

    def newest_ring(self) -> KeyRing:
        """Return the ring as it is now; where it can't be read, as `ring` does. Raises `Unavailable`."""
        try:
            return self.ring(max_age=0)
        except Unavailable:
            return self.ring()

    def ring(self, max_age: int = RING_MAX_AGE) -> KeyRing:
        """Return the ring, at most `max_age` seconds old. Raises `Unavailable`."""
        with self._lock:
            if not self._ring.keys or not 0 <= clock.now() - self._read_at < max_age:
                # Before the call: DynamoDB may take seconds to tell what was so at once.
                read_at = clock.now()
                ring = self._read_ring()
                # Not by the version: a ring that was restored, or made anew, begins to count again.
                if ring != self._ring:
                    kids = {key.kid for key in ring.keys}
                    self._private_keys = {kid: key for kid, key in self._private_keys.items() if kid in kids}
                    self._verification_keys = parse_key_set(ring.jwks())
                self._ring, self._read_at = ring, read_at
            return self._ring

    def verification_keys(self) -> Mapping[str, VerificationKey]:
        """Return the keys that may verify a token, by `kid`. Raises `Unavailable`."""
        self.ring()
        return self._verification_keys
