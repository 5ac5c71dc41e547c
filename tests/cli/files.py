"""Files of users for tests of `gatepost users`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cli.support import Operator
from tests.published_hashes import PUBLISHED
from tests.support import new_email

# A password that sign-in takes, and what another system has stored of it.
OLD_PASSWORD, OLD_HASH = PUBLISHED["bcrypt 2b, pyca/bcrypt"]


def user(**more: Any) -> dict[str, Any]:
    """Return a user as a line of JSON Lines has one, with a proven address of their own and an old hash."""
    return {"email": new_email(), "email_verified": True, "password_hash": OLD_HASH} | more


@dataclass
class UsersFile:
    """A file of users, one a line, which `operator` imports; text among them goes as it is."""

    operator: Operator
    path: Path
    format: str = "jsonl"
    lines: list[Mapping[str, Any] | str] = field(default_factory=list)

    def run(self, *options: str, code: int = 0) -> dict[str, Any]:
        """Write it and run the import; return what that reports."""
        texts = (line if isinstance(line, str) else json.dumps(line) for line in self.lines)
        self.path.write_text("".join(f"{text}\n" for text in texts), "utf-8")
        return self.again(*options, code=code)

    def again(self, *options: str, code: int = 0) -> dict[str, Any]:
        """Run the import of the file as it is."""
        command = ("users", "import", str(self.path), "--format", self.format, *options)
        reported: dict[str, Any] = self.operator.json(*command, code=code)
        return reported

    def beside(self, end: str) -> Path:
        """Return the path of what an import keeps beside the file."""
        return self.path.with_name(self.path.name + end)

    def refusals(self) -> dict[int, str]:
        """Return the reasons that the last run reports, by line."""
        if not (report := self.beside(".refused.jsonl")).exists():
            return {}
        return {entry["line"]: entry["reason"] for entry in map(json.loads, report.read_text().splitlines())}

    def ids(self) -> dict[str, str]:
        """Return the ids that the last run reports, by those of the file."""
        header, *rows = self.beside(".ids.csv").read_text().splitlines()
        assert header == "source_id,id"
        return dict(row.split(",") for row in rows)


def counted(report: Mapping[str, Any]) -> tuple[int, int, int]:
    """Return how many a run has imported, found imported before, and refused."""
    return report["imported"], report["before"], report["refused"]
