"""Large JSON documents, cut into users without being held in memory."""

import json
import random
from collections.abc import Iterator
from io import BytesIO

import pytest

from cli.importing.formats.json_documents import elements
from cli.importing.formats.pieces import Piece
from cli.importing.records import Refusal
from tests.exports import sample


class Drops(BytesIO):
    """A stream that gives a few bytes at a time, so that every token is cut somewhere."""

    def __init__(self, content: bytes, sizes: Iterator[int]) -> None:
        super().__init__(content)
        self._sizes = sizes

    def read(self, size: int | None = -1, /) -> bytes:
        """Read less than was asked for."""
        return super().read(next(self._sizes))


def found(content: bytes) -> list[object]:
    """Return the values of the list `users`."""
    return [json.loads(each.text) if isinstance(each, Piece) else each for each in elements(BytesIO(content), "users")]


HARD = {
    "before": [{"users": [1]}, '"users": [2]', "\\", '\\"', "}]", None, True, -1.5e3, [], {}, ""],
    "users": [{"a": '{"x": "]}"}', "b\\": ["\\\\", '"', "\u00e9\U0001f600", "\n"]}, {}, {"c": {"users": [3]}}],
    "after": "x" * 70_000,
}


@pytest.mark.parametrize("indent", [None, 0, 3])
def test_what_a_parser_finds_in_the_whole_is_found_in_pieces_wherever_they_are_cut(indent: int | None) -> None:
    content = json.dumps(HARD, indent=indent).encode()
    whole = list(elements(BytesIO(content), "users"))
    assert [json.loads(each.text) for each in whole if isinstance(each, Piece)] == HARD["users"]
    for size in (1, 2, 3, 7):
        assert list(elements(Drops(content, iter(lambda size=size: size, 0)), "users")) == whole  # type: ignore[misc]
    random_sizes = random.Random(13)
    assert list(elements(Drops(content, iter(lambda: random_sizes.randint(1, 40), 0)), "users")) == whole


def test_each_user_has_the_line_on_which_they_begin() -> None:
    content = sample("keycloak/acme-realm.json")
    for piece in elements(BytesIO(content), "users"):
        assert isinstance(piece, Piece)
        assert b"\n".join(content.split(b"\n")[piece.line - 1 :]).lstrip().startswith(piece.text)


def test_documents_may_follow_each_other() -> None:
    assert found(b'{"users": [{"a": 1}]}\n{"next": 1}{"users": [], "users": [{"a": 2}]}') == [{"a": 1}, {"a": 2}]


def test_a_user_who_is_broken_inside_costs_nobody_else() -> None:
    pieces = list(elements(BytesIO(b'{"users": [{"a": 1}, {"a" 2,, "b": nope}, 17, {"a": 3}]}'), "users"))
    assert [piece.text for piece in pieces if isinstance(piece, Piece)] == [
        b'{"a": 1}',
        b'{"a" 2,, "b": nope}',
        b"17",
        b'{"a": 3}',
    ]


@pytest.mark.parametrize("size", [2_000_000, 5_000_000])
def test_a_user_who_is_too_large_is_refused_and_the_rest_goes_on(size: int) -> None:
    content = b'{"users": [{"a": "' + b"x\\u0041" * (size // 7) + b'"},\n{"a": 1}]}'
    refusal, other = found(content)
    assert isinstance(refusal, Refusal)
    assert (refusal.line, other) == (1, {"a": 1})


BREAKS = {
    "the end": b"",
    "half a user": b'{"a": ',
    "half a text": b'{"a": "x',
    "half an escape": b'{"a": "x\\',
    "a text over two lines": b'{"a": "x\n"}]}',
    "brackets that do not match": b'{"a": [1}]]}',
    "brackets that open for ever": b"[" * 2_000_000,
    "a user without a comma before": b'{"a": 9} {"a": 10}]}',
    "no user behind a comma": b"]}",
    "a word for ever": b"x" * 2_000_000,
}


@pytest.mark.parametrize("condition", BREAKS)
def test_a_document_that_breaks_says_so_after_all_users_before(condition: str) -> None:
    content = b'{"users": [{"a": 1},\n{"a": 2},\n' + BREAKS[condition]
    first, second, *others, last = found(content)
    assert (first, second) == ({"a": 1}, {"a": 2})
    assert others in ([], [{"a": 9}], [{}])
    assert isinstance(last, Refusal)
    assert "nothing behind it was read" in last.reason
    assert last.line in (3, 4)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no object with a list `users`"),
        (b"{}", "no object with a list `users`"),
        (b'{"Users": []}', "no object with a list `users`"),
        (b'{"users": {"a": 1}}', "no object with a list `users`"),
        (b'{"users": null}', "no object with a list `users`"),
        (b'[{"users": [{"a": 1}]}]', "breaks on this line"),
        (b"email,name\n", "breaks on this line"),
        ('{"users": []}'.encode("utf-16"), "UTF-16"),
        ('{"users": []}'.encode("utf-32-be"), "UTF-32"),
    ],
)
def test_a_file_without_such_a_list_is_refused_whole(content: bytes, reason: str) -> None:
    (refusal,) = found(content)
    assert isinstance(refusal, Refusal)
    assert reason in refusal.reason
    assert refusal.line == 1


def test_a_mark_of_utf_8_is_none_of_the_document() -> None:
    assert found(b'\xef\xbb\xbf{"users": [{"a": 1}]}') == [{"a": 1}]
