"""No lock-in and no loss: users move from one deployment to another with all that is theirs."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest

from cli import exporting
from cli.importing import journal
from cli.importing.admission import Rules
from cli.importing.formats import FORMATS, Options
from cli.importing.reports import Files
from cli.importing.run import import_users
from gatepost.access.roles import Role
from gatepost.accounts import email_addresses
from gatepost.administration import actors
from gatepost.config import AdminSettings
from gatepost.identifiers import new_id
from gatepost.service import Service, connect
from gatepost.storage import keys, users
from gatepost.storage.users import User
from gatepost.storage.writes import Item, Write, from_dynamodb, put
from local.mailbox import Mailbox
from local.stack import Stack
from tests.integration.administrators import new_role
from tests.published_hashes import PUBLISHED
from tests.support import PARAMETERS, Api

pytestmark = pytest.mark.dynamodb

USERS = 10_000
# Each with its password.
HASHES = [
    PUBLISHED[name]
    for name in (
        "bcrypt 2b, pyca/bcrypt",
        "PBKDF2-SHA256, passlib's documentation",
        "PBKDF2-SHA512 by passlib, hashcat's example 20200",
        "scrypt of 16 lanes, RFC 7914 section 12",
        "Firebase, the README of firebase/scrypt",
        "Argon2id, the reference implementation",
    )
]
ROLES = ("clerk", "manager")


def _stack(project: Path, mailbox: Mailbox) -> Stack:
    service = Stack(project / "template.yaml", mailbox, parameters=PARAMETERS)
    for role in ROLES:
        new_role(service, Role(role, "", (f"{role}:read",)))
    return service


@pytest.fixture
def source(project: Path, mailbox: Mailbox) -> Iterator[Stack]:
    """The deployment that is left."""
    with _stack(project, mailbox) as stack:
        yield stack


@pytest.fixture
def target(other_project: Path, mailbox: Mailbox) -> Iterator[Stack]:
    """The deployment that is moved to."""
    with _stack(other_project, mailbox) as stack:
        yield stack


def _service(stack: Stack) -> Service:
    return connect(AdminSettings.from_environment(stack.functions["AdminFunction"].definition.environment))


def _user(number: int) -> User:
    email = email_addresses.parse(f"User-{number}@example.com")
    return User(
        id=new_id(),
        email=email.address,
        email_digest=email.digest,
        email_verified=True,
        name=f"Nº {number}" if number % 2 else None,
        password_hash=HASHES[number % len(HASHES)][1],
        status="disabled" if number % 100 == 99 else "active",
        roles=("user", *ROLES[: number % 3]),
        epoch=number % 5,
        version=number % 7,
        created_at=1_600_000_000 + number,
    )


def _writes(table: str, number: int) -> list[Write]:
    """Return the writes of a user with a second factor, and every other one with a passkey: as large as such things are."""
    user = _user(number)
    passkey = {"public_key": secrets.token_bytes(700), "transports": {"internal", "hybrid"}, "counter": number}
    attached = [put(table, {**keys.of_user(user.id, f"PASSKEY#{new_id()}"), **passkey})] if number % 2 else []
    return [*users.create(table, user, {"totp": {"secret": secrets.token_bytes(20), "last_step": number}}), *attached]


def _fill(stack: Stack) -> None:
    table, db = stack.template.tables["UsersTable"].name, _service(stack).db
    writes = [write for number in range(USERS) for write in _writes(table, number)]
    with ThreadPoolExecutor(4) as threads:
        batches = [writes[start : start + 100] for start in range(0, len(writes), 100)]
        list(threads.map(lambda batch: db.transact(*batch), batches))


def _items(stack: Stack, logical_id: str = "UsersTable") -> list[Item]:
    """Return all items of a table but for what an import raises, in the order of their keys."""
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=stack.template.tables[logical_id].name)
    raised = {"epoch", "version"}
    found = [from_dynamodb(item) for page in pages for item in page["Items"]]
    return sorted(
        ({name: value for name, value in item.items() if name not in raised} for item in found if item["sk"] != "FIRST"),
        key=lambda item: (item["pk"], item["sk"]),
    )


def test_10000_users_move_to_an_empty_stack_and_sign_in_with_their_old_passwords(
    source: Stack, target: Stack, tmp_path: Path
) -> None:
    _fill(source)
    file = tmp_path / "users.jsonl"
    with file.open("w", encoding="utf-8") as written:
        for lines in exporting.lines(_service(source)):
            written.writelines(lines)

    service = _service(target)
    rules = Rules(service, actors.operator(service, "local"))
    with file.open("rb") as stream:
        entries = FORMATS["gatepost"].read(stream, Options())
        summary = import_users(rules, entries, Files.beside(file), journal.about(file, "gatepost", service))

    assert (summary.imported, summary.refused) == (USERS, 0)
    moved, left = _items(target), _items(source)
    assert len(moved) == len(left) == USERS * 5 // 2
    assert [there for there, here in zip(moved, left, strict=True) if there != here] == []
    for number, (password, _) in enumerate(HASHES):
        answer = Api(target).login(f"user-{number}@example.com", password)
        assert answer.status == 200, answer.body
        assert answer.json()["user"]["roles"] == ["user", *ROLES[: number % 3]]
        assert Api(target).login(f"user-{number + 6}@example.com", password + ".").status == 401
