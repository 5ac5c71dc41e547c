"""Refresh tokens: opaque, and enough to find their session by one key."""

import secrets
from dataclasses import dataclass, replace
from typing import Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gatepost.identifiers import SECRET_BYTES, TokenKind, decode_token, digest, encode_token, new_secret

FAMILY_SECRET_BYTES = 16
_ID_BYTES = 16
_NONCE_BYTES = 12


@dataclass(frozen=True)
class RefreshToken:
    """A refresh token.

    `family` is the same in all tokens of a session and must match before anything counts as reuse, since the ids are in
    every access token; `secret` is this token's own.
    """

    user_id: str
    session_id: str
    family: bytes
    secret: bytes

    @classmethod
    def decode(cls, token: str) -> Self:
        """Return the parts of `token`. Raises `ValueError` if it's not a refresh token."""
        user_id, session_id, family, secret = decode_token(
            token, TokenKind.REFRESH, _ID_BYTES, _ID_BYTES, FAMILY_SECRET_BYTES, SECRET_BYTES
        )
        return cls(user_id.hex(), session_id.hex(), family, secret)

    def encode(self) -> str:
        """Return the token as clients hold it."""
        return encode_token(
            TokenKind.REFRESH, bytes.fromhex(self.user_id), bytes.fromhex(self.session_id), self.family, self.secret
        )

    @property
    def family_digest(self) -> bytes:
        """What the table knows of the family secret."""
        return digest(self.family)

    @property
    def secret_digest(self) -> bytes:
        """What the table knows of the token's own secret."""
        return digest(self.secret)

    def successor(self) -> Self:
        """Return a new token of the same session."""
        return replace(self, secret=new_secret())

    def seal(self, successor: "RefreshToken") -> bytes:
        """Return the secret of `successor` encrypted under a key that only the holder of this token can derive (RFC 5869)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher().encrypt(nonce, successor.secret, None)

    def unseal(self, sealed: bytes) -> Self:
        """Return the successor that `seal` was given. Raises `cryptography.exceptions.InvalidTag` if another token
        sealed it.
        """
        return replace(self, secret=self._cipher().decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None))

    def _cipher(self) -> AESGCM:
        salt = bytes.fromhex(self.session_id)
        return AESGCM(HKDF(SHA256(), length=32, salt=salt, info=b"gatepost refresh token successor").derive(self.secret))
