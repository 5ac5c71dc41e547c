"""A file may be as large as it likes: no more of it than a user is held in memory."""

import io
import itertools
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

import pytest

from cli.importing.formats import FORMATS, Options
from cli.importing.records import Record

USERS = 2_000
BLANKS = " " * 20_000
PEAK = 1_500_000  # bytes
KNOWN = "$2b$10$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"


class Generated(io.RawIOBase):
    """A file that is made while it's read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._left = parts, b""

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Fill `buffer` from the next part, or what is left of it."""
        self._left = self._left or next(self._parts, b"")
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def user(number: int) -> dict[str, object]:
    """Return the members of a user, who is large: blanks around a name are none of it."""
    return {"email": f"user-{number}@example.com", "password_hash": KNOWN, "name": BLANKS, "id": str(number)}


def csv() -> Iterator[bytes]:
    """Yield a file of CSV."""
    yield b"email,password_hash,name,id\n"
    for number in range(USERS):
        yield ",".join(map(str, user(number).values())).encode() + b"\n"


def jsonl() -> Iterator[bytes]:
    """Yield a file of JSON Lines."""
    return (json.dumps(user(number)).encode() + b"\n" for number in range(USERS))


def keycloak() -> Iterator[bytes]:
    """Yield a realm whose other members are large, too."""
    yield b'{"realm": "acme", "groups": ['
    yield from itertools.repeat(b'{"name": "a group"},', 100_000)
    yield b'{}], "users": ['
    for number in range(USERS):
        yield json.dumps({"email": f"user-{number}@example.com", "firstName": BLANKS}).encode() + b","
    yield b'{"email": "last@example.com"}]}'


@pytest.mark.parametrize(("name", "parts"), [("csv", csv), ("jsonl", jsonl), ("keycloak", keycloak)])
def test_memory_does_not_grow_with_the_file(name: str, parts: Callable[[], Iterator[bytes]]) -> None:
    stream = cast(BinaryIO, io.BufferedReader(Generated(parts())))
    reader = FORMATS[name].read(stream, Options())
    # What is made once, for the first users, doesn't count.
    assert all(isinstance(entry, Record) for entry in itertools.islice(reader, 10))
    tracemalloc.start()
    try:
        assert sum(isinstance(entry, Record) for entry in reader) >= USERS - 10
        assert tracemalloc.get_traced_memory()[1] < PEAK < USERS * len(BLANKS) / 20
    finally:
        tracemalloc.stop()
