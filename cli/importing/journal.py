"""What an import has done so far, beside its file: so that one that was cut short, at whatever instant, goes on.

The first line draws a key, of which the ids of the users are made. Each run begins with a line of its own; then, after each
transaction, one says which entries are imported, by their ordinals (from 0), and before which one nothing is left to do.
What DynamoDB has done is never in doubt for long: an entry whose line was lost has the same id in the next run.
"""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gatepost import clock
from gatepost.service import Service

# No entry is begun so far ahead of one that isn't finished: so it's known what may have been done without a line about it.
WINDOW = 2_000  # entries


class JournalRefused(Exception):
    """The journal can't be used; the text says why, and what to do."""


class Progress:
    """What the journal of an import says; `about` is its first line."""

    def __init__(self, about: Mapping[str, str]) -> None:
        self.about = about
        self._key = bytes.fromhex(about["import"])
        self._imported = bytearray()
        self._begun: list[range] = []

    @property
    def import_id(self) -> str:
        """The id of the import."""
        return self.about["import"]

    def id_of(self, ordinal: int) -> str:
        """Return the id of the user of an entry: the same in all runs of this import, and never that of another."""
        return hmac.digest(self._key, ordinal.to_bytes(8), hashlib.sha256)[:16].hex()

    def is_imported(self, ordinal: int) -> bool:
        """Return whether an entry is known to be imported."""
        place, bit = divmod(ordinal, 8)
        return place < len(self._imported) and bool(self._imported[place] >> bit & 1)

    def may_be_imported(self, ordinal: int) -> bool:
        """Return whether an earlier run may have imported an entry without having noted it."""
        return any(ordinal in begun for begun in self._begun)

    def mark(self, ordinals: Iterable[int]) -> None:
        """Note that entries are imported."""
        for ordinal in ordinals:
            place, bit = divmod(ordinal, 8)
            self._imported.extend(bytes(max(0, place + 1 - len(self._imported))))
            self._imported[place] |= 1 << bit

    def read(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Take in the lines behind the first."""
        for line in lines:
            if "run" in line:
                self._begun.append(range(WINDOW))
            else:
                for first, last in line["imported"]:
                    self.mark(range(first, last + 1))
                self._begun[-1] = range(line["settled"], line["settled"] + WINDOW)


class Journal:
    """The journal of an import that runs; nobody else runs it meanwhile.

    Raises:
        JournalRefused: it's another import's, or this one runs already.
    """

    def __init__(self, path: Path, about: Mapping[str, str]) -> None:
        path.touch(0o600)
        self._file = path.open("ab", buffering=0)
        try:
            self.progress = self._begin(path, about)
        except BaseException:
            self._file.close()
            raise

    def _begin(self, path: Path, about: Mapping[str, str]) -> Progress:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise JournalRefused(f"This import runs already: another process has {path}.") from exc
        progress, length = _read(path, about)
        # What stands behind the last whole line was being written when the run was cut short.
        self._file.truncate(length)
        if progress is None:
            progress = _new(about)
            self._append(progress.about)
            _sync_folder(path.parent)
        self._append({"run": clock.rfc3339(clock.now())})
        return progress

    def note(self, imported: Iterable[int], settled: int) -> None:
        """Note which entries are imported now, and that nothing is left to do before the one with the ordinal `settled`."""
        ordinals = sorted(imported)
        self._append({"imported": list(_ranges(ordinals)), "settled": settled})
        self.progress.mark(ordinals)

    def _append(self, line: Mapping[str, Any]) -> None:
        """Write a line, and return once the disk has it."""
        self._file.write(json.dumps(line).encode() + b"\n")
        os.fsync(self._file.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()


def about(file: Path, format_name: str, service: Service) -> dict[str, str]:
    """Return what tells an import from all others: the bytes of the file, how they are read, and into which table of users."""
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    table = service.db.identity(service.settings.users_table)
    return {"file": digest, "format": format_name, "deployment": f"{service.settings.issuer}, {table}"}


def look(path: Path, about: Mapping[str, str]) -> Progress:
    """Return what the journal at `path` says, and change nothing; where there's none, that nothing is done. Raises what
    `Journal` does.
    """
    return (_read(path, about)[0] if path.exists() else None) or _new(about)


def _new(about: Mapping[str, str]) -> Progress:
    return Progress({"import": secrets.token_hex(16), **about})


def _read(path: Path, about: Mapping[str, str]) -> tuple[Progress | None, int]:
    """Return what the journal at `path` says, None if it says nothing yet, and how many bytes its whole lines have."""
    length = 0

    def whole_lines() -> Iterator[Any]:
        nonlocal length
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    length += len(line)
                    yield json.loads(line)

    lines = whole_lines()
    try:
        first = next(lines, None)
        if first is None:
            return None, 0
        progress = Progress(first)
        progress.read(lines)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as exc:
        raise JournalRefused(f"{path} is not the journal of an import. Move it away to begin one.") from exc
    for name, value in about.items():
        if first.get(name) != value:
            raise JournalRefused(
                f"{path} is the journal of another import: its {name} is not this one. "
                f"To begin a new one, choose another --output, or move the journal away."
            )
    return progress, length


def _ranges(ordinals: list[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of consecutive numbers."""
    for _, run in groupby(enumerate(ordinals), key=lambda pair: pair[1] - pair[0]):
        _, *numbers = zip(*run, strict=True)
        yield numbers[0][0], numbers[0][-1]


def _sync_folder(folder: Path) -> None:
    """Return once the disk knows a new file's name."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
