"""A file of users, cut into the text of one user after the other, none of them larger than is held in memory."""

import codecs
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from cli.importing.formats.fields import Unfit
from cli.importing.records import Entry, Record, Refusal
from gatepost_verifier import parse_json_object

MAX_BYTES = 1_048_576  # of one user

_OTHER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


@dataclass(frozen=True)
class Piece:
    """The text of a user, and the line of the file (from 1) on which it begins. `place` is there where many may begin on one
    line, for the reason of a refusal to begin with.
    """

    line: int
    text: bytes
    place: str = ""


@dataclass(frozen=True)
class Overlong:
    """A line of more than `MAX_BYTES`, of which nothing is known but its number and how many quotation marks it has."""

    line: int
    marks: int


def lines(stream: BinaryIO) -> Iterator[Piece | Overlong]:
    """Yield the lines of a file with what ends them, without the mark of UTF-8 that some editors put first."""
    number = 0
    while text := stream.readline(MAX_BYTES + 1):
        number += 1
        if len(text) <= MAX_BYTES:
            yield Piece(number, text.removeprefix(codecs.BOM_UTF8) if number == 1 else text)
            continue
        marks = text.count(b'"')
        while text and not text.endswith(b"\n"):
            text = stream.readline(MAX_BYTES)
            marks += text.count(b'"')
        yield Overlong(number, marks)


def json_lines(stream: BinaryIO) -> Iterator[Piece | Refusal]:
    """Yield the lines of a file of which each holds an object of JSON; blank ones are nothing."""
    for piece in lines(stream):
        if isinstance(piece, Overlong):
            yield Refusal(piece.line, f"the line is longer than {MAX_BYTES} bytes")
        elif piece.line == 1 and (reason := other_encoding(piece.text)):
            yield Refusal(1, reason)
            return
        elif piece.text.strip():
            yield piece


def other_encoding(start: bytes) -> str | None:
    """Return what to say of a file that starts so, if it's plainly in another encoding than UTF-8."""
    if start.startswith(_OTHER_MARKS) or b"\0" in start[:4]:
        return "the file is not in UTF-8 but in UTF-16 or UTF-32: nothing of it was read; save it as UTF-8"
    return None


def records(pieces: Iterable[Piece | Refusal], record: Callable[[int, dict[str, Any]], Record]) -> Iterator[Entry]:
    """Yield what `record` makes of the line and the object of each piece, or why it can't be made."""
    for piece in pieces:
        if isinstance(piece, Refusal):
            yield piece
            continue
        try:
            yield record(piece.line, json_object(piece))
        except Unfit as exc:
            yield Refusal(piece.line, f"{piece.place}{exc}")


def json_object(piece: Piece) -> dict[str, Any]:
    """Parse the object of a piece, as strictly as bodies of requests. Raises `Unfit`."""
    try:
        return parse_json_object(piece.text)
    except json.JSONDecodeError as exc:
        raise Unfit(f"is not JSON: {exc.msg} (line {piece.line + exc.lineno - 1}, column {exc.colno})") from exc
    except ValueError as exc:
        raise Unfit(f"is no JSON object that can be taken: {exc}") from exc
