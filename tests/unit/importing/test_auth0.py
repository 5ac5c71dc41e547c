"""Auth0: its export of users, joined with the hashes from its support."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.importing.formats import UnusableOption
from gatepost.credentials import legacy_hashes
from tests.exports import AUTH0_HASHES, PASSWORDS, read, read_sample, refusals, sample, users

USER = {"user_id": "auth0|5dea9f9c82dd7c0e76e4ec93", "email": "ann@example.com", "email_verified": True}
HASH = "$2b$10$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"


def test_users_of_the_sample_have_their_passwords_whatever_the_order_of_the_hashes() -> None:
    found = users(read_sample("auth0", "auth0/users.json"))
    for address, password in PASSWORDS["auth0"].items():
        assert legacy_hashes.verify(password, found[address].password_hash or "")


def test_what_else_the_sample_says_of_its_users() -> None:
    entries = read_sample("auth0", "auth0/users.json")
    found = users(entries)
    ada, grace, linus = found["ada@example.com"], found["grace.hopper@example.com"], found["linus@example.com"]
    assert (ada.name, ada.email_verified, ada.status, ada.created_at) == ("Ada Lovelace", True, "active", 1614962116)
    assert ada.source_id is not None
    assert ada.source_id.startswith("auth0|")
    assert (grace.source_id, grace.email.address) == ("auth0|euclid", "Grace.Hopper@example.com")
    assert linus.source_id == "google-oauth2|104816702384756123901"
    assert (linus.password_hash, linus.name) == (None, "Linus \u00c5ngstr\u00f6m")
    assert found["mallory@example.com"].status == "disabled"
    assert not found["eve@example.com"].email_verified
    assert refusals(entries) == {6: "has no e-mail address, which is what users sign in by"}


def test_a_name_that_is_the_address_is_none() -> None:
    assert users(read_sample("auth0", "auth0/users.json"))["grace.hopper@example.com"].name is None


def test_without_the_file_of_hashes_users_come_without() -> None:
    assert not any(user.password_hash for user in users(read("auth0", sample("auth0/users.json"))).values())


def test_roles_are_taken_from_the_claim_that_is_named() -> None:
    content = sample("auth0/users.json")
    for claim, roles in ((None, ()), ("roles", ("user", "order-clerk")), ("groups", ())):
        options = {"roles_claim": claim} if claim else {}
        assert users(read("auth0", content, **options))["ada@example.com"].roles == roles


def test_a_hash_belongs_to_the_id_alone_not_to_whoever_has_the_same_address(tmp_path: Path) -> None:
    other = {"_id": {"$oid": "000000000000000000000000"}, "email": USER["email"], "passwordHash": HASH}
    assert users(with_hashes(tmp_path, other))["ann@example.com"].password_hash is None


def test_an_id_of_ones_own_counts_where_there_is_one(tmp_path: Path) -> None:
    theirs = {"_id": {"$oid": "5dea9f9c82dd7c0e76e4ec93"}, "alt_id": "euclid", "passwordHash": HASH}
    assert users(with_hashes(tmp_path, theirs))["ann@example.com"].password_hash is None
    assert users(with_hashes(tmp_path, theirs, user_id="auth0|euclid"))["ann@example.com"].password_hash == HASH


def with_hashes(folder: Path, *hashes: Any, **changes: Any) -> list[Any]:
    """Return the entries of a file of `USER`, changed so, with these hashes."""
    path = folder / "hashes.json"
    path.write_text("".join(json.dumps(each) + "\n" for each in hashes))
    return read("auth0", json.dumps(USER | changes).encode(), hashes=path)


OWN = {"_id": {"$oid": "5dea9f9c82dd7c0e76e4ec93"}}


@pytest.mark.parametrize("stored", ["5f4dcc3b5aa765d61d8327deb882cf99", "$2b$31" + HASH[6:], "correct horse", HASH[:-1] + "!"])
def test_an_unknown_or_dear_hash_is_refused_on_the_line_of_its_user_and_not_repeated(tmp_path: Path, stored: str) -> None:
    reason = refusals(with_hashes(tmp_path, OWN | {"passwordHash": stored}))[1]
    assert "password hash can't be taken over" in reason
    assert stored not in reason


@pytest.mark.parametrize("theirs", [OWN, OWN | {"passwordHash": None}, OWN | {"passwordHash": ""}])
def test_a_user_without_a_password_among_the_hashes_has_none(tmp_path: Path, theirs: object) -> None:
    assert users(with_hashes(tmp_path, theirs))["ann@example.com"].password_hash is None


@pytest.mark.parametrize(
    "lines",
    [
        '{"passwordHash": "%s"}',
        '{"_id": "5dea9f9c82dd7c0e76e4ec93", "passwordHash": "%s"}',
        '{"_id": {"$oid": 17}, "passwordHash": "%s"}',
        '{"_id": {"$oid": "5dea9f9c82dd7c0e76e4ec93"}, "passwordHash": ["%s"]}',
        '{"_id": {"$oid": "5dea9f9c82dd7c0e76e4ec93"}, "passwordHash": "%s"',
        '[{"_id": {"$oid": "5dea9f9c82dd7c0e76e4ec93"}, "passwordHash": "%s"}]',
    ],
)
def test_a_line_that_is_none_of_hashes_stops_all_before_a_user_is_read(tmp_path: Path, lines: str) -> None:
    """Or its user would come without a password, and nobody would know why."""
    path = tmp_path / "hashes.json"
    path.write_text("\n" + lines % HASH + "\n")
    with pytest.raises(UnusableOption, match=r"Line 2 of .*hashes\.json is not one of a file of Auth0's hashes") as raised:
        read("auth0", sample("auth0/users.json"), hashes=path)
    assert HASH not in str(raised.value)


def test_a_file_of_hashes_that_is_missing_or_has_an_id_twice_stops_all(tmp_path: Path) -> None:
    with pytest.raises(UnusableOption, match="can't be read"):
        read("auth0", b"", hashes=tmp_path / "missing.json")
    twice = tmp_path / "twice.json"
    twice.write_bytes(AUTH0_HASHES.read_bytes() * 2)
    with pytest.raises(UnusableOption, match="two users of one id"):
        read("auth0", b"", hashes=twice)


@pytest.mark.parametrize(
    "changes",
    [
        {"user_id": 17},
        {"email": None},
        {"email": ["ann@example.com"]},
        {"email_verified": "true"},
        {"blocked": "false"},
        {"created_at": "last year"},
        {"app_metadata": ["admin"]},
        {"app_metadata": {"roles": "admin"}},
    ],
)
def test_a_user_with_a_member_of_another_kind_is_refused(changes: dict[str, object]) -> None:
    assert refusals(read("auth0", json.dumps(USER | changes).encode(), roles_claim="roles"))
