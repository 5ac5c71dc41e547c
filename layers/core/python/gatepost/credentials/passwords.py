"""Passwords: what is accepted as a new one, and how they are kept (NIST SP 800-63B, section 5.1.1.2; RFC 9106)."""

import logging
import re
import secrets
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from gatepost.credentials.normalization import normalized

_logger = logging.getLogger(__name__)

MIN_LENGTH = 12  # code points
MAX_LENGTH = 256
# No spelling of a password of MAX_LENGTH code points (in NFC) is longer; what is gets refused before it's normalised.
MAX_SPELT = 4 * MAX_LENGTH

# OWASP's first choice: 19 MiB, two passes, one lane. Where they rise, each stored hash rises at its next sign-in.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

# The hash of a random password that nobody knows, verified where there is no account, so that both cost the same.
# Made with the parameters above; a test holds the two together.
DUMMY_HASH = "$argon2id$v=19$m=19456,t=2,p=1$IbQXhKmKo6o0mSrUI72szQ$T4EJvCwH3OHx4WVPevrbGAGh0ofgbt7/uplfLyJxpDo"
# Its salt of 16 bytes and hash of 32 in base64, whose last letters have bits to spare, which are zero.
_SALT_AND_HASH = re.compile(r"\$[A-Za-z0-9+/]{21}[AQgw]\$[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]")


def refusal(password: str) -> str | None:
    """Return why `password` can't be a new password, or None if it can. Any characters do; there are no composition rules."""
    if is_too_long(password):
        return f"has more than {MAX_LENGTH} characters"
    if len(normalized(password)) < MIN_LENGTH:
        return f"has fewer than {MIN_LENGTH} characters"
    return None


def is_too_long(password: str) -> bool:
    """Return whether `password` is longer than any can be, in whichever spelling."""
    return len(password) > MAX_SPELT or len(normalized(password)) > MAX_LENGTH


def hash_password(password: str) -> str:
    """Return the Argon2id hash of `password` in PHC string form. It must not be too long."""
    return _hasher.hash(normalized(password))


def no_password() -> str:
    """Return a hash that is nobody's password: random, and looking like any other. It costs nothing to make."""
    salt, made = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"{_parameters()}${salt}${made}"


def verify_password(password: str, password_hash: str | None) -> bool:
    """Return whether `password` is the one that was hashed; with None, where there's no account, do the same work and
    return False.

    A hash of another kind than ours costs what it costs, and then one of ours is verified as well, whatever came out: so
    no refusal is cheaper than that of an address without an account. One that can't be used is nobody's password.
    """
    if password_hash and needs_upgrade(password_hash):
        right = _verify_legacy(password, password_hash)
        _verify_own(password, DUMMY_HASH)
        return right
    return _verify_own(password, password_hash or DUMMY_HASH) and bool(password_hash)


def needs_upgrade(password_hash: str) -> bool:
    """Return whether a stored hash is another than `hash_password` makes: of other parameters, or of another system."""
    parameters = _parameters()
    return not (password_hash.startswith(parameters) and _SALT_AND_HASH.fullmatch(password_hash, len(parameters)))


def _parameters() -> str:
    """Return the beginning of every hash that `hash_password` makes."""
    return DUMMY_HASH.rsplit("$", 2)[0]


def _verify_own(password: str, password_hash: str) -> bool:
    try:
        return _hasher.verify(password_hash, normalized(password))
    except VerifyMismatchError:
        return False


def _verify_legacy(password: str, password_hash: str) -> bool:
    # Read only where such a hash is stored.
    from gatepost.credentials import legacy_hashes  # noqa: PLC0415

    try:
        return legacy_hashes.verify(password, password_hash)
    except legacy_hashes.UnknownHash as exc:
        _logger.error("no password is right for a stored hash that can't be used: %s", exc)
        return False
