"""One-time tokens of a user in the Sessions table: at most one of each kind, the newest."""

import secrets
from dataclasses import dataclass
from typing import Any

from gatepost import clock
from gatepost.identifiers import TokenKind, decode_token, digest, encode_token
from gatepost.storage import keys
from gatepost.storage.keys import Key
from gatepost.storage.writes import Item, Write, delete, put

_USER_ID_BYTES = 16
_SECRET_BYTES = 34  # with the user's id and the kind a multiple of three


@dataclass(frozen=True)
class OneTimeToken:
    """A token as it was mailed: whose it is, and its secret."""

    kind: TokenKind
    user_id: str
    secret: bytes

    @classmethod
    def new(cls, kind: TokenKind, user_id: str) -> "OneTimeToken":
        """Return a new token of `kind` for a user."""
        return cls(kind, user_id, secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def decode(cls, kind: TokenKind, token: str) -> "OneTimeToken":
        """Return the parts of `token`. Raises `ValueError` if it's not a token of `kind`."""
        user_id, secret = decode_token(token, kind, _USER_ID_BYTES, _SECRET_BYTES)
        return cls(kind, user_id.hex(), secret)

    def encode(self) -> str:
        """Return the token as it's mailed."""
        return encode_token(self.kind, bytes.fromhex(self.user_id), self.secret)

    @property
    def key(self) -> Key:
        """Where what the table knows of it lies."""
        return _KEYS[self.kind](self.user_id)

    def opens(self, item: Item | None, *, not_before: int) -> bool:
        """Return whether `item`, read at `key`, is this token's, and still good: not expired, and issued at `not_before`, the
        time of the last restore, or later.
        """
        return (
            item is not None
            and not_before <= _issued_at(item)
            and clock.now() < item["expires_at"]
            and bool(item["secret_digest"] == digest(self.secret))
        )


_KEYS = {
    TokenKind.PASSWORD_RESET: keys.password_reset,
    TokenKind.EMAIL_CHANGE: keys.email_change,
    TokenKind.INVITATION: keys.invitation,
}


def _issued_at(item: Item) -> int:
    # An invitation has a word of its own. What an earlier version has written doesn't say: it's from before any restore.
    return int(item.get("issued_at") or item.get("invited_at") or 0)


def write(table: str, token: OneTimeToken, lifetime: int, *, key: Key | None = None, **what: Any) -> Write:
    """Write what the table is to know of `token`, in place of any other of its kind; `what` it's for; `lifetime` in seconds.

    With another `key` it's a decoy.
    """
    now = clock.now()
    item = {"secret_digest": digest(token.secret), "issued_at": now, "expires_at": now + lifetime, **what}
    return put(table, {**(key or token.key), **item})


def use(table: str, token: OneTimeToken) -> Write:
    """Delete what the table knows of `token`, provided that it's still the newest."""
    return delete(table, token.key, "secret_digest = :digest", digest=digest(token.secret))
