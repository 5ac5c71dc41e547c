"""Hashing passwords: with the parameters that are promised, and for an account that isn't there just the same (I-05, I-14)."""

import logging
import unicodedata
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher, extract_parameters

from gatepost.credentials import passwords
from gatepost.credentials.passwords import DUMMY_HASH, hash_password, needs_upgrade, refusal, verify_password
from tests.calls import hashed
from tests.published_hashes import PUBLISHED

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


def test_the_hash_of_nobodys_password_looks_like_any_other_and_no_password_is_right() -> None:
    known = passwords.no_password()
    assert extract_parameters(known) == extract_parameters(hash_password(PASSWORD))
    assert not needs_upgrade(known)
    assert not verify_password("", known)
    assert known != passwords.no_password()


def test_each_hash_has_a_salt_of_its_own() -> None:
    assert hash_password(PASSWORD) != hash_password(PASSWORD)


@pytest.mark.parametrize(
    "known",
    [
        *("x", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv", "\u00e9", "\0", "plain text", PASSWORD, "\n" + DUMMY_HASH),
        *(DUMMY_HASH[:-5] + "*****", DUMMY_HASH + "\n", DUMMY_HASH[:-1] + "p", DUMMY_HASH.replace("19456", "\uff119456")),
        DUMMY_HASH.replace("m=19456", "m=4294967295"),
    ],
    ids=ascii,
)
def test_what_is_no_hash_is_nobodys_password_and_an_error_in_the_log_that_does_not_show_it(
    caplog: pytest.LogCaptureFixture, known: str
) -> None:
    with hashed() as work:
        assert not verify_password(PASSWORD, known)
        assert not verify_password(known, known)
    assert work == ["verify $argon2id$v=19$m=19456,t=2,p=1"] * 2  # as where there's no account
    assert needs_upgrade(known)
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert known == "x" or known not in caplog.text
    assert DUMMY_HASH[-20:-5] not in caplog.text


def test_an_empty_hash_is_nobodys_password(caplog: pytest.LogCaptureFixture) -> None:
    """As where there is no account."""
    with hashed() as work:
        assert not verify_password(PASSWORD, "")
    assert work == ["verify $argon2id$v=19$m=19456,t=2,p=1"]
    assert not caplog.records


@pytest.mark.parametrize("name", PUBLISHED)
def test_i05_a_hash_of_another_system_costs_what_it_costs_and_one_of_ours_on_top(name: str) -> None:
    """Right or wrong: what is refused for another reason must not be quicker than an address without an account."""
    password, known = PUBLISHED[name]
    own = "verify $argon2id$v=19$m=19456,t=2,p=1"
    foreign = ["verify " + known.rsplit("$", 2)[0]] if known.startswith("$argon2") else []
    for given, right in ((password, True), ("x" + password, False)):
        with hashed() as work:
            assert verify_password(given, known) is right
        assert work == [*foreign, own]
    assert needs_upgrade(known)


def test_i24_when_parameters_rise_older_hashes_are_still_good_and_to_be_upgraded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In NFC, as we made them."""
    older = hash_password("correct hors\u00e9 battery")
    assert not needs_upgrade(older)
    risen = PasswordHasher(time_cost=3, memory_cost=19_456, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", risen)
    monkeypatch.setattr(passwords, "DUMMY_HASH", risen.hash("nobody's"))
    with hashed() as work:
        assert verify_password("correct horse\u0301 battery", older)
        assert not verify_password(PASSWORD, older)
    assert work[-2:] == ["verify $argon2id$v=19$m=19456,t=2,p=1", "verify $argon2id$v=19$m=19456,t=3,p=1"]
    assert needs_upgrade(older)
    newer = hash_password(PASSWORD)
    assert verify_password(PASSWORD, newer)
    assert not needs_upgrade(newer)


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
