"""Users who come with a hash of another system, or with one of ours of former days: it's good for one more sign-in (I-24)."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Literal
from unittest.mock import patch

import bcrypt
import pytest
from argon2 import PasswordHasher

from gatepost import clock
from gatepost.accounts import email_addresses
from gatepost.aws.clients import client
from gatepost.credentials import passwords
from gatepost.credentials.passwords import DUMMY_HASH, hash_password
from gatepost.identifiers import new_id
from gatepost.storage import keys, users
from gatepost.storage.table import Database
from gatepost.storage.writes import Item
from local.stack import Stack
from tests.calls import hashed
from tests.integration.accounts import NEW_PASSWORD, REFUSED, User, mailed_reset, new_user, outcome, reset
from tests.integration.doors import NAMES, SUCCESSES, Doors
from tests.integration.inside import change_user
from tests.integration.logs import captured_logs
from tests.published_hashes import PUBLISHED
from tests.support import PASSWORD, Api, new_email, problem

OWN = "$argon2id$v=19$m=19456,t=2,p=1$"
RISEN = "$argon2id$v=19$m=19456,t=3,p=1$"


def imported(stack: Stack, password: str, stored: str, status: Literal["active", "disabled"] = "active") -> User:
    """Return a user whose row holds `stored`, as an import leaves it; nobody has signed in yet."""
    api, address = Api(stack), email_addresses.parse(new_email())
    user = users.User(
        id=new_id(),
        email=address.address,
        email_digest=address.digest,
        email_verified=True,
        name=None,
        password_hash=stored,
        status=status,
        roles=("user",),
        epoch=3,
        version=7,
        created_at=clock.now(),
    )
    Database(client("dynamodb")).transact(*users.create(api.table_name("UsersTable"), user))
    return User(api, user.email, password, {"user": {"id": user.id}})


def row(user: User) -> Item:
    """Return the user's item."""
    found = Database(client("dynamodb")).get(user.api.table_name("UsersTable"), keys.user(user.id))
    assert found is not None
    return found


@contextmanager
def risen_parameters() -> Iterator[None]:
    """Let our own hashes be made with more passes inside the block."""
    risen = PasswordHasher(time_cost=3, memory_cost=19_456, parallelism=1)
    with patch.multiple(passwords, _hasher=risen, DUMMY_HASH=risen.hash("nobody's")):
        yield


@pytest.mark.parametrize("name", PUBLISHED)
def test_i24_a_hash_of_another_system_signs_in_and_is_upgraded(stack: Stack, name: str) -> None:
    """Also where today's rules would refuse the password: all of these are too short, common or both."""
    user = imported(stack, *PUBLISHED[name])
    before = row(user)
    again = user.login()
    after = row(user)
    assert after["password_hash"].startswith(OWN)
    # Nothing else changed, so sessions and access tokens live on.
    assert {**after, "password_hash": before["password_hash"]} == before
    assert again.lives()
    with hashed() as hashes:
        user.login()
    assert hashes == [f"verify {OWN[:-1]}"]
    assert row(user) == after
    assert outcome(user.api.login(user.email, "x" + user.password)) == REFUSED


@pytest.mark.parametrize("name", PUBLISHED)
def test_i24_a_wrong_password_upgrades_nothing(stack: Stack, name: str) -> None:
    password, stored = PUBLISHED[name]
    user = imported(stack, password, stored)
    before = row(user)
    for wrong in ("x" + password, stored):
        assert outcome(user.api.login(user.email, wrong)) == REFUSED
    assert row(user) == before
    assert user.login()


def test_i24_parameters_that_rise_upgrade_a_hash_at_the_next_sign_in(stack: Stack) -> None:
    user = new_user(stack)
    before = row(user)
    with risen_parameters():
        assert outcome(user.api.login(user.email, "x" + PASSWORD)) == REFUSED
        assert row(user) == before
        with hashed() as hashes:
            user.login()
        assert hashes == [f"verify {OWN[:-1]}", f"verify {RISEN[:-1]}", f"hash {RISEN[:-1]}"]
        after = row(user)
        assert after["password_hash"].startswith(RISEN)
        assert {**after, "password_hash": before["password_hash"]} == before
        user.login()
        assert row(user) == after
        assert user.lives()
    # And when they are taken back.
    assert user.login()
    assert row(user)["password_hash"].startswith(OWN)


def test_i24_a_disabled_user_is_not_upgraded_and_refused_for_the_same_work(stack: Stack) -> None:
    password, stored = PUBLISHED["scrypt, passlib's documentation"]
    user = imported(stack, password, stored, "disabled")
    for given in (password, "x" + password):
        with hashed() as hashes:
            assert outcome(user.api.login(user.email, given)) == REFUSED
        assert hashes == [f"verify {OWN[:-1]}"]
    assert row(user)["password_hash"] == stored


def test_i24_a_password_that_changed_meanwhile_wins(stack: Stack) -> None:
    """What the sign-in saw is old by then: it looks once more, and the old password is wrong."""
    user = imported(stack, *PUBLISHED["scrypt, passlib's documentation"])
    changed = hash_password(NEW_PASSWORD)

    def change_then_hash(password: str) -> str:
        change_user(user.api, user.id, password_hash=changed)
        return hash_password(password)

    with patch("gatepost.sign_in.hash_password", change_then_hash):
        assert outcome(user.api.login(user.email, user.password)) == REFUSED
    assert row(user)["password_hash"] == changed
    assert user.login(NEW_PASSWORD)


def test_i24_of_two_sign_ins_at_once_the_second_finds_the_upgrade_and_signs_in(stack: Stack) -> None:
    user = imported(stack, *PUBLISHED["scrypt, passlib's documentation"])

    def sign_in_elsewhere_then_hash(password: str) -> str:
        with patch("gatepost.sign_in.hash_password", hash_password), ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(user.login).result()
        return hash_password(password)

    with patch("gatepost.sign_in.hash_password", sign_in_elsewhere_then_hash):
        assert user.login()
    assert row(user)["password_hash"].startswith(OWN)
    assert len(user.login().sessions()) == 3


@pytest.mark.parametrize("door", NAMES)
def test_an_old_hash_opens_every_door_to_the_right_password_alone(stack: Stack, door: str) -> None:
    """A session may be older than the row's hash, where a restored table has it for example."""
    user = new_user(stack)
    doors = Doors.of(user)
    change_user(user.api, user.id, password_hash=bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode())
    assert outcome(doors.open(door, "x" + PASSWORD)) == REFUSED
    assert doors.open(door, PASSWORD).status == SUCCESSES[door]


@pytest.mark.parametrize("password", ["eight ch", "x", "password", "p\u00e4ssw\u00f6rt", " ", "x" * 256, "\U0001f600" * 256])
def test_f10_an_old_password_signs_in_whatever_todays_rules_say(stack: Stack, password: str) -> None:
    user = imported(stack, password, bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode())
    assert user.login().login()
    assert row(user)["password_hash"].startswith(OWN)


@pytest.mark.parametrize("password", ["secret\0", "secret\0secret", "\0", "x" * 72 + "\0", "\ud83d\ude00" * 40])
def test_f10_what_bcrypt_chokes_on_is_a_wrong_password_and_no_failure(stack: Stack, password: str) -> None:
    user = imported(stack, "secret", bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode())
    answer = user.api.login(user.email, password)
    assert problem(answer) in {REFUSED, (400, "malformed_request"), (422, "invalid_request")}
    assert user.login()


@pytest.mark.parametrize(
    "stored",
    [
        *("x", "$", "$argon2id$", "{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr", "$2b$12$abcdefghijklmnopqrstuv", "\0", "\u00e9"),
        *("$2b$31$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", DUMMY_HASH[:-5] + "*****", DUMMY_HASH[:-1] + "p"),
        DUMMY_HASH.replace("m=19456", "m=4294967295"),
        DUMMY_HASH.replace("$m=19456", "$data=x,m=19456"),
        DUMMY_HASH.replace("19456", "\uff1119456"),
        f"$scrypt$ln=30,r=8,p=1$c29tZXNhbHQ${DUMMY_HASH[-43:]}",
        f"$pbkdf2-sha512$i=4294967295$c29tZXNhbHQ${DUMMY_HASH[-43:]}",
        "$argon2id$" * 10_000,
    ],
    ids=lambda stored: ascii(stored[:40]),
)
def test_a_stored_hash_that_cannot_be_used_is_nobodys_password_and_an_error_in_the_log(stack: Stack, stored: str) -> None:
    """Never a 5xx, by the work of an unknown address, and the log doesn't show it. A new password by mail helps."""
    user = imported(stack, PASSWORD, stored)
    with captured_logs() as lines, hashed() as hashes:
        assert outcome(user.api.login(user.email, PASSWORD)) == REFUSED
    assert hashes == [f"verify {OWN[:-1]}"]
    errors = [line for line in lines if "ERROR" in line]
    assert len(errors) == 1
    assert "stored hash" in errors[0]
    assert stored in ("x", "$") or not any(stored in line or json.dumps(stored)[1:-1] in line for line in lines)
    assert row(user)["password_hash"] == stored
    assert reset(user.api, mailed_reset(user.api, user.email)).status == 204
    failed = [event["reason"] for event in user.login(NEW_PASSWORD).trail() if event["event"] == "sign_in.failed"]
    assert failed == ["wrong_password"]
