"""The life of signing keys, as pure functions over the ring.

A key is *standby* from when it's made: published, so that verifiers who cache the key set know it before it signs. One
key *signs*. A *retired* key signs nothing any more and stays published until the last token it signed has expired.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

# Seconds. Verifiers may keep the key set for two hours. What they get may have been in an HTTP cache for half an hour, and come
# from an environment that read the ring a minute before.
PUBLISHED_BEFORE_USE = 3 * 3600
ROTATION_PERIOD = 30 * 86400
# A warm environment may sign with the old key until it re-reads the ring (60 s); its token lives 900 s, and verifiers
# allow 30 s.
RETIRED_LIFETIME = 60 + 900 + 30


@dataclass(frozen=True)
class SigningKey:
    """One key of the ring.

    `public_jwk` is the public part as a JWK (RFC 7517) with `kid`, `alg` and `use`; `wrapped_private` the private part, PKCS #8
    encrypted by KMS. `state_since` is when it entered its state, in seconds since the epoch.
    """

    kid: str
    algorithm: str
    public_jwk: dict[str, Any]
    wrapped_private: bytes
    state: Literal["standby", "signing", "retired"]
    state_since: int
    created_at: int


@dataclass(frozen=True)
class KeyRing:
    """All keys that may verify a token; `version` is raised by one with each change and is 0 before the first keys."""

    version: int
    keys: tuple[SigningKey, ...]

    def signing(self) -> SigningKey | None:
        """Return the key that signs, or None if the deployment hasn't made one."""
        return next((key for key in self.keys if key.state == "signing"), None)

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Return the public JWK Set (RFC 7517, section 5)."""
        return {"keys": [key.public_jwk for key in self.keys]}


def first_ring(now: int, make_key: Callable[[], SigningKey]) -> KeyRing:
    """Return the ring of a new deployment: one key signs, since no verifier has cached anything yet; one stands by."""
    return KeyRing(version=1, keys=(replace(make_key(), state="signing", state_since=now), make_key()))


def rotated(ring: KeyRing, now: int, make_key: Callable[[], SigningKey], *, early: bool = False) -> KeyRing:
    """Return the ring as it should be at `now`: the same object if nothing is due.

    The standby key is promoted when the signing key has served its period (or at once if `early`), but never before it
    was published for `PUBLISHED_BEFORE_USE`; a new one takes its place. Retired keys that can't verify anything any
    more are dropped.
    """
    keys = [key for key in ring.keys if key.state != "retired" or now < key.state_since + RETIRED_LIFETIME]
    signing = next(key for key in keys if key.state == "signing")
    standby = next((key for key in keys if key.state == "standby"), None)
    due = early or now >= signing.state_since + ROTATION_PERIOD
    if standby is None:
        keys.append(make_key())
    elif due and now >= standby.created_at + PUBLISHED_BEFORE_USE:
        keys[keys.index(signing)] = replace(signing, state="retired", state_since=now)
        keys[keys.index(standby)] = replace(standby, state="signing", state_since=now)
        keys.append(make_key())
    if tuple(keys) == ring.keys:
        return ring
    return KeyRing(version=ring.version + 1, keys=tuple(keys))
