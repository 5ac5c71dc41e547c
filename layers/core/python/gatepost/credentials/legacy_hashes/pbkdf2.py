"""PBKDF2 with HMAC-SHA-256 and HMAC-SHA-512 (RFC 8018, section 5.2)."""

import hashlib
import hmac
import re

from gatepost.credentials.legacy_hashes import fields
from gatepost.credentials.legacy_hashes.fields import Form, Matches, UnknownHash, base64, decoded, digits, keyed, number

# So many take two seconds of one core with SHA-512; OWASP's choice is 600,000 with SHA-256.
_ITERATIONS = range(1, 2_500_001)


def _read(stored: str, digest: str, iterations: str, length: str | None, salt: str, known: str) -> Matches:
    matches = _matching(digest, iterations, decoded(salt, "the salt", fields.SALT_BYTES), known)
    if length is not None and int(length) != len(decoded(known, "the hash", fields.HASH_BYTES)):
        raise UnknownHash("the hash is not as long as it says")
    return matches


def _read_django(stored: str, iterations: str, salt: str, known: str) -> Matches:
    """Django's salt is text."""
    return _matching("sha256", iterations, salt.encode(), known)


def _matching(digest: str, iterations: str, salt: bytes, known: str) -> Matches:
    rounds, key = number(iterations, "the number of iterations", _ITERATIONS), decoded(known, "the hash", fields.HASH_BYTES)
    return keyed(lambda password: hmac.compare_digest(hashlib.pbkdf2_hmac(digest, password, salt, rounds, len(key)), key))


FORMS = (
    # A PHC string, `$pbkdf2-sha256$i=600000$…` or with `,l=32`, and passlib's without the letter.
    Form(
        re.compile(
            rf"\$pbkdf2-(?P<digest>sha256|sha512)\$(?:i=)?{digits('iterations')}(?:,l={digits('length')})?"
            rf"\${base64('salt')}\${base64('known')}"
        ),
        _read,
    ),
    Form(re.compile(rf"pbkdf2_sha256\${digits('iterations')}\$(?P<salt>[!-#%-~]{{1,128}})\${base64('known')}"), _read_django),
)
