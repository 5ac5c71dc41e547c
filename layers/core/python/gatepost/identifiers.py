"""Identifiers and opaque tokens.

An opaque token is URL-safe base64 without padding (RFC 4648, section 5) over fixed-length parts, the first of which is
one byte that tells its kind. All layouts are multiples of three bytes long, so that a token has exactly one spelling.
"""

import base64
import binascii
import hashlib
import re
import secrets
from enum import IntEnum

SECRET_BYTES = 32
ID_PATTERN = r"^[0-9a-f]{32}$"
_ID = re.compile(r"[0-9a-f]{32}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


class TokenKind(IntEnum):
    """The first byte of an opaque token, so that no kind is ever taken for another."""

    EMAIL_VERIFICATION = 1
    REFRESH = 2
    PASSWORD_RESET = 3
    EMAIL_CHANGE = 4
    EMAIL_CODE = 5
    INVITATION = 6
    CLIENT_SECRET = 8


def new_id() -> str:
    """Return 128 random bits as 32 hexadecimal digits: the id of a user, a session, a mail."""
    return secrets.token_hex(16)


def new_secret() -> bytes:
    """Return 256 random bits."""
    return secrets.token_bytes(SECRET_BYTES)


def is_id(text: str) -> bool:
    """Return whether `text` could be an id made by `new_id`; nothing else may go into a key."""
    return _ID.fullmatch(text) is not None


def digest(secret: bytes) -> bytes:
    """Return the SHA-256 digest (32 bytes) under which a secret of full entropy is stored."""
    return hashlib.sha256(secret).digest()


def base64url(data: bytes) -> str:
    """Return `data` in URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def encode_token(kind: TokenKind, *parts: bytes) -> str:
    """Return the opaque token of `kind` made of `parts`."""
    data = bytes([kind]) + b"".join(parts)
    if len(data) % 3:
        raise ValueError("a token's length must be a multiple of three bytes, or it would have several spellings")
    return base64url(data)


def kind_of(token: str) -> TokenKind | None:
    """Return the kind that `token` says it is, whether or not it's a token at all."""
    try:
        return TokenKind(base64.urlsafe_b64decode(token[:4])[0])
    except (ValueError, IndexError):
        return None


def decode_token(token: str, kind: TokenKind, *lengths: int) -> tuple[bytes, ...]:
    """Return the parts of `token`, whose lengths in bytes are `lengths`.

    Raises:
        ValueError: if it's not exactly such a token.
    """
    size = 1 + sum(lengths)
    if len(token) != size * 4 // 3 or not _BASE64URL.fullmatch(token):
        raise ValueError("not an opaque token of this kind")
    try:
        data = base64.urlsafe_b64decode(token)
    except binascii.Error as exc:
        raise ValueError("not an opaque token of this kind") from exc
    if data[0] != kind:
        raise ValueError("an opaque token of another kind")
    parts, start = [], 1
    for length in lengths:
        parts.append(data[start : start + length])
        start += length
    return tuple(parts)
