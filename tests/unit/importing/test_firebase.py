"""Firebase Authentication: its export of users, and the hash parameters of the project."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.importing.formats import UnusableOption
from gatepost.credentials import legacy_hashes
from tests.exports import FIREBASE_CONFIG, PASSWORDS, read, read_sample, refusals, sample, users

KNOWN = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
USER = {"localId": "x1", "email": "ann@example.com", "emailVerified": True}
HASHED = USER | {"passwordHash": KNOWN, "salt": "42xEC+ixf3L2lw=="}


def document(*members: object) -> bytes:
    """Return an export of these users."""
    return json.dumps({"users": members}).encode()


def test_users_of_the_sample_have_their_passwords() -> None:
    found = users(read_sample("firebase", "firebase/users.json"))
    for address, password in PASSWORDS["firebase"].items():
        assert legacy_hashes.verify(password, found[address].password_hash or "")


def test_what_else_the_sample_says_of_its_users() -> None:
    entries = read_sample("firebase", "firebase/users.json")
    found = users(entries)
    barbara, margaret = found["barbara@example.net"], found["margaret@example.net"]
    assert (barbara.name, barbara.email_verified, barbara.status) == ('Barbara "Babs" Liskov', True, "active")
    assert len(barbara.source_id or "") == 28
    assert 1_600_000_000 < (barbara.created_at or 0) < 1_760_000_000
    assert (margaret.name, margaret.password_hash) == ("Margaret Hamilton", None)
    assert found["trent@example.net"].status == "disabled"
    assert not found["eve@example.net"].email_verified
    assert list(refusals(entries).values()) == ["user 6 of the list: has no e-mail address, which is what users sign in by"]


def test_roles_are_taken_from_the_custom_claim_that_is_named() -> None:
    for claim, roles in ((None, ()), ("roles", ("user", "order-manager")), ("groups", ())):
        options = {"roles_claim": claim} if claim else {}
        found = users(read("firebase", sample("firebase/users.json"), firebase_hash_config=FIREBASE_CONFIG, **options))
        assert found["barbara@example.net"].roles == roles


@pytest.mark.parametrize(
    "claims", ["{", "[]", '"admin"', '{"roles": "admin"}', '{"roles": ["a"], "roles": ["admin"]}', {"roles": []}]
)
def test_claims_that_cannot_be_read_are_refused_where_they_are_asked_for(claims: Any) -> None:
    content = document(USER | {"customAttributes": claims})
    assert refusals(read("firebase", content, roles_claim="roles"))
    assert users(read("firebase", content))


def test_hashes_without_the_parameters_stop_at_the_first_of_them() -> None:
    """None of their users could ever sign in by a password."""
    with pytest.raises(UnusableOption, match="--firebase-hash-config"):
        read("firebase", sample("firebase/users.json"))
    assert users(read("firebase", document(USER)))


@pytest.mark.parametrize("layout", ["{}\n", "{}", "\ufeff{}", "  {} \r\n"])
def test_the_parameters_are_read_as_the_console_shows_them(tmp_path: Path, layout: str) -> None:
    shown = FIREBASE_CONFIG.read_text()
    for text in (shown, " ".join(shown.split()), shown.replace(",\n", "\n"), shown.replace("\n", "\r\n")):
        path = tmp_path / "config.txt"
        path.write_text(layout.replace("{}", text), encoding="utf-8")
        (user,) = users(read("firebase", document(HASHED), firebase_hash_config=path)).values()
        assert legacy_hashes.verify("user1password", user.password_hash or "")


def test_a_project_may_have_no_salt_separator(tmp_path: Path) -> None:
    path = tmp_path / "config.txt"
    path.write_text(FIREBASE_CONFIG.read_text().replace("Bw==", ""))
    known = "NohHtJ2FmkEqzefZ0IHnOlqTzFN8n6vXXd0EW2OIGuUh4rcwvVh7XVRDVs5yOrueoudRPIoimS6jIwf4pMW3rg=="
    (user,) = users(read("firebase", document(HASHED | {"passwordHash": known}), firebase_hash_config=path)).values()
    assert legacy_hashes.verify("user1password", user.password_hash or "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SCRYPT", "BCRYPT"),
        ("SCRYPT", "STANDARD_SCRYPT"),
        ("base64_signer_key", "signer_key"),
        ("jxspr8Ki", "<...sensitive...>"),
        ("rounds: 8", "rounds: eight"),
        ("rounds: 8", "rounds: 08"),
        ("mem_cost: 14", ""),
    ],
)
def test_parameters_that_cannot_be_used_stop_all_and_the_key_is_not_repeated(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "config.txt"
    path.write_text(FIREBASE_CONFIG.read_text().replace(old, new))
    with pytest.raises(UnusableOption, match=r"config\.txt has no `\w+` that can be used") as raised:
        read("firebase", document(USER), firebase_hash_config=path)
    assert "jxspr8Ki" not in str(raised.value)


def test_parameters_that_are_missing_or_no_text_stop_all(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for name in ("missing", "binary"):
        with pytest.raises(UnusableOption, match="can't be read"):
            read("firebase", document(USER), firebase_hash_config=tmp_path / name)


def test_parameters_that_would_take_too_much_are_refused_with_each_user(tmp_path: Path) -> None:
    path = tmp_path / "config.txt"
    path.write_text(FIREBASE_CONFIG.read_text().replace("mem_cost: 14", "mem_cost: 30"))
    (reason,) = refusals(read("firebase", document(HASHED), firebase_hash_config=path)).values()
    assert "ln is not from" in reason


@pytest.mark.parametrize(
    "changes",
    [
        {"passwordHash": KNOWN[:-4]},
        {"passwordHash": "UkVEQUNURUQ="},
        {"passwordHash": [KNOWN]},
        {"salt": None},
        {"salt": "*"},
        {"salt": ""},
        {"email": ""},
        {"emailVerified": "true"},
        {"disabled": "false"},
        {"displayName": "x" * 101},
        {"createdAt": "soon"},
        {"localId": 17},
    ],
)
def test_a_user_who_cannot_be_taken_is_refused_and_the_rest_goes_on(changes: dict[str, object]) -> None:
    content = document(HASHED | changes, USER | {"email": "bo@example.com"})
    entries = read("firebase", content, firebase_hash_config=FIREBASE_CONFIG)
    assert list(users(entries)) == ["bo@example.com"]
    assert KNOWN[:20] not in refusals(entries)[1]
