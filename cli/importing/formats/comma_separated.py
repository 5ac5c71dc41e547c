"""CSV (RFC 4180) with a header: the columns of `members.NAMES` in any order, of which `email` has to be there.

A value in quotes may go over several lines, and what looks like a user there is none: whoever chose their name in the other
system could have written one into it. A file whose quotation marks are in order is never read so. Where one is out of place,
the lines behind it are read on their own, unless it may open a value that is longer than is held in memory: there the reading
ends.
"""

import csv
from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

from cli.importing.formats import members
from cli.importing.formats.fields import Unfit
from cli.importing.formats.options import Options
from cli.importing.formats.pieces import MAX_BYTES, Overlong, Piece, lines, other_encoding
from cli.importing.records import Entries, Entry, Record, Refusal

# Characters of a record that goes over several lines; so many a value may have for Python's reader, too.
_LONGEST = 131_072
_FLAGS = {"true": True, "false": False, "": None}


def read(stream: BinaryIO, options: Options) -> Entries:
    """Yield the users of the file. `options` holds nothing for it."""
    source = lines(stream)
    first = next(source, None)
    if isinstance(first, Piece) and (reason := other_encoding(first.text)):
        yield Refusal(1, reason)
        return
    rows = _rows(chain([first] if first else [], source))
    header = next(rows, None)
    if header is None or isinstance(header, Refusal):
        yield header or Refusal(1, "the file is empty")
        return
    columns = [column.strip().lower() for column in header[1]]
    if reason := _refusal(columns):
        yield Refusal(1, f"{reason}: nothing of the file was read")
        return
    for row in rows:
        yield row if isinstance(row, Refusal) else _entry(*row, columns)


def _refusal(columns: list[str]) -> str | None:
    """Return why a file with this header can't be read. It may be no header, and hold a hash."""
    if unknown := [number for number, column in enumerate(columns, 1) if column not in members.NAMES]:
        return (
            f"the first line has to name the columns, separated by commas: {', '.join(members.NAMES)}; "
            f"another name is that of column {', '.join(map(str, unknown[:20]))}"
        )
    if len(set(columns)) != len(columns):
        return "the first line names a column twice"
    if "email" not in columns:
        return "the first line names no column `email`"
    return None


def _entry(line: int, values: list[str], columns: list[str]) -> Entry:
    try:
        return _record(line, values, columns)
    except Unfit as exc:
        return Refusal(line, str(exc))


def _record(line: int, values: list[str], columns: list[str]) -> Record:
    if len(values) != len(columns):
        raise Unfit(f"has {len(values)} values where the first line names {len(columns)} columns")
    if any("\ud800" <= character <= "\udfff" for value in values for character in value):
        raise Unfit("is not in UTF-8")
    found: dict[str, Any] = dict(zip(columns, values, strict=True))
    if (verified := found.get("email_verified", "").strip().lower()) not in _FLAGS:
        raise Unfit("email_verified is neither true nor false")
    return members.record(line, found | {"email_verified": _FLAGS[verified], "roles": found.get("roles", "").split()})


def _rows(source: Iterator[Piece | Overlong]) -> Iterator[tuple[int, list[str]] | Refusal]:
    """Yield the values of each record that isn't empty, with the line on which it begins."""
    tape = _Tape(source)
    reader = csv.reader(tape, strict=True)
    while True:
        tape.begin()
        try:
            row = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLong):
            readable, reason = tape.rewind()
            yield Refusal(tape.line, reason)
            if not readable:
                return
        else:
            if row:
                yield tape.line, row


class _TooLong(Exception):
    """A line has more than `MAX_BYTES`, or a record of several lines more than `_LONGEST`."""


class _Tape:
    """Lines as Python's reader takes them, and all of the record that it's at."""

    def __init__(self, source: Iterator[Piece | Overlong]) -> None:
        self._source = source
        self._again = deque[Piece | Overlong]()
        self._record: list[Piece | Overlong] = []

    @property
    def line(self) -> int:
        """On which line the record begins."""
        return self._record[0].line

    def begin(self) -> None:
        """Say that the next line begins a record."""
        self._record = []

    def __iter__(self) -> "_Tape":
        return self

    def __next__(self) -> str:
        piece = self._again.popleft() if self._again else next(self._source)
        self._record.append(piece)
        if isinstance(piece, Overlong) or (len(self._record) > 1 and self._size() > _LONGEST):
            raise _TooLong
        # What isn't UTF-8 keeps its place among the quotation marks, and is refused then.
        return piece.text.decode("utf-8", "surrogateescape")

    def rewind(self) -> tuple[bool, str]:
        """Go back to the second line of a record that couldn't be read, behind it if it has but one. Return whether the reading
        may go on there, and what to say.
        """
        first, *others = self._record
        if self._size() <= _LONGEST:
            self._again.extendleft(reversed(others))
            return True, "a quotation mark is out of place"
        if not others and _marks(first) % 2 == 0:
            return True, f"the line is longer than {MAX_BYTES} bytes, or a value in it than {_LONGEST} characters"
        return False, f"a value in quotes goes on for more than {_LONGEST} characters: nothing behind it was read"

    def _size(self) -> int:
        return sum(MAX_BYTES + 1 if isinstance(piece, Overlong) else len(piece.text) for piece in self._record)


def _marks(piece: Piece | Overlong) -> int:
    return piece.marks if isinstance(piece, Overlong) else piece.text.count(b'"')
