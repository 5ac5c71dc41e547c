"""Imports in this process: of records, into the service of a test."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cli.importing.admission import Rules
from cli.importing.records import Entry, Record
from cli.importing.reports import Files
from cli.importing.run import Summary, import_users
from gatepost.access.roles import EMPTY
from gatepost.accounts import email_addresses
from gatepost.administration.actors import Operator
from gatepost.service import Service
from gatepost.storage import keys
from tests.cli.files import OLD_HASH
from tests.integration.tables import items
from tests.support import Api, new_email

ABOUT = {"file": "digest", "format": "jsonl", "deployment": "this one"}


def record(line: int, email: str | None = None, **more: Any) -> Record:
    """Return a user on a line of a file."""
    address = email_addresses.parse(email or new_email())
    return replace(Record(line, address, email_verified=True, password_hash=OLD_HASH, source_id=f"source-{line}"), **more)


@dataclass(frozen=True)
class Imported:
    """Entries that are imported into `service`, by a journal in a folder of their own."""

    service: Service
    entries: Sequence[Entry]
    folder: Path

    @property
    def files(self) -> Files:
        """What the import keeps."""
        return Files.beside(self.folder / "users")

    def run(self, entries: Iterable[Entry] | None = None, **options: Any) -> Summary:
        """Run the import, of other `entries` if they're given."""
        rules = Rules(self.service, Operator("local", EMPTY))
        return import_users(rules, iter(entries or self.entries), self.files, ABOUT, **options)

    def refusals(self) -> list[tuple[int, str]]:
        """Return the lines and reasons that the last run reports."""
        if not self.files.refused.exists():
            return []
        return [(entry["line"], entry["reason"]) for entry in map(json.loads, self.files.refused.read_text().splitlines())]

    def ids(self) -> dict[str, str]:
        """Return the ids here by those of the file."""
        header, *rows = self.files.ids.read_text().splitlines()
        assert header == "source_id,id"
        return dict(row.split(",") for row in rows)


def assert_all_are_there_once(api: Api, imported: Imported) -> None:
    """Assert that of all entries the tables hold exactly a claim, a profile and an event, under the ids that are reported."""
    ids = imported.ids()
    emails = [entry.email.address for entry in imported.entries if isinstance(entry, Record)]
    assert len(ids) == len(set(ids.values())) == len(emails)
    names = {f"email{number}": email for number, email in enumerate(emails)}
    users = items(api, "UsersTable", f"email IN ({', '.join(f':{name}' for name in names)})", **names)
    profiles = sorted((item["id"], item["email"]) for item in users if item["sk"] != "CLAIM")
    claims = sorted((item["user_id"], item["email"]) for item in users if item["sk"] == "CLAIM")
    expected = sorted(zip((ids[f"source-{number}"] for number in range(1, len(emails) + 1)), emails, strict=True))
    assert profiles == claims == expected
    import_id = json.loads(imported.files.journal.read_text().splitlines()[0])["import"]
    events = items(api, "AuditTable", "request_id = :id", id=import_id)
    assert sorted(item["pk"] for item in events) == sorted(map(keys.audit_trail_of_user, ids.values()))
