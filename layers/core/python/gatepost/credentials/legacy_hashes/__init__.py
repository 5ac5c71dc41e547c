"""Password hashes as other systems keep them, and as this one did before its parameters rose.

A stored hash of one of these forms is good for one more sign-in, which replaces it by one of our own (`sign_in`). What
would take more than a few seconds of a function, or more memory than it has, is refused when it's read, whatever the
password. docs/decisions/0007-legacy-hashes.md says why the forms and the bounds are these.

Import it only where such a hash is stored, or is about to be.
"""

from gatepost.credentials.legacy_hashes import argon2, bcrypt, pbkdf2, scrypt
from gatepost.credentials.legacy_hashes.fields import Matches, UnknownHash
from gatepost.credentials.normalization import normalized

__all__ = ["Matches", "UnknownHash", "parse", "verify"]

_FORMS = (*argon2.FORMS, *bcrypt.FORMS, *pbkdf2.FORMS, *scrypt.FORMS)
_LONGEST = 1024  # characters of a stored hash


def verify(password: str, stored: str) -> bool:
    """Return whether `password` is the one that `stored` was made of.

    Most systems hash the bytes they are sent, as UTF-8, so the password is tried as it came, which is how its owner has
    always typed it; then in NFC, which is what ours do and those that normalise. They differ for few passwords.

    Raises:
        UnknownHash: `stored` is none that `parse` takes.
    """
    matches = parse(stored)
    return any(matches(spelling.encode()) for spelling in dict.fromkeys((password, normalized(password))))


def parse(stored: str) -> Matches:
    """Read a stored hash, and compute nothing yet.

    Raises:
        UnknownHash: its form isn't known, it's damaged, or it would cost too much.
    """
    if len(stored) <= _LONGEST:
        for form in _FORMS:
            if parts := form.pattern.fullmatch(stored):
                return form.read(stored, **parts.groupdict())
    raise UnknownHash("it has no form that is known")
