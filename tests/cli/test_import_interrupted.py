"""An import that is killed at any instant goes on when it's run again: no user twice, none lost, none by halves."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from botocore.endpoint import Endpoint
from botocore.model import OperationModel

from cli.importing import batches, journal, run
from cli.importing.journal import Journal, JournalRefused
from cli.importing.records import Record
from gatepost.errors import Unavailable
from gatepost.service import Service
from local.stack import Stack
from tests.calls import recorded
from tests.cli.files import OLD_PASSWORD
from tests.cli.importing import Imported, assert_all_are_there_once, record
from tests.integration.aws_faults import broken, cancelled, faults, nothing_processed, times
from tests.support import Api

ENTRIES = 30


class Killed(BaseException):
    """Nothing of the process runs on behind this."""


@pytest.fixture(autouse=True)
def _small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three users in each."""
    monkeypatch.setattr(batches, "_MAX_WRITES", 9)


@contextmanager
def _killed_at_call(number: int, *, answered: bool) -> Iterator[None]:
    """Kill the import at call `number` to AWS, before it's made, or before its answer is read."""
    ask: Callable[..., Any] = Endpoint.make_request
    calls = itertools.count(1)

    def counted(self: Endpoint, operation: OperationModel, request: Any) -> Any:
        if next(calls) != number:
            return ask(self, operation, request)
        if answered:
            ask(self, operation, request)
        raise Killed

    with patch.object(Endpoint, "make_request", counted):
        yield


@contextmanager
def _killed_at_line(number: int, share: float) -> Iterator[None]:
    """Kill the import at line `number` of its journal, of which the disk gets this share."""
    append: Callable[..., None] = Journal._append
    lines = itertools.count(1)

    def torn(self: Journal, line: dict[str, Any]) -> None:
        if next(lines) != number:
            return append(self, line)
        before = self._file.tell()
        append(self, line)
        self._file.truncate(before + int((self._file.tell() - before) * share))
        raise Killed

    with patch.object(Journal, "_append", torn):
        yield


def _killed_then_run_again(service: Service, api: Api, folder: Path, killing: AbstractContextManager[None]) -> bool:
    """Run an import of new users that may be killed, and run it again if it was; check what is there, and return whether."""
    folder.mkdir()
    imported = Imported(service, [record(line) for line in range(1, ENTRIES + 1)], folder)
    killed = False
    try:
        with killing:
            imported.run()
    except Killed:
        killed = True
        summary = imported.run()
        assert (summary.imported + summary.before, summary.refused) == (ENTRIES, 0)
    assert_all_are_there_once(api, imported)
    return killed


@pytest.mark.parametrize("answered", [False, True])
def test_killed_at_any_call_to_aws_it_goes_on(service: Service, api: Api, tmp_path: Path, answered: bool) -> None:
    for number in itertools.count(1):
        if not _killed_then_run_again(service, api, tmp_path / str(number), _killed_at_call(number, answered=answered)):
            break
    assert number > ENTRIES / 3


@pytest.mark.parametrize("share", [0, 0.6, 1])
def test_killed_at_any_line_of_the_journal_it_goes_on(service: Service, api: Api, tmp_path: Path, share: float) -> None:
    for number in itertools.count(1):
        if not _killed_then_run_again(service, api, tmp_path / str(number), _killed_at_line(number, share)):
            break
    assert number > 5


def test_killed_again_and_again_it_comes_to_its_end(service: Service, api: Api, tmp_path: Path) -> None:
    imported = Imported(service, [record(line) for line in range(1, ENTRIES + 1)], tmp_path)
    for number in itertools.count(1):
        with suppress(Killed), _killed_at_call(2 * number, answered=number % 3 == 0):
            imported.run()
            break
    assert number > 3
    assert_all_are_there_once(api, imported)


def test_z12_who_was_deleted_before_the_journal_knew_of_them_does_not_come_back(
    service: Service, api: Api, tmp_path: Path
) -> None:
    """The transaction was done, the process killed, the user deleted, and the import run again."""
    only = record(1)
    imported = Imported(service, [only], tmp_path)
    with pytest.raises(Killed), _killed_at_call(1, answered=True):
        imported.run()
    email = only.email.address
    token = api.login(email, OLD_PASSWORD).json()["access_token"]
    assert api.call("DELETE", "/v1/me", {"password": OLD_PASSWORD}, token=token).status == 204
    summary = imported.run()
    assert (summary.imported, summary.before, summary.refused) == (0, 1, 0)
    assert api.login(email, OLD_PASSWORD).status == 401


def test_who_took_the_address_meanwhile_keeps_it(service: Service, api: Api, tmp_path: Path) -> None:
    first, second = record(1), record(2)
    imported = Imported(service, [first, second], tmp_path)
    with pytest.raises(Killed), _killed_at_call(1, answered=False):
        imported.run()
    theirs = api.sign_up(first.email.address)["user"]["id"]
    summary = imported.run()
    assert (summary.imported, summary.refused) == (1, 1)
    assert imported.refusals() == [(1, "an account with this address exists")]
    assert api.login(first.email.address).json()["user"]["id"] == theirs


@pytest.mark.parametrize("length", range(0, 180, 9))
def test_whatever_the_disk_has_kept_of_the_journal_it_goes_on(service: Service, api: Api, tmp_path: Path, length: int) -> None:
    imported = Imported(service, [record(line) for line in range(1, 8)], tmp_path)
    imported.run()
    ids = imported.ids()
    journal = imported.files.journal
    first_line = journal.read_bytes().index(b"\n") + 1
    with journal.open("rb+") as file:
        file.truncate(first_line + length)
    summary = imported.run()
    assert (summary.imported + summary.before, summary.refused) == (7, 0)
    assert imported.ids() == ids
    assert_all_are_there_once(api, imported)


def test_r14_what_dynamodb_does_not_take_now_it_takes_later(service: Service, api: Api, tmp_path: Path) -> None:
    imported = Imported(service, [record(line) for line in range(1, ENTRIES + 1)], tmp_path)
    refused = cancelled("ProvisionedThroughputExceeded", *["None"] * 8)
    with faults(times(30, "TransactWriteItems", refused)) as attempts:
        summary = imported.run()
    assert (summary.imported, summary.refused) == (ENTRIES, 0)
    assert len(attempts) > 40
    assert_all_are_there_once(api, imported)


def test_r14_keys_that_a_dry_run_was_not_told_of_are_asked_for_again(service: Service, api: Api, tmp_path: Path) -> None:
    taken = record(2, api.sign_up()["user"]["email"])
    imported = Imported(service, [record(1), taken, record(3)], tmp_path)
    with faults(times(2, "BatchGetItem", nothing_processed)):
        summary = imported.run(dry_run=True)
    assert (summary.imported, summary.refused) == (2, 1)


def test_what_the_tables_do_not_take_at_all_stops_it_and_another_run_goes_on(
    service: Service, api: Api, tmp_path: Path
) -> None:
    imported = Imported(service, [record(line) for line in range(1, ENTRIES + 1)], tmp_path)
    with faults(lambda attempt: broken if attempt.operation == "TransactWriteItems" else None), pytest.raises(Unavailable):
        imported.run()
    assert imported.run().imported == ENTRIES
    assert_all_are_there_once(api, imported)


def test_an_address_at_a_blocked_domain_is_refused(service: Service, tmp_path: Path) -> None:
    blocking = replace(service, settings=service.settings.model_copy(update={"blocked_email_domains": ("throwaway.example",)}))
    imported = Imported(blocking, [record(1, "ada@mail.throwaway.example"), record(2)], tmp_path)
    assert imported.run().imported == 1
    ((line, reason),) = imported.refusals()
    assert line == 1
    assert "domain whose addresses are not accepted" in reason


def test_no_more_users_a_second_are_written_than_is_asked_for(service: Service, tmp_path: Path) -> None:
    imported = Imported(service, [record(line) for line in range(1, ENTRIES + 1)], tmp_path)
    slept: list[float] = []
    with patch("time.sleep", slept.append):
        imported.run(rate=3)
    # Ten transactions of three users, the first at once; what the clock took of it is not slept.
    assert ENTRIES / 3 - 3 < sum(slept) <= 45 + 1


def test_who_was_sent_long_before_the_others_is_known_to_be_uncertain(service: Service, api: Api, tmp_path: Path) -> None:
    """One transaction hangs while thousands of lines are read; then the process is killed."""
    imported = Imported(service, [record(line) for line in range(1, 50)], tmp_path)
    with patch.object(run, "WINDOW", 10), patch.object(journal, "WINDOW", 10):
        for number in range(2, 20, 3):
            with suppress(Killed), _killed_at_call(number, answered=True):
                imported.run()
        summary = imported.run()
    assert (summary.imported + summary.before, summary.refused) == (49, 0)
    assert_all_are_there_once(api, imported)


def test_ten_write_units_a_user(stack: Stack, service: Service, tmp_path: Path) -> None:
    """What docs/import-export.md says: two for each KB, as transactions take, and one for each KB in an index."""
    imported = Imported(service, [record(line, name="Ada Lovelace") for line in range(1, ENTRIES + 1)], tmp_path)
    with recorded() as calls:
        imported.run()
    assert sum(call.units for call in calls if call.operation == "TransactWriteItems") == 6 * ENTRIES
    puts = [write["Put"] for call in calls for write in call.parameters.get("TransactItems", ())]
    indexes = {
        table.name: [
            {key["AttributeName"] for key in index["KeySchema"]} for index in table.properties["GlobalSecondaryIndexes"]
        ]
        for table in stack.template.tables.values()
        if "GlobalSecondaryIndexes" in table.properties
    }
    entries = sum(keys <= put["Item"].keys() for put in puts for keys in indexes[put["TableName"]])
    assert entries == 4 * ENTRIES


def test_two_runs_at_once_are_refused(service: Service, tmp_path: Path) -> None:
    imported = Imported(service, [record(1)], tmp_path)

    def entries() -> Iterator[Record]:
        yield record(1)
        with pytest.raises(JournalRefused, match="runs already"):
            imported.run()

    assert imported.run(entries()).imported == 1
