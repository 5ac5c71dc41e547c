"""What an import leaves beside its file for those who run it: who was refused and why, and which ids became which."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Files:
    """What is kept of an import, beside the file or elsewhere: the journal, the refusals, and the ids."""

    journal: Path
    refused: Path
    ids: Path

    @classmethod
    def beside(cls, prefix: Path) -> "Files":
        """Return those whose paths begin with `prefix`, which may be the path of a file."""
        return cls(*(prefix.with_name(prefix.name + end) for end in (".import.jsonl", ".refused.jsonl", ".ids.csv")))


class Reports:
    """Both files, made anew by each run, so that each is complete once a run has ended.

    The first, JSON Lines, is there only if somebody was refused; the second, CSV, only if the file had ids of its own.
    """

    def __init__(self, refused: Path, ids: Path | None) -> None:
        self.refused, self.ids = _Lines(refused), _Lines(ids) if ids else None

    def refuse(self, line: int, reason: str) -> None:
        """Note that the entry on a line was refused, and why."""
        self.refused.write(json.dumps({"line": line, "reason": reason}, ensure_ascii=False) + "\n")

    def identify(self, source_id: str | None, user_id: str) -> None:
        """Note which id a user had in the other system, and which one they have here."""
        if self.ids is not None and source_id is not None:
            self.ids.write(_row(source_id, user_id), header=_row("source_id", "id"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None) -> None:
        self.refused.close()
        if self.ids is not None:
            self.ids.close()


class _Lines:
    """A file that nobody else may read, made when its first line comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: io.TextIOWrapper | None = None
        path.unlink(missing_ok=True)

    def write(self, line: str, header: str = "") -> None:
        if self._file is None:
            self.path.touch(0o600)
            self._file = self.path.open("w", encoding="utf-8", newline="")
            self._file.write(header)
        self._file.write(line)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _row(*values: str) -> str:
    row = io.StringIO()
    csv.writer(row, lineterminator="\n").writerow(values)
    return row.getvalue()
