"""A list of users in JSON documents of any size (RFC 8259), read user by user: realms, and what CLIs print.

A document is cut at its brackets and quotation marks alone. What stands between them is judged when the user is parsed, so that
one who is broken inside costs nobody else; and where the brackets themselves don't match, nobody can say where the next one
begins, so nothing is read any more.
"""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from cli.importing.formats.pieces import MAX_BYTES, Piece, other_encoding
from cli.importing.records import Refusal

_CHUNK = 65_536
_BLANKS = re.compile(rb"[ \t\r\n]*")
# Outside of a string: a whole one that has no escape, or the next byte that matters.
_OUTSIDE = re.compile(rb'"[^"\\\n]*"|["{}\[\]]')
# Inside: all that is left of it.
_INSIDE = re.compile(rb'(?:[^"\\\n]+|\\.)*+')
_SCALAR = re.compile(rb'[^ \t\r\n"{}\[\]:,]*')
_CLOSING = {b"{": b"}", b"[": b"]"}


class _Broken(Exception):
    """The brackets, commas or quotation marks of the document are not as they should be."""


def elements(stream: BinaryIO, member: str) -> Iterator[Piece | Refusal]:
    """Yield the elements of the list that stands under `member` in the object that the file holds, or in each of several ones
    that follow each other.
    """
    document = _Document(stream)
    if reason := document.other_encoding():
        yield Refusal(1, reason)
        return
    found = False
    try:
        while document.peek():
            for name in document.members():
                if name == b'"%b"' % member.encode() and document.peek() == b"[":
                    found = True
                    yield from document.elements()
                else:
                    document.value()
    except _Broken:
        yield Refusal(document.line, "the document breaks on this line: nothing behind it was read")
        return
    if not found:
        yield Refusal(1, f"the file holds no object with a list `{member}`: nothing of it was read")


class _Document:
    """A stream and how far it was read; `line` is the line of the next byte."""

    def __init__(self, stream: BinaryIO) -> None:
        self.line = 1
        self._stream = stream
        self._buffer = stream.read(_CHUNK).removeprefix(codecs.BOM_UTF8)
        self._at = 0

    def other_encoding(self) -> str | None:
        """Return what to say of a document that is plainly not in UTF-8."""
        return other_encoding(self._buffer)

    def peek(self) -> bytes:
        """Return the next byte that is no blank, none at the end."""
        while True:
            self._take(_end(_BLANKS, self._buffer, self._at))
            if self._at < len(self._buffer) or not self._read_on():
                return self._buffer[self._at : self._at + 1]

    def members(self) -> Iterator[bytes]:
        """Yield the name of each member of the object that comes, as it's written. The value has to be read before the next."""
        self._demand(b"{")
        more = self.peek() != b"}"
        while more:
            name = self.value() if self.peek() == b'"' else None
            self._demand(b":")
            yield name or b""
            more = self._skip(b",")
        self._demand(b"}")

    def elements(self) -> Iterator[Piece | Refusal]:
        """Yield each element of the list that comes."""
        self._demand(b"[")
        more, number = self.peek() != b"]", 0
        while more:
            self.peek()
            number += 1
            line, text, place = self.line, self.value(), f"user {number} of the list: "
            yield Refusal(line, f"{place}has more than {MAX_BYTES} bytes") if text is None else Piece(line, text, place)
            more = self._skip(b",")
        self._demand(b"]")

    def value(self) -> bytes | None:
        """Read a whole value and return its text, None if it has more than `MAX_BYTES`."""
        if self.peek() not in (b"{", b"[", b'"'):
            return self._scalar()
        parts, size, open_brackets, in_string = list[bytes](), 0, bytearray(), False
        while True:
            if self._at == len(self._buffer) and not self._read_on():
                raise _Broken
            end, in_string = self._inside() if in_string else self._outside(open_brackets)
            part = self._take(end)
            size += len(part)
            if size <= MAX_BYTES:
                parts.append(part)
            if not open_brackets and not in_string:
                return b"".join(parts) if size <= MAX_BYTES else None

    def _outside(self, open_brackets: bytearray) -> tuple[int, bool]:
        """Return where the next token outside of strings ends, and whether a string has begun there. `open_brackets` is
        brought up to date.
        """
        token = _OUTSIDE.search(self._buffer, self._at)
        if token is None:
            return len(self._buffer), False
        text = token.group()
        if text in _CLOSING:
            open_brackets += text
            if len(open_brackets) > MAX_BYTES:
                raise _Broken
        elif text in _CLOSING.values() and (not open_brackets or _CLOSING[bytes([open_brackets.pop()])] != text):
            raise _Broken
        return token.end(), text == b'"'

    def _inside(self) -> tuple[int, bool]:
        """Return where what is there of a string ends, and whether the string goes on behind that."""
        while True:
            end = _end(_INSIDE, self._buffer, self._at)
            if end == len(self._buffer):
                return end, True
            if self._buffer[end : end + 1] == b'"':
                return end + 1, False
            # A line's end, which no string has, or a backslash whose letter is still to be read.
            if self._buffer[end:] != b"\\" or not self._read_on():
                raise _Broken

    def _scalar(self) -> bytes:
        """Read a number or a word."""
        text = self._take(_end(_SCALAR, self._buffer, self._at))
        while self._at == len(self._buffer) and len(text) <= MAX_BYTES and self._read_on():
            text += self._take(_end(_SCALAR, self._buffer, self._at))
        if not text or len(text) > MAX_BYTES:
            raise _Broken
        return text

    def _skip(self, mark: bytes) -> bool:
        """Read `mark` if it comes, and return whether it did."""
        if self.peek() != mark:
            return False
        self._take(self._at + 1)
        return True

    def _demand(self, mark: bytes) -> None:
        if not self._skip(mark):
            raise _Broken

    def _take(self, end: int) -> bytes:
        text, self._at = self._buffer[self._at : end], end
        self.line += text.count(b"\n")
        return text

    def _read_on(self) -> bool:
        """Put more behind what is left in the buffer; return whether there was more."""
        chunk = self._stream.read(_CHUNK)
        self._buffer, self._at = self._buffer[self._at :] + chunk, 0
        return bool(chunk)


def _end(pattern: re.Pattern[bytes], text: bytes, start: int) -> int:
    """Return the end of what `pattern` matches from `start` on, `start` if it's nothing."""
    match = pattern.match(text, start)
    return match.end() if match else start
