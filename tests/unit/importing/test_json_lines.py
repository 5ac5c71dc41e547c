"""JSON Lines: each line is parsed as strictly as the body of a request, and one that's refused costs nobody else."""

import json
from typing import Any

import pytest

from gatepost.credentials import legacy_hashes
from tests.exports import PASSWORDS, read, read_sample, refusals, users


def line(**members: Any) -> bytes:
    """Return a line of the file."""
    return json.dumps({"email": "ann@example.com"} | members).encode() + b"\n"


def test_the_hashes_of_the_sample_are_those_of_its_passwords() -> None:
    found = users(read_sample("jsonl", "plain/users.jsonl"))
    assert found["bob@example.com"].password_hash is None
    for address, password in PASSWORDS["plain"].items():
        assert legacy_hashes.verify(password, found[address].password_hash or "")


def test_members_that_are_missing_empty_or_null_say_nothing() -> None:
    names = ("name", "password_hash", "email_verified", "roles", "status", "created_at", "id")
    entries = read(
        "jsonl", line() + line(**dict.fromkeys(names)) + line(name="", password_hash="", roles=[], created_at="", id="")
    )
    for entry in users(entries).values(), *(users([entry]).values() for entry in entries):
        (user,) = entry
        assert (user.email_verified, user.name, user.password_hash, user.status) == (False, None, None, "active")
        assert (user.roles, user.created_at, user.source_id) == ((), None, None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (0, 0),
        (1_700_000_000, 1_700_000_000),
        (1_700_000_000_500, 1_700_000_000),
        (1_700_000_000.75, 1_700_000_000),
        ("1700000000", 1_700_000_000),
        ("1700000000500", 1_700_000_000),
        ("2023-11-14T22:13:20Z", 1_700_000_000),
        ("2023-11-14T23:13:20.999+01:00", 1_700_000_000),
    ],
)
def test_a_time_may_be_in_seconds_milliseconds_or_rfc_3339(text: object, seconds: int) -> None:
    (user,) = users(read("jsonl", line(created_at=text))).values()
    assert user.created_at == seconds


BROKEN = {
    "no JSON": b"{'email': 'al@example.com'}",
    "half an object": b'{"email": "al@example.com", "name": "Al"',
    "two objects": b'{"email": "al@example.com"} {"email": "cy@example.com"}',
    "a list": b'[{"email": "al@example.com"}]',
    "text": b'"al@example.com"',
    "null": b"null",
    "a member that stands twice": b'{"email": "al@example.com", "email": "victim@example.com"}',
    "NaN": b'{"email": "al@example.com", "created_at": NaN}',
    "a number beyond bounds": b'{"email": "al@example.com", "created_at": 1e400}',
    "a number of many digits": b'{"email": "al@example.com", "created_at": ' + b"1" * 5000 + b"}",
    "deep nesting": b'{"email": "al@example.com", "roles": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a lone surrogate": b'{"email": "al@example.com", "name": "\\ud800"}',
    "another encoding": '{"email": "al@example.com", "name": "Andr\u00e9"}'.encode("latin-1"),
    "UTF-16": '{"email": "al@example.com"}'.encode("utf-16-le").replace(b"\n", b""),
    "a line that is too long": b'{"email": "al@example.com", "name": "' + b"x" * 2_000_000 + b'"}',
    "a member of another name": b'{"email": "al@example.com", "is_admin": true}',
    "a password": b'{"email": "al@example.com", "password": "correct horse battery staple"}',
    "an address in a list": b'{"email": ["al@example.com"]}',
    "a flag as text": b'{"email": "al@example.com", "email_verified": "true"}',
    "a flag as a number": b'{"email": "al@example.com", "email_verified": 1}',
    "a hash in a list": b'{"email": "al@example.com", "password_hash": ["$2b$"]}',
    "roles as text": b'{"email": "al@example.com", "roles": "admin"}',
    "roles that are no text": b'{"email": "al@example.com", "roles": [1]}',
    "a status of another kind": b'{"email": "al@example.com", "status": []}',
    "a time of another kind": b'{"email": "al@example.com", "created_at": true}',
    "a time before 1970": b'{"email": "al@example.com", "created_at": -1}',
    "a name of another kind": b'{"email": "al@example.com", "name": {"first": "Al"}}',
    "an id of another kind": b'{"email": "al@example.com", "id": 17}',
    "an id of two lines": b'{"email": "al@example.com", "id": "1\\n2"}',
}


@pytest.mark.parametrize("condition", BROKEN)
def test_a_line_that_cannot_be_taken_is_refused_by_its_number_and_the_rest_goes_on(condition: str) -> None:
    entries = read("jsonl", line() + b"\n" + BROKEN[condition] + b"\n" + line(email="bo@example.com"))
    assert {address: user.line for address, user in users(entries).items()} == {"ann@example.com": 1, "bo@example.com": 4}
    assert list(refusals(entries)) == [3]
    assert len(refusals(entries)[3]) < 200


def test_a_mark_of_utf_8_is_none_of_the_first_line() -> None:
    assert users(read("jsonl", b"\xef\xbb\xbf" + line()))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_a_file_in_another_encoding_is_refused_whole(encoding: str) -> None:
    entries = read("jsonl", (line() * 3).decode().encode(encoding))
    assert "save it as UTF-8" in refusals(entries)[1]
    assert len(entries) == 1
