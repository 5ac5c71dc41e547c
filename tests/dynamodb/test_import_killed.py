"""The command itself on tables of DynamoDB: killed, run again, and run twice at once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from gatepost.accounts import email_addresses
from gatepost.config import AdminSettings
from gatepost.service import Service, connect
from gatepost.storage import keys
from local.stack import Stack
from tests.cli.files import OLD_PASSWORD, user
from tests.cli.importing import Imported, assert_all_are_there_once, record
from tests.cli.support import serving
from tests.dynamodb.support import at_once
from tests.dynamodb.wire import TRANSACTION, Wire
from tests.support import ROOT, Api

pytestmark = pytest.mark.dynamodb

USERS = 3_000
_PATIENCE = 120  # seconds; only a test that fails waits this long


@pytest.fixture
def url(stack: Stack) -> Iterator[str]:
    """Where the command line finds the service."""
    with serving(stack) as url:
        yield url


@pytest.fixture
def service(stack: Stack, wire: Wire) -> Service:
    """The tables of the service, also by the wire."""
    with wire.laid():
        return connect(AdminSettings.from_environment(stack.functions["AdminFunction"].definition.environment))


def _begin(url: str, file: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "cli", "--local", url, "--json", "users", "import", str(file), "--format", "jsonl"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(["", "layers/core/python", "layers/verifier/python"])}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def test_killed_in_the_midst_it_goes_on_and_nobody_is_there_twice_or_missing(
    url: str, service: Service, api: Api, tmp_path: Path
) -> None:
    file = tmp_path / "users.jsonl"
    users = [user(id=f"source-{number}") for number in range(USERS)]
    file.write_text("".join(json.dumps(each) + "\n" for each in users))
    journal = tmp_path / "users.jsonl.import.jsonl"
    for lines in (4, 30):
        with _begin(url, file) as process:
            deadline = time.monotonic() + _PATIENCE
            while not journal.exists() or journal.read_bytes().count(b"\n") < lines:
                assert time.monotonic() < deadline
                assert process.poll() is None
                time.sleep(0.01)
            process.kill()
            assert process.wait(_PATIENCE) == -signal.SIGKILL
    with _begin(url, file) as process:
        printed, _ = process.communicate(timeout=_PATIENCE)
    report = json.loads(printed)
    assert process.returncode == 0
    assert report["imported"] + report["before"] == USERS
    assert report["imported"] > 0
    assert report["before"] > 0

    rows = (tmp_path / "users.jsonl.ids.csv").read_text().splitlines()[1:]
    ids = dict(row.split(",") for row in rows)
    assert len(ids) == len(rows) == USERS
    table = service.settings.users_table
    for start in range(0, USERS, 50):
        some = users[start : start + 50]
        claims = [(table, keys.email_claim(email_addresses.parse(each["email"]).digest)) for each in some]
        profiles = [(table, keys.user(ids[each["id"]])) for each in some]
        found = service.db.get_many(*claims, *profiles)
        assert all(found)
        assert [item["user_id"] for item in found[:50] if item] == [ids[each["id"]] for each in some]
        assert [item["email"] for item in found[50:] if item] == [each["email"] for each in some]
    import_id = json.loads(journal.read_text().splitlines()[0])["import"]
    events = [item for item in api.table("AuditTable") if item["request_id"] == import_id]
    assert sorted(item["user_id"] for item in events) == sorted(ids.values())
    assert api.login(users[-1]["email"], OLD_PASSWORD).status == 200


def test_of_two_imports_of_one_file_at_once_each_user_is_imported_by_one(service: Service, api: Api, tmp_path: Path) -> None:
    entries = [record(line) for line in range(1, 301)]
    imports = [Imported(service, entries, tmp_path / name) for name in ("one", "other")]
    for each in imports:
        each.folder.mkdir()
    summaries = at_once(partial(each.run) for each in imports)
    assert sum(summary.imported for summary in summaries) == len(entries)
    assert sum(summary.refused for summary in summaries) == len(entries)
    for each, summary in zip(imports, summaries, strict=True):
        assert {reason for _, reason in each.refusals()} <= {"an account with this address exists"}
        refused = {line for line, _ in each.refusals()}
        assert len(refused) == summary.refused
    ids = [imported.ids() if imported.files.ids.exists() else {} for imported in imports]
    assert not ids[0].keys() & ids[1].keys()
    table = service.settings.users_table
    for entry in entries:
        claim = service.db.get(table, keys.email_claim(entry.email.digest))
        assert claim is not None
        known = ids[0].get(f"source-{entry.line}") or ids[1][f"source-{entry.line}"]
        assert claim["user_id"] == known


def test_a_lost_answer_is_no_account_of_somebody_else(service: Service, api: Api, tmp_path: Path, wire: Wire) -> None:
    imported = Imported(service, [record(line) for line in range(1, 41)], tmp_path)
    with wire.losing_answers(TRANSACTION, times=3):
        summary = imported.run()
    assert (summary.imported, summary.before, summary.refused) == (40, 0, 0)
    assert_all_are_there_once(api, imported)
