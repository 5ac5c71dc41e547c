"""What stored hashes are made of: numbers within bounds, and base64."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass

# Tells whether a password, as bytes, is the one that was hashed.
Matches = Callable[[bytes], bool]

# A shorter hash would let wrong passwords in by chance, a longer one is more work.
HASH_BYTES = range(16, 65)
SALT_BYTES = range(1, 129)
# p of scrypt and Argon2.
LANES = range(1, 17)

# passlib writes `.` for `+`, Firebase's SDKs write the URL-safe alphabet (RFC 4648, section 5): no letter has two meanings.
_ALPHABETS = str.maketrans("._-", "+/+")


class UnknownHash(ValueError):
    """A stored hash is none that can or may be verified. The text says why, and never repeats the hash."""


@dataclass(frozen=True)
class Form:
    """A text form of hashes. `read` takes the whole text and the named groups of `pattern`, and raises `UnknownHash`."""

    pattern: re.Pattern[str]
    read: Callable[..., Matches]


def digits(name: str) -> str:
    """Return, for a pattern, the group `name` of a number."""
    return rf"(?P<{name}>[1-9][0-9]{{0,9}})"


def base64(name: str) -> str:
    """Return, for a pattern, the group `name` of something in base64."""
    return rf"(?P<{name}>[A-Za-z0-9+/._-]*={{0,2}})"


def number(text: str, name: str, bounds: range) -> int:
    """Return `text`, which is digits, as a number within `bounds`. Raises `UnknownHash`."""
    if int(text) not in bounds:
        raise UnknownHash(f"{name} is not from {bounds.start} to {bounds.stop - 1}")
    return int(text)


def decoded(text: str, name: str, lengths: range) -> bytes:
    """Decode base64 of any of the alphabets in use, padded or not. Raises `UnknownHash`."""
    text = text.rstrip("=").translate(_ALPHABETS)
    try:
        value = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as exc:
        raise UnknownHash(f"{name} is not base64") from exc
    if b64encode(value).decode().rstrip("=") != text:
        raise UnknownHash(f"{name} is damaged")
    if len(value) not in lengths:
        raise UnknownHash(f"{name} has not {lengths.start} to {lengths.stop - 1} bytes")
    return value


def keyed(matches: Matches) -> Matches:
    """Return `matches` for an algorithm that uses the password as the key of an HMAC, which is padded with NULs: one that
    ends with a NUL would be taken for another, and is taken for none.
    """
    return lambda password: not password.endswith(b"\0") and matches(password)
