"""Argon2 of any kind and with any parameters (RFC 9106), ours of former days included."""

import re
from functools import partial

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError, VerifyMismatchError

from gatepost.credentials.legacy_hashes import fields
from gatepost.credentials.legacy_hashes.fields import Form, Matches, UnknownHash, decoded, digits, number

_MEMORY = 2**18  # KiB: 256 MiB
_WORK = 2**20  # KiB * passes: one second of one core

# Takes kind and parameters from the hash.
_verifier = PasswordHasher()


def _read(stored: str, m: str, t: str, p: str, salt: str, known: str) -> Matches:
    decoded(salt, "the salt", range(8, fields.SALT_BYTES.stop))
    decoded(known, "the hash", fields.HASH_BYTES)
    lanes = number(p, "p", fields.LANES)
    memory = number(m, "m", range(8 * lanes, _MEMORY + 1))
    if memory * number(t, "t", range(1, _WORK + 1)) > _WORK:
        raise UnknownHash("it would take too much time")
    return partial(_matches, stored)


def _matches(stored: str, password: bytes) -> bool:
    try:
        return _verifier.verify(stored, password)
    except VerifyMismatchError:
        return False
    except VerificationError as exc:
        raise UnknownHash("Argon2 can't verify it") from exc


FORMS = (
    Form(
        re.compile(
            rf"\$argon2(?:id|i|d)(?:\$v=(?:16|19))?\$m={digits('m')},t={digits('t')},p={digits('p')}"
            r"\$(?P<salt>[A-Za-z0-9+/]+)\$(?P<known>[A-Za-z0-9+/]+)"
        ),
        _read,
    ),
)
