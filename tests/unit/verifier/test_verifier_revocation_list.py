"""The revocation list: what it says about a token, and what is no list."""

import json
from typing import Any

import pytest

from gatepost import revocations as published
from gatepost_verifier import AccessToken
from gatepost_verifier.revocations import MAX_AGES, MAX_BYTES, MAX_ENTRIES, STALE, hashed, parse_revocations
from tests.unit.verifier import forge
from tests.unit.verifier.revocation_lists import document


def token(**changes: Any) -> AccessToken:
    claims = {name: value for name, value in forge.claims(**changes).items() if value != "absent"}
    return forge.verifier().verify(forge.token(claims))


class TestWhatTheListSays:
    """Of forge's token: sub usr_1, sid ses_1, ver 3."""

    @pytest.mark.parametrize(
        ("body", "changes", "revoked"),
        [
            (document(), {}, False),
            (document("ses_1"), {}, True),
            (document("ses_2", "ses_1"), {}, True),
            (document("ses_2", "usr_1"), {}, False),
            (document("ses_1"), {"sid": "absent"}, False),
            (document(users={"usr_1": 4}), {}, True),
            (document(users={"usr_1": 3}), {}, False),
            (document(users={"usr_1": 0}), {}, False),
            (document(users={"usr_2": 9, "ses_1": 9}), {}, False),
            (document(users={"usr_1": 1}), {"ver": 0}, True),
            (document(users={"usr_1": 0}), {"ver": "absent"}, True),
            (document(users={"usr_2": 1}), {"ver": "absent"}, False),
            (document("ses_1", users={"usr_1": 0}), {"ver": 99}, True),
            (document("ses_2", users={"usr_1": 4}), {}, True),
            (document("ed", keys=("rsa", "usr_1", "ses_1")), {}, False),
            (document(keys=("rsa", "ed")), {}, True),
        ],
    )
    def test_a_listed_session_or_a_version_below_the_least(self, body: bytes, changes: dict[str, Any], revoked: bool) -> None:
        assert parse_revocations(body).names(token(**changes), "ed") is revoked

    @pytest.mark.parametrize("identifier", ["", "usr_1", "0123456789abcdef" * 2, "é\U0001f511"])
    def test_the_hash_is_the_one_that_is_published(self, identifier: str) -> None:
        assert hashed(identifier) == published.hashed(identifier)
        assert len(hashed(identifier)) == 16

    def test_the_bounds_are_those_of_what_is_published(self) -> None:
        assert MAX_ENTRIES == published.MAX_ENTRIES
        assert MAX_AGES[-1] < STALE < published.LISTED
        longest = {"sessions": ["h" * 16] * MAX_ENTRIES, "users": {f"{n:016}": 2**53 - 1 for n in range(MAX_ENTRIES)}}
        body = json.dumps({**longest, "complete": False}).encode()
        assert MAX_BYTES * 0.9 < len(body) <= MAX_BYTES
        assert len(parse_revocations(body).users) == MAX_ENTRIES


GOOD: dict[str, Any] = {"sessions": [hashed("a")], "users": {hashed("b"): 1}, "complete": True}
ODD_MEMBERS: dict[str, list[Any]] = {
    "sessions": [{}, "x", [1], [None], [[]], [""], ["a" * 15], ["a" * 17], [16 * "a", 16], [["a"] * 16]],
    "users": [[], "x", 1, {"short": 1}, *({hashed("b"): least} for least in (None, True, "1", 1.0, -1, 2**53, [1]))],
    "complete": ["true", 1, 0, []],
    "keys": [None, {}, "x", 1, [1], [None], [""], ["a" * 15], [["a"] * 16]],
}
NO_LIST: dict[str, bytes] = {
    "nothing": b"",
    "HTML": b"<!doctype html>",
    "null": b"null",
    "an array": b"[]",
    "an empty object": b"{}",
    "truncated": json.dumps(GOOD).encode()[:-5],
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "a member twice": json.dumps(GOOD).encode()[:-1] + b', "sessions": []}',
    **{f"without {name}": json.dumps({**GOOD, name: None}).encode() for name in GOOD},
    **{
        f"{name} {value!r:.40}": json.dumps({**GOOD, name: value}).encode()
        for name in ODD_MEMBERS
        for value in ODD_MEMBERS[name]
    },
    "too many sessions": json.dumps({**GOOD, "sessions": ["h" * 16] * (MAX_ENTRIES + 1)}).encode(),
}


@pytest.mark.parametrize("name", NO_LIST)
def test_r26_what_is_no_list_is_refused_whole(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_revocations(NO_LIST[name])


def test_other_members_may_stand_in_it() -> None:
    assert parse_revocations(json.dumps({**GOOD, "issued_at": 1}).encode()).sessions == {hashed("a")}
