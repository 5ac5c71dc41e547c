"""Hashing passwords: with the parameters that are promised, and for an account that isn't there just the same (I-05, I-14)."""

import unicodedata
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher, extract_parameters

from gatepost.credentials.passwords import DUMMY_HASH, hash_password, refusal, verify_password

PASSWORD = "correct horse battery staple"


def test_a_hash_is_argon2id_with_at_least_19_mib_two_passes_and_one_lane() -> None:
    """OWASP's first choice."""
    parameters = extract_parameters(hash_password(PASSWORD))
    assert parameters.type.name == "ID"
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) >= (19_456, 2, 1)
    assert (parameters.salt_len, parameters.hash_len) >= (16, 32)


def test_i05_the_dummy_hash_has_the_parameters_of_a_new_one() -> None:
    """So that verifying it is the same work."""
    assert extract_parameters(DUMMY_HASH) == extract_parameters(hash_password(PASSWORD))
    assert len(DUMMY_HASH) == len(hash_password(PASSWORD))


def test_i05_where_there_is_no_account_no_password_is_right() -> None:
    for password in ("", "x", PASSWORD, DUMMY_HASH, "dummy", "password", "x" * 256):
        assert verify_password(password, None) is False


def test_i05_where_there_is_no_account_one_password_is_verified_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    def verify(_: PasswordHasher, known: str, password: str) -> bool:
        verified.append(known)
        return password != known

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    assert verify_password(PASSWORD, None) is False
    assert verified == [DUMMY_HASH]


def test_a_password_verifies_against_its_own_hash_alone() -> None:
    known = hash_password(PASSWORD)
    assert verify_password(PASSWORD, known)
    assert not verify_password(PASSWORD + " ", known)
    assert not verify_password(PASSWORD.upper(), known)


def test_each_hash_has_a_salt_of_its_own() -> None:
    assert hash_password(PASSWORD) != hash_password(PASSWORD)


@pytest.mark.parametrize("known", ["", "x", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv", DUMMY_HASH[:-5] + "*****"])
def test_what_is_no_hash_of_ours_is_an_error_and_never_a_right_password(known: str) -> None:
    """An empty one stands for no account."""
    try:
        assert not verify_password(PASSWORD, known)
    except ValueError:
        assert known


@pytest.mark.parametrize(
    ("password", "length"),
    [
        ("x" * 11, 11),
        ("\U0001f600" * 11, 11),
        ("e\u0301" * 11, 11),
        ("", 0),
        ("x" * 12, 12),
        ("\u00e9" * 12, 12),
        ("x" * 256, 256),
    ],
)
def test_i14_length_is_counted_in_code_points_of_nfc(password: str, length: int) -> None:
    """At most 256 and at least 12."""
    assert (refusal(password) is None) == (12 <= length <= 256)


@pytest.mark.parametrize("password", ["x" * 257, "x" * 10**7, "\u0301" * 10**6, "\U0001d160" * 10**5], ids=len)
def test_i16_what_is_too_long_is_refused(password: str) -> None:
    reason = refusal(password)
    assert reason
    assert "256" in reason
    assert password[:12] not in reason


def test_i16_what_is_far_too_long_is_not_even_normalised() -> None:
    """No spelling of a password of 256 code points has more than four times as many."""
    with patch.object(unicodedata, "normalize", side_effect=AssertionError):
        reasons = [refusal("\u0301" * length) for length in (4 * 256 + 1, 10**6)]
    assert all(reasons)
