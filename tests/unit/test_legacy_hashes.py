"""Hashes of other systems: each form by what its makers published, and nothing that's damaged or dear (F10, I-24)."""

import hashlib
import random
import subprocess
import sys
import unicodedata
from base64 import b64encode
from contextlib import ExitStack
from unittest.mock import patch

import bcrypt
import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from gatepost.credentials import legacy_hashes
from gatepost.credentials.legacy_hashes import UnknownHash, parse, verify
from tests.published_hashes import PUBLISHED, firebase
from tests.support import ROOT

LONG = "x" * 72
SALT, HASH = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
DJANGO_HASH = "Ybw8zsFxqja97tY/o6G+Fy1ksY4U/Hw3DRrGED6Up4s="


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_hash_is_of_its_password_alone(name: str) -> None:
    password, stored = PUBLISHED[name]
    assert verify(password, stored)
    assert not any(verify(other, stored) for other in ("", "x" + password, password.swapcase(), stored))
    assert verify(password + " ", stored) == (len(password) > 72)


@pytest.mark.parametrize(
    ("password", "stored"),
    [
        (b"\xa3", "$2a$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"),
        (b"\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"),
        (b"\xff\xff\xa3", "$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"),
        (b"", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
    ],
)
def test_bcrypt_takes_bytes_of_any_kind(password: bytes, stored: str) -> None:
    """From crypt_blowfish; what PHP got wrong before 2011 is among them."""
    assert parse(stored)(password)
    assert not parse(stored)(password + b"x")


@pytest.mark.parametrize("password", [LONG, LONG + "y", "x" * 71 + "\u20ac", "x" * 256, "\U0001f600" * 256], ids=ascii)
def test_f10_of_a_password_bcrypt_sees_72_bytes_and_never_raises(password: str) -> None:
    """Also where the cut goes through a character."""
    stored = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
    assert verify(password, stored)
    assert verify(password + "more", stored)
    assert not verify(password[1:8], stored)


@pytest.mark.parametrize(
    "password", ["\0", "secret\0", "secret\0more", "\0secret", "secret\0secret", "x" * 72 + "\0"], ids=ascii
)
def test_f10_no_password_with_a_nul_was_hashed_by_bcrypt(password: str) -> None:
    """Where the algorithm goes on behind a NUL, `secret` and `secret NUL secret` are one."""
    for hashed in (password.partition("\0")[0], password):
        assert not verify(password, bcrypt.hashpw(hashed.encode()[:72], bcrypt.gensalt(4)).decode())


@pytest.mark.parametrize("name", [name for name in PUBLISHED if "bcrypt" not in name])
def test_elsewhere_a_nul_counts(name: str) -> None:
    """Also at the end, where HMAC pads its key with NULs."""
    password, stored = PUBLISHED[name]
    assert not verify(password + "\0", stored)
    assert not verify(password + "\0" + password, stored)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_password_is_tried_as_it_came_and_in_nfc(form: str) -> None:
    """Whoever typed decomposed letters always did; a system that normalised made them NFC."""
    password = "correct hors\u00e9"
    stored = bcrypt.hashpw(unicodedata.normalize(form, password).encode(), bcrypt.gensalt(4)).decode()  # type: ignore[arg-type]
    assert verify(unicodedata.normalize("NFD", password), stored)
    assert verify(password, stored) == (form == "NFC")


def test_a_password_of_one_spelling_is_hashed_once() -> None:
    for password, times in (("correct horse", 1), ("correct hors\u00e9", 1), ("correct horse\u0301", 2)):
        with patch.object(bcrypt, "checkpw", return_value=False) as checked:
            verify(password, PUBLISHED["bcrypt 2b, pyca/bcrypt"][1])
        assert checked.call_count == times


def test_salts_and_hashes_may_be_padded_and_of_any_alphabet() -> None:
    key = hashlib.pbkdf2_hmac("sha256", b"password", b"\xfb\xff\xfe\x00", 1, 32)
    known = "$pbkdf2-sha256$1${}$" + legacy_hash_text(key)
    for salt in ("+//+AA", "+//+AA==", "-__-AA", "-__-AA==", ".//.AA"):
        assert verify("password", known.format(salt))
    assert not verify("password", known.format("+//+AQ"))


def legacy_hash_text(key: bytes) -> str:
    """Return `key` in base64 of passlib's alphabet."""
    return b64encode(key).decode().rstrip("=").replace("+", ".")


BCRYPT = "$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"
FIREBASE = PUBLISHED["Firebase, the README of firebase/scrypt"][1]


def argon2(parameters: str, salt: str = SALT, known: str = HASH) -> str:
    """Return an Argon2id hash in PHC form."""
    return f"$argon2id$v=19${parameters}${salt}${known}"


def scrypt(ln: int, r: int, p: int) -> str:
    """Return an scrypt hash in PHC form."""
    return f"$scrypt$ln={ln},r={r},p={p}${SALT}${HASH}"


DAMAGED = [
    *("", "x", "$", "$$$$", "password", "5f4dcc3b5aa765d61d8327deb882cf99", "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", "{SSHA}x"),
    *("$argon2id$", f"$argon2id$v=18$m=64,t=1,p=1${SALT}${HASH}", f"$argon2x$v=19$m=64,t=1,p=1${SALT}${HASH}"),
    *(argon2("m=64,t=1,p=1", known=""), argon2("m=64,t=1,p=1", salt=""), f"$argon2id$v=19$m=64,t=1,p=1${SALT}"),
    *(argon2("t=1,m=64,p=1"), argon2("m=64,t=1"), argon2("m=64,t=1,p=1,keyid=x"), argon2("m=64,t=1,p=1", known=HASH + "=")),
    *(argon2("m=64,t=1,p=1", known=HASH[:-1] + "d"), argon2("m=64,t=1,p=1") + "\n", "\n" + argon2("m=64,t=1,p=1")),
    *(argon2("m=\uff16\uff14,t=1,p=1"), argon2("m= 64,t=1,p=1"), argon2("m=064,t=1,p=1"), argon2("m=-64,t=1,p=1")),
    *("$2b$12$abcdefghijklmnopqrstuv", BCRYPT[:-1], BCRYPT + ".", BCRYPT.replace("2b", "2x"), BCRYPT.replace("2b", "2")),
    *(BCRYPT.replace("05", "5"), BCRYPT.replace("F.", "FC"), BCRYPT[:-1] + "B"),  # of the last two, bits to spare are set
    "$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2",
    *(f"$pbkdf2$1000${SALT}${HASH}", f"$pbkdf2-sha1$1000${SALT}${HASH}", f"$pbkdf2-sha256$i=1000,l=31${SALT}${HASH}"),
    *(f"$pbkdf2-sha256$i=1000${SALT}${known}" for known in (HASH[:-1], HASH + "!", HASH + "===")),
    *(f"pbkdf2_sha256$1000${salt}${DJANGO_HASH}" for salt in ("", "sea$salt", "sea\nsalt", "s\u00e9a", "s" * 129)),
    *(f"pbkdf2_sha1$1000$seasalt${DJANGO_HASH}", f"$scrypt$ln=10,r=8${SALT}${HASH}", f"$scrypt$16384,8,1${SALT}${HASH}"),
    *(FIREBASE.replace("v=1", "v=2"), FIREBASE.replace("sk=", "sk=AAAA"), firebase("Bw==", "lSrfV15cpx95/sZS2W9c9A==")),
]
DEAR = [
    *(BCRYPT.replace("05", cost) for cost in ("00", "03", "16", "31", "99")),
    *(f"$pbkdf2-sha256$i={i}${SALT}${HASH}" for i in ("2500001", "4294967296", "9" * 10, "9" * 5000)),
    *(f"$pbkdf2-sha512$2500001${SALT}${HASH}", f"pbkdf2_sha256$2500001$seasalt${DJANGO_HASH}"),
    *(scrypt(18, 8, 1), scrypt(17, 16, 1), scrypt(17, 8, 3), scrypt(10, 8, 17), scrypt(20, 2, 1), scrypt(64, 1, 1)),
    *(scrypt(2**31, 1, 1), scrypt(1, 65, 1), scrypt(10, 2**30, 1), FIREBASE.replace("n=14", "n=18")),
    *(argon2("m=262145,t=1,p=1"), argon2("m=4294967295,t=1,p=1"), argon2("m=262144,t=5,p=1"), argon2("m=8,t=262144,p=1")),
    *(argon2("m=136,t=1,p=17"), argon2("m=15,t=1,p=2"), argon2("m=64,t=1,p=1", salt="c29tZXM")),
    # So short that a wrong password might have it; so long that it's more work.
    *(argon2("m=64,t=1,p=1", known="A" * 20), argon2("m=64,t=1,p=1", known="A" * 88)),
    *(f"$pbkdf2-sha256$i=1${SALT}${known}" for known in ("", "AA", "A" * 20, "A" * 88)),
    *(f"$pbkdf2-sha256$i=1${salt}${HASH}" for salt in ("", "A" * 174, "A" * 10**6)),
]


@pytest.mark.parametrize("stored", [*DAMAGED, *DEAR], ids=lambda stored: ascii(stored[:60]))
def test_what_is_damaged_or_dear_is_refused_before_any_work(stored: str) -> None:
    work = [(hashlib, "pbkdf2_hmac"), (hashlib, "scrypt"), (bcrypt, "checkpw"), (PasswordHasher, "verify")]
    with ExitStack() as stack:
        for where, name in work:
            stack.enter_context(patch.object(where, name, side_effect=AssertionError))
        with pytest.raises(UnknownHash) as refused:
            verify("password", stored)
    assert len(str(refused.value)) < 80
    assert not any(part in str(refused.value) for part in stored.split("$") if len(part) > 8)


@pytest.mark.parametrize(
    "stored",
    [
        *(BCRYPT.replace("05", "15"), f"$pbkdf2-sha512$i=2500000${SALT}${HASH}", scrypt(17, 8, 2), scrypt(20, 1, 1)),
        *(argon2("m=262144,t=4,p=16"), argon2("m=8,t=131072,p=1"), f"pbkdf2_sha256$1200000${'s' * 128}${DJANGO_HASH}"),
    ],
)
def test_what_is_just_within_the_bounds_is_taken(stored: str) -> None:
    assert callable(parse(stored))


def test_scrypt_of_128_mib_is_given_the_memory() -> None:
    key = legacy_hash_text(hashlib.scrypt(b"password", salt=b"somesalt", n=2**17, r=8, p=1, maxmem=2**28, dklen=32))
    assert verify("password", f"$scrypt$ln=17,r=8,p=1${SALT}${key}")


def mutants(stored: str) -> st.SearchStrategy[str]:
    """Texts that are nearly `stored`."""
    letters = st.sampled_from("$=,./+-_Aa019 \n\0\u00e9\ud800")
    place = st.integers(0, len(stored))
    return st.one_of(
        st.builds(lambda at, letter: stored[:at] + letter + stored[at + 1 :], place, letters),
        st.builds(lambda at, more: stored[:at] + more + stored[at:], place, st.text(letters, max_size=4)),
        st.builds(lambda at, end: stored[: min(at, end)] + stored[max(at, end) :], place, place),
        st.builds(lambda seed: "$".join(random.Random(seed).sample(stored.split("$"), stored.count("$") + 1)), st.integers()),
    )


@given(st.one_of(st.text(max_size=200), *(mutants(stored) for _, stored in PUBLISHED.values())))
def test_whatever_is_stored_is_read_or_refused(stored: str) -> None:
    try:
        assert callable(parse(stored))
    except UnknownHash:
        assert stored not in {published for _, published in PUBLISHED.values()}


def test_nothing_of_it_is_loaded_where_hashes_are_our_own() -> None:
    """In a process of its own: no cold start pays for old hashes."""
    program = """
import sys
import functions.account.routes
from gatepost.credentials.passwords import DUMMY_HASH, hash_password, needs_upgrade, verify_password
known = hash_password("correct horse battery")
assert verify_password("correct horse battery", known) and not needs_upgrade(known)
assert not verify_password("x", known) and not verify_password("x", None) and not verify_password("x", DUMMY_HASH)
assert not [name for name in sys.modules if "legacy_hashes" in name]
"""
    path = f"import sys; sys.path[:0] = {['.', 'layers/core/python', 'layers/verifier/python']}\n"
    done = subprocess.run([sys.executable, "-c", path + program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_importer_gets_a_value_error() -> None:
    assert issubclass(legacy_hashes.UnknownHash, ValueError)
