"""The life of signing keys, as pure functions over the ring.

A key is *standby* from when it's made: published, so that verifiers who cache the key set know it before it signs. One
key *signs*. A *retired* key signs nothing any more and stays published until the last token it signed has expired. A key
that mustn't be trusted any more is *removed*, in whichever state it is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from gatepost.conflicts import RotationPending

# Seconds. Verifiers may keep the key set for two hours. What they get may have been in an HTTP cache for half an hour, and come
# from an environment that read the ring a minute before.
PUBLISHED_BEFORE_USE = 3 * 3600
ROTATION_PERIOD = 30 * 86400
# A warm environment may sign with the old key until it re-reads the ring (60 s); its token lives 900 s, and verifiers
# allow 30 s. No two of the clocks that tell when it retired, when its last token expires and when it is dropped may be more
# than 30 s apart.
RETIRED_LIFETIME = 60 + 900 + 30 + 2 * 30
# Seconds for which verifiers are told of a removed key. In an outage they keep a key set for 25 hours, and what they got may
# have been in an HTTP cache.
REMOVED_LISTED = 26 * 3600


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
    further: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class RemovedKey:
    """A key that mustn't be trusted any more, and since when, in seconds since the epoch."""

    kid: str
    removed_at: int
    further: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class KeyRing:
    """All keys that may verify a token; `version` is raised by one with each change and is 0 before the first keys.

    `rotation_due` says that a rotation was asked for which waits until a standby key was published for long enough, and
    `last_request` which request asked last for a change. `removed` are the keys that verifiers must hear of. `further`, here
    and in its keys, is what newer code keeps with it.
    """

    version: int
    keys: tuple[SigningKey, ...]
    rotation_due: bool = False
    last_request: str = ""
    removed: tuple[RemovedKey, ...] = ()
    further: dict[str, Any] = field(default_factory=dict, compare=False)

    def signing(self) -> SigningKey | None:
        """Return the key that signs, or None if the deployment hasn't made one."""
        return next((key for key in self.keys if key.state == "signing"), None)

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Return the public JWK Set (RFC 7517, section 5)."""
        return {"keys": [key.public_jwk for key in self.keys]}

    def removed_lately(self, now: int) -> tuple[RemovedKey, ...]:
        """Return the keys that somebody who kept a key set may still trust at `now`."""
        return tuple(key for key in self.removed if now < key.removed_at + REMOVED_LISTED)


def first_ring(now: int, make_key: Callable[[], SigningKey]) -> KeyRing:
    """Return the ring of a new deployment: one key signs, since no verifier has cached anything yet; one stands by."""
    return KeyRing(version=1, keys=(replace(make_key(), state="signing", state_since=now), make_key()))


def rotated(ring: KeyRing, now: int, make_key: Callable[[], SigningKey]) -> KeyRing:
    """Return the ring as it should be at `now`: the same object if nothing is due.

    The oldest standby key is promoted when the signing key has served its period, or a rotation was asked for, but never
    before it was published for `PUBLISHED_BEFORE_USE`; where no other stands by, a new one takes its place. Retired keys
    that can't verify anything any more are dropped.
    """
    keys, due = _kept(ring, now), ring.rotation_due
    signing = next(key for key in keys if key.state == "signing")
    aged = _aged_standby(keys, now)
    if aged and (due or now >= signing.state_since + ROTATION_PERIOD):
        keys, due = _promoted(keys, aged, now), False
    if not any(key.state == "standby" for key in keys):
        keys.append(make_key())
    if tuple(keys) == ring.keys:
        return ring
    return _successor(ring, now, keys, due)


def rotated_early(ring: KeyRing, now: int, make_key: Callable[[], SigningKey], request: str) -> KeyRing:
    """Return the ring after `request` has asked for a rotation before it's due: the same object if it has before.

    In any case it has a new key, published from now on. If a standby key was published for long enough, it signs from now
    on; else that waits (`rotation_due`), and `rotated` does it as soon as one was.

    Raises:
        RotationPending: one waits already.
    """
    if request == ring.last_request:
        return ring
    if ring.rotation_due:
        raise RotationPending
    keys = _kept(ring, now)
    aged = _aged_standby(keys, now)
    if aged:
        keys = _promoted(keys, aged, now)
    return _successor(ring, now, [*keys, make_key()], aged is None, last_request=request)


def removed(ring: KeyRing, now: int, make_key: Callable[[], SigningKey], kid: str, request: str) -> KeyRing:
    """Return the ring after `request` has asked to remove the key `kid`, whatever it does: the same object if it isn't there.

    If it was the one that signs, the oldest standby key signs from now on, for however short a time it was published; a new
    one where none stands by. That is the rotation which was perhaps due.
    """
    if all(key.kid != kid for key in ring.keys):
        return ring
    keys, due = [key for key in _kept(ring, now) if key.kid != kid], ring.rotation_due
    if all(key.state != "signing" for key in keys):
        if (successor := _oldest_standby(keys)) is None:
            keys.append(successor := make_key())
        keys, due = _promoted(keys, successor, now), False
    return _successor(ring, now, keys, due, last_request=request, removed=(*ring.removed, RemovedKey(kid, now)))


def _successor(ring: KeyRing, now: int, keys: Iterable[SigningKey], due: bool, **changes: Any) -> KeyRing:
    changed = replace(ring, version=ring.version + 1, keys=tuple(keys), rotation_due=due, **changes)
    return replace(changed, removed=changed.removed_lately(now))


def _kept(ring: KeyRing, now: int) -> list[SigningKey]:
    return [key for key in ring.keys if key.state != "retired" or now < key.state_since + RETIRED_LIFETIME]


def _oldest_standby(keys: Iterable[SigningKey]) -> SigningKey | None:
    return min((key for key in keys if key.state == "standby"), key=lambda key: key.created_at, default=None)


def _aged_standby(keys: Iterable[SigningKey], now: int) -> SigningKey | None:
    """Return the oldest standby key, if it was published for long enough to sign."""
    oldest = _oldest_standby(keys)
    return oldest if oldest and now >= oldest.created_at + PUBLISHED_BEFORE_USE else None


def _promoted(keys: Iterable[SigningKey], standby: SigningKey, now: int) -> list[SigningKey]:
    """Return `keys` after `standby` has taken the place of the one that signs."""

    def moved(key: SigningKey) -> SigningKey:
        if key.state == "signing":
            return replace(key, state="retired", state_since=now)
        return replace(key, state="signing", state_since=now) if key is standby else key

    return [moved(key) for key in keys]


def next_to_sign(ring: KeyRing) -> tuple[SigningKey, int] | None:
    """Return which key signs next, and from when on at the earliest, in seconds since the epoch; None where none stands by."""
    signing, oldest = ring.signing(), _oldest_standby(ring.keys)
    if signing is None or oldest is None:
        return None
    published = oldest.created_at + PUBLISHED_BEFORE_USE
    return oldest, published if ring.rotation_due else max(published, signing.state_since + ROTATION_PERIOD)
