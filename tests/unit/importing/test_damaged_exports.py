"""Whatever happens to an export on its way, reading it raises nothing, and makes no user up."""

import random
from io import BytesIO
from itertools import pairwise

import pytest

from cli.importing.formats import FORMATS, Options
from cli.importing.records import Record, Refusal
from tests.exports import AUTH0_HASHES, FIREBASE_CONFIG, read_sample, sample, users

SAMPLES = {
    "plain/users.csv": "csv",
    "plain/users.jsonl": "jsonl",
    "auth0/users.json": "auth0",
    "firebase/users.json": "firebase",
    "keycloak/acme-realm.json": "keycloak",
    "keycloak/acme-users-0.json": "keycloak",
    "cognito/users.json": "cognito",
    "cognito/pages.json": "cognito",
}
ROUNDS = 300
HARSH = [b'"', b"\\", b"\n", b"\r", b",", b"{", b"}", b"[", b"]", b"\0", b"\xff", b"\xc3", b'""', b"null", b"1e400", b"\\ud800"]


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return `content` with a few bytes changed, left out, put in or moved."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(content) + 1)
        end = min(len(content), at + chance.choice([0, 1, 1, 2, 20, 400]))
        other = chance.choice([b"", bytes([chance.randrange(256)]), chance.choice(HARSH), content[at:end] * 2])
        content = content[:at] + other + content[end:]
    return content


@pytest.mark.parametrize("path", SAMPLES)
def test_each_part_of_a_damaged_file_is_a_user_or_a_refusal_in_the_order_of_lines(path: str) -> None:
    whole, chance = sample(path), random.Random(path)
    options = Options(hashes=AUTH0_HASHES, firebase_hash_config=FIREBASE_CONFIG, roles_claim="roles")
    intact = users(read_sample(SAMPLES[path], path))
    refused = 0
    for _ in range(ROUNDS):
        content = damaged(whole, chance)
        entries = list(FORMATS[SAMPLES[path]].read(BytesIO(content), options))
        assert entries
        assert all(isinstance(entry, Record | Refusal) for entry in entries)
        assert all(first.line <= second.line for first, second in pairwise(entries) if isinstance(second, Record))
        assert all(1 <= entry.line <= content.count(b"\n") + 1 for entry in entries)
        hashes = {user.password_hash for user in intact.values() if user.password_hash}
        reasons = "".join(entry.reason for entry in entries if isinstance(entry, Refusal))
        assert not any(known[-20:] in reasons for known in hashes)
        refused += bool(reasons)
    assert refused > ROUNDS / 4


@pytest.mark.parametrize("path", SAMPLES)
def test_a_file_that_ends_early_has_all_users_before_its_end(path: str) -> None:
    whole, options = sample(path), Options(hashes=AUTH0_HASHES, firebase_hash_config=FIREBASE_CONFIG)
    intact = list(users(read_sample(SAMPLES[path], path)))
    for end in range(0, len(whole), 61):
        found = [*users(list(FORMATS[SAMPLES[path]].read(BytesIO(whole[:end]), options)))]
        # An address may be cut to a shorter one that is an address, too, where nothing around it says that it's cut.
        assert found[:-1] == intact[: len(found[:-1])]
