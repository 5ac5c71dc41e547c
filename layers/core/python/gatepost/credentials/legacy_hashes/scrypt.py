"""scrypt (RFC 7914), and what Firebase made of it."""

import hashlib
import hmac
import re
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from gatepost.credentials.legacy_hashes import fields
from gatepost.credentials.legacy_hashes.fields import Form, Matches, UnknownHash, base64, decoded, digits, keyed, number

_BLOCKS = 2**20  # N * r, of 128 bytes each: 128 MiB, OWASP's first choice
_WORK = 2**21  # N * r * p: one second of one core


def _read(stored: str, ln: str, r: str, p: str, salt: str, known: str) -> Matches:
    key = decoded(known, "the hash", fields.HASH_BYTES)
    derive = _deriving(ln, r, p, decoded(salt, "the salt", fields.SALT_BYTES), len(key))
    return keyed(lambda password: hmac.compare_digest(derive(password), key))


def _read_firebase(stored: str, ln: str, r: str, p: str, separator: str | None, signer: str, salt: str, known: str) -> Matches:
    """Firebase encrypts a key of the project, the same for all its users, under what scrypt derives from the password.

    https://github.com/firebase/scrypt
    """
    signer_key, sealed = decoded(signer, "the signer key", fields.HASH_BYTES), decoded(known, "the hash", fields.HASH_BYTES)
    if len(signer_key) != len(sealed):
        raise UnknownHash("the hash is not as long as the signer key")
    whole_salt = decoded(salt, "the salt", fields.SALT_BYTES) + decoded(separator or "", "the salt separator", range(65))
    derive = _deriving(ln, r, p, whole_salt, 32)

    def matches(password: bytes) -> bool:
        encryptor = Cipher(AES256(derive(password)), CTR(bytes(16))).encryptor()
        return hmac.compare_digest(encryptor.update(signer_key) + encryptor.finalize(), sealed)

    return keyed(matches)


def _deriving(ln: str, r: str, p: str, salt: bytes, length: int) -> Callable[[bytes], bytes]:
    n, blocks, lanes = 2 ** number(ln, "ln", range(1, 21)), number(r, "r", range(1, 65)), number(p, "p", fields.LANES)
    if n * blocks > _BLOCKS or n * blocks * lanes > _WORK:
        raise UnknownHash("it would take too much memory or time")
    # OpenSSL refuses what needs more than `maxmem`, and counts some blocks besides N.
    memory = 128 * blocks * (n + lanes + 2)
    return lambda password: hashlib.scrypt(password, salt=salt, n=n, r=blocks, p=lanes, maxmem=memory, dklen=length)


FORMS = (
    Form(
        re.compile(rf"\$scrypt\$ln={digits('ln')},r={digits('r')},p={digits('p')}\${base64('salt')}\${base64('known')}"), _read
    ),
    # Firebase exports parts and has no text form. This one, which Supabase takes too, holds all that is needed.
    Form(
        re.compile(
            rf"\$fbscrypt\$v=1,n={digits('ln')},r={digits('r')},p={digits('p')}(?:,ss={base64('separator')})?"
            rf",sk={base64('signer')}\${base64('salt')}\${base64('known')}"
        ),
        _read_firebase,
    ),
)
