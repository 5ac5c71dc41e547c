"""Secrets of confidential clients: 256 random bits, told once and kept as a digest."""

import hmac
from dataclasses import dataclass, field, replace
from typing import Any

from gatepost.conflicts import TooManyClientSecrets
from gatepost.identifiers import SECRET_BYTES, TokenKind, decode_token, digest, encode_token, new_secret

# For so long the one before still works after a rotation, so that every instance of the client gets the new one.
OVERLAP = 86_400  # seconds
MAX_SECRETS = 5


@dataclass(frozen=True)
class ClientSecret:
    """What is kept of a secret. Times are seconds since the epoch; the newest has no end. `further` is what newer code keeps
    with it.
    """

    digest: bytes
    created_at: int
    expires_at: int | None = None
    further: dict[str, Any] = field(default_factory=dict, compare=False)

    def is_alive(self, now: int) -> bool:
        """Return whether the secret works at `now`."""
        return self.expires_at is None or now < self.expires_at


def new(now: int) -> tuple[str, ClientSecret]:
    """Return a new secret as the client holds it, and what is kept of it."""
    secret = new_secret()
    return encode_token(TokenKind.CLIENT_SECRET, secret), ClientSecret(digest(secret), now)


def rotated(secrets: tuple[ClientSecret, ...], now: int) -> tuple[str, tuple[ClientSecret, ...]]:
    """Return a new secret as the client holds it, and what is kept then: the one before works `OVERLAP` longer.

    Raises:
        TooManyClientSecrets: as many as there may be still work.
    """
    alive = [secret for secret in secrets if secret.is_alive(now)]
    if len(alive) >= MAX_SECRETS:
        raise TooManyClientSecrets
    ending = (replace(secret, expires_at=now + OVERLAP) if secret.expires_at is None else secret for secret in alive)
    text, newest = new(now)
    return text, (*ending, newest)


def matches(secrets: tuple[ClientSecret, ...], presented: str, now: int) -> bool:
    """Return whether `presented` is one of `secrets` that works at `now`.

    Digests are compared, each of them whatever the others say: the time it takes tells nothing about a secret.
    """
    try:
        (secret,) = decode_token(presented, TokenKind.CLIENT_SECRET, SECRET_BYTES)
    except ValueError:
        return False
    known = [secret.digest for secret in secrets if secret.is_alive(now)]
    return sum(hmac.compare_digest(digest(secret), each) for each in known) > 0
