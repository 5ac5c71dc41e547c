"""How an API key is spelt: `gp_<id>_<secret>`, in ASCII letters and digits alone but for the two underscores.

The id is that of its owner and 64 random bits, in hexadecimal: as with a refresh token, what is presented says where its item
lies. The secret is 256 random bits in base 62, and in six digits more the CRC-32 of all that stands before them: a scanner of
source code tells a key by it from what only looks like one, and a truncated key costs no read. There is exactly one spelling.
"""

import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from typing import Self

from gatepost.identifiers import digest

PREFIX = "gp_"
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_LENGTH = 43  # the least power of 62 that is above 2**256
_CHECKSUM_LENGTH = 6  # and above 2**32
_OWNER_LENGTH = 32
_OWN_BYTES = 8
_ID = re.compile(r"[0-9a-f]{48}")
_KEY = re.compile(r"gp_([0-9a-f]{48})_([0-9A-Za-z]{43})[0-9A-Za-z]{6}")


@dataclass(frozen=True)
class SpelledKey:
    """An API key as its holder has it: its id, and the secret that only its holder knows."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls, user_id: str) -> Self:
        """Return a new key of a user."""
        secret = "".join(secrets.choice(_DIGITS) for _ in range(_SECRET_LENGTH))
        return cls(user_id + secrets.token_hex(_OWN_BYTES), secret)

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return the key that `text` spells. Raises `ValueError` if it's not exactly one."""
        parts = _KEY.fullmatch(text)
        if parts is None:
            raise ValueError("not an API key")
        key = cls(parts[1], parts[2])
        if key.encode() != text:
            raise ValueError("an API key with a wrong checksum")
        return key

    def encode(self) -> str:
        """Return the key as its holder has it."""
        content = f"{shown(self.id)}_{self.secret}"
        return content + _base62(zlib.crc32(content.encode()))

    @property
    def user_id(self) -> str:
        """The id of its owner."""
        return owner_of(self.id)

    @property
    def secret_digest(self) -> bytes:
        """What the table knows of the secret."""
        return digest(self.secret.encode())


def is_id(text: str) -> bool:
    """Return whether `text` could be the id of an API key; nothing else may go into a key of a table."""
    return _ID.fullmatch(text) is not None


def owner_of(key_id: str) -> str:
    """Return the id of the user whose API key has this id."""
    return key_id[:_OWNER_LENGTH]


def shown(key_id: str) -> str:
    """Return the beginning of the key with this id, by which its owner knows it again."""
    return PREFIX + key_id


def _base62(number: int) -> str:
    digits = ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
