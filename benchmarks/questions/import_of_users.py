"""What does `users import` take a user beside one transaction a user?

On DynamoDB Local, which takes both on one machine: in AWS, where an answer takes longer on its way, the difference is larger.
"""

import itertools
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from benchmarks.figures import Figure
from benchmarks.measuring import ROUNDS, in_turns
from cli.importing.admission import Candidate, Rules, admit
from cli.importing.batches import Import, prepare
from cli.importing.journal import Progress
from cli.importing.records import Record
from cli.importing.reports import Files
from cli.importing.run import import_users
from gatepost.access.roles import EMPTY
from gatepost.accounts import email_addresses
from gatepost.administration.actors import Operator
from gatepost.config import AdminSettings
from gatepost.credentials.passwords import DUMMY_HASH
from gatepost.service import connect
from local.aws import CREDENTIALS, DYNAMODB_URL
from local.tables import create_table
from local.template import read_template
from tools import dynamodb_local

_ROOT = Path(__file__).parents[2]
_MANY, _FEW = 1_650, 200  # users a round
_PARAMETERS = {
    "Issuer": "https://auth.example.com",
    "Audience": "https://api.example.com",
    "FirstAdminEmail": "admin@example.com",
    "MailFrom": "no-reply@example.com",
}
_numbers = itertools.count()


def measure(rounds: int = ROUNDS) -> list[Figure]:
    """Import users by transactions of many, several in flight, and by one transaction a user, in turns.

    Raises:
        CannotRunError: there is no Java for DynamoDB Local, or no way to get it.
    """
    with _rules() as rules:
        _many(rules)
        ours, theirs = in_turns(rounds, lambda: _many(rules), lambda: _one_by_one(rules))
    return [Figure("users import, a user", ours, "a transaction of its own", theirs, at_most=1 / 3)]


@contextmanager
def _rules() -> Iterator[Rules]:
    """Yield what an import into empty tables goes by."""
    with (
        dynamodb_local.engine(dynamodb_local.free_port()) as (url, _),
        patch.dict(os.environ, CREDENTIALS | {DYNAMODB_URL: url}),
    ):
        template = read_template(_ROOT / "template.yaml", "bench", _PARAMETERS)
        for table in template.tables.values():
            create_table(table)
        service = connect(AdminSettings.from_environment(template.functions["AdminFunction"].environment))
        yield Rules(service, Operator("local", EMPTY))


def _records(number: int) -> Iterator[Record]:
    for line in range(1, number + 1):
        email = email_addresses.parse(f"user-{next(_numbers)}@example.com")
        yield Record(line, email, email_verified=True, name="Ada Lovelace", password_hash=DUMMY_HASH)


def _many(rules: Rules) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return import_users(rules, _records(_MANY), Files.beside(Path(folder, "users")), {}).seconds / _MANY


def _one_by_one(rules: Rules) -> float:
    progress, began = Progress({"import": "00" * 16}), time.monotonic()
    all_of = Import(progress.import_id, rules.service, rules.operator)
    for number, record in enumerate(_records(_FEW)):
        candidate = admit(rules, record, number, f"{next(_numbers):032x}", uncertain=False)
        prepared = prepare(all_of, candidate) if isinstance(candidate, Candidate) else None
        if prepared is None:
            raise RuntimeError("the user would be refused")
        rules.service.db.transact(*prepared.writes)
    return (time.monotonic() - began) / _FEW
