"""Passwords: what is accepted as a new one, and how they are kept (NIST SP 800-63B, section 5.1.1.2; RFC 9106)."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

MIN_LENGTH = 12  # code points
MAX_LENGTH = 256
# No spelling of a password of MAX_LENGTH code points (in NFC) is longer; what is gets refused before it's normalised.
MAX_SPELT = 4 * MAX_LENGTH

# OWASP's first choice: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

# The hash of a random password that nobody knows, verified where there is no account, so that both cost the same.
# Made with the parameters above; a test holds the two together.
DUMMY_HASH = "$argon2id$v=19$m=19456,t=2,p=1$IbQXhKmKo6o0mSrUI72szQ$T4EJvCwH3OHx4WVPevrbGAGh0ofgbt7/uplfLyJxpDo"


def refusal(password: str) -> str | None:
    """Return why `password` can't be a new password, or None if it can. Any characters do; there are no composition rules."""
    if is_too_long(password):
        return f"has more than {MAX_LENGTH} characters"
    if len(_normalized(password)) < MIN_LENGTH:
        return f"has fewer than {MIN_LENGTH} characters"
    return None


def is_too_long(password: str) -> bool:
    """Return whether `password` is longer than any can be, in whichever spelling."""
    return len(password) > MAX_SPELT or len(_normalized(password)) > MAX_LENGTH


def hash_password(password: str) -> str:
    """Return the Argon2id hash of `password` in PHC string form. It must have passed `refusal`."""
    return _hasher.hash(_normalized(password))


def verify_password(password: str, password_hash: str | None) -> bool:
    """Return whether `password` is the one that was hashed; with None, where there's no account, do the same work and
    return False.
    """
    try:
        _hasher.verify(password_hash or DUMMY_HASH, _normalized(password))
    except VerificationError:
        return False
    return password_hash is not None


def needs_upgrade(password_hash: str) -> bool:
    """Return whether a stored hash was made with other parameters than new ones are."""
    return _hasher.check_needs_rehash(password_hash)


def _normalized(password: str) -> str:
    """NFC, so that a password typed on another keyboard system is the same; blanks and NUL stay significant."""
    return unicodedata.normalize("NFC", password)
