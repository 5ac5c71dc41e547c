"""CSV: what a file may hold, and that a line which can't be read costs nobody else."""

import pytest

from tests.exports import read, read_sample, refusals, users

HEADER = b"email,name,password_hash,email_verified,roles,status,created_at,id\n"


def test_the_sample_is_read_as_the_one_of_json_lines() -> None:
    ours, theirs = (users(read_sample(*each)) for each in (("csv", "plain/users.csv"), ("jsonl", "plain/users.jsonl")))
    assert [user.line for user in ours.values()] == [2, 3, 4, 5]
    assert {k: vars(v) | {"line": 0} for k, v in ours.items()} == {k: vars(v) | {"line": 0} for k, v in theirs.items()}


def test_columns_may_come_in_any_order_with_a_byte_order_mark_and_any_line_ends() -> None:
    for end in (b"\n", b"\r\n"):
        content = b"\xef\xbb\xbf" + end.join([b" Name ,EMAIL", b"Ann,ann@example.com", b"", b'"Lee, Bo",bo@example.com'])
        found = users(read("csv", content))
        assert [(user.line, user.name) for user in found.values()] == [(2, "Ann"), (4, "Lee, Bo")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"email,name,shoe_size\nann@example.com,Ann,42\n", "column 3"),
        (b"email;name\nann@example.com;Ann\n", "separated by commas"),
        (b"ann@example.com,$2b$10$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui\n", "column 1, 2"),
        (b"email,name,email\nann@example.com,Ann,ann@example.com\n", "twice"),
        (b"name\nAnn\n", "no column `email`"),
        ("email\nann@example.com\n".encode("utf-16"), "UTF-16"),
        ("email\nann@example.com\n".encode("utf-16-le"), "UTF-16"),
        ("email\nann@example.com\n".encode("utf-32"), "UTF-32"),
    ],
)
def test_a_file_with_another_header_is_refused_whole_and_its_content_is_not_repeated(content: bytes, reason: str) -> None:
    (entry,) = read("csv", content)
    assert entry.line == 1
    assert reason in refusals([entry])[1]
    assert not any(part in refusals([entry])[1] for part in ("shoe", "$2b$", "ann@"))


BROKEN = {
    "a quotation mark that opens nothing": b'broken@example.com,"Al" Lee,,,,,,',
    "too few values": b"broken@example.com,Al",
    "too many values": b"broken@example.com,Al,,,,,,,",
    "another encoding": "broken@example.com,Andr\u00e9,,,,,,".encode("latin-1"),
    "no address": b",Al,,,,,,",
    "no valid address": b"broken,Al,,,,,,",
    "two addresses": b'"broken@example.com,al@example.com",Al,,,,,,',
    "an unknown hash": b"broken@example.com,Al,5f4dcc3b5aa765d61d8327deb882cf99,,,,,",
    "a password for a hash": b"broken@example.com,Al,correct horse battery staple,,,,,",
    "a hash that takes hours": b"broken@example.com,Al,$2b$31$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui,,,,,",
    "a flag that is none": b"broken@example.com,Al,,yes,,,,",
    "a role that can be none": b"broken@example.com,Al,,,user r\xc3\xb6le,,,",
    "too many roles": b"broken@example.com,Al,,," + b" ".join(b"r%d" % i for i in range(21)) + b",,,",
    "a status that is none": b"broken@example.com,Al,,,,banned,,",
    "a time that is none": b"broken@example.com,Al,,,,,yesterday,",
    "a time to come": b"broken@example.com,Al,,,,,4102444800,",
    "a name of two lines": b'broken@example.com,"Al\nLee",,,,,,',
    "a name that is too long": b"broken@example.com," + b"x" * 101 + b",,,,,,",
    "a control character": b"broken@example.com,Al\0,,,,,,",
    "an id that is too long": b"broken@example.com,Al,,,,,," + b"x" * 257,
    "a value that is too long": b"broken@example.com," + b"x" * 200_000 + b",,,,,,",
    "a line that is too long": b"broken@example.com," + b"x" * 2_000_000 + b",,,,,,",
    "a line that is too long, with quotation marks": b'broken@example.com,"' + b"x" * 2_000_000 + b'",,,,,,',
    "a quotation mark that nothing closes": b'broken@example.com,"Al,,,,,,',
}


@pytest.mark.parametrize("condition", BROKEN)
def test_a_line_that_cannot_be_taken_is_refused_by_its_number_and_the_rest_goes_on(condition: str) -> None:
    content = (
        HEADER + b"ann@example.com,Ann,,,,,,\n" + BROKEN[condition] + b"\nbo@example.com,Bo,,,,,,\ncy@example.com,,,,,,,\n"
    )
    entries = read("csv", content)
    lines_of_it = BROKEN[condition].count(b"\n")
    assert {address: user.line for address, user in users(entries).items()} == {
        "ann@example.com": 2,
        "bo@example.com": 4 + lines_of_it,
        "cy@example.com": 5 + lines_of_it,
    }
    assert list(refusals(entries)) == [3]


@pytest.mark.parametrize("condition", BROKEN)
def test_a_refusal_repeats_nothing_of_the_line(condition: str) -> None:
    (reason,) = refusals(read("csv", HEADER + BROKEN[condition])).values()
    values = [value for value in BROKEN[condition].decode("latin-1").replace('"', "").split(",") if len(value) > 2]
    assert not any(value in reason for value in values)


SMUGGLED = "\nvictim@example.com,Vic,,true,admin,,,\n"
INSIDE = {
    "a line": SMUGGLED,
    "a line behind a long one": "\n" + "x" * 2_000_000 + SMUGGLED,
    "a line behind what is no text": "\udcff" + SMUGGLED,
    "a line behind two marks, which stand for one": '""' + SMUGGLED,
}


@pytest.mark.parametrize("length", [10, 1_000, 200_000, 2_000_000])
@pytest.mark.parametrize("inside", INSIDE)
def test_what_stands_in_quotes_is_never_a_user(length: int, inside: str) -> None:
    """Whoever chose a name in the other system could write whole lines into it, however long."""
    hostile = ('eve@example.com,"' + "x" * length + INSIDE[inside] + '",,,,,,\n').encode("utf-8", "surrogateescape")
    entries = read("csv", HEADER + hostile + b"bo@example.com,Bo,,,,,,\n")
    assert users(entries).keys() <= {"bo@example.com"}
    assert refusals(entries)[2]
    assert users(entries) or "nothing behind it was read" in refusals(entries)[2]


def test_marks_out_of_place_in_line_after_line_take_no_more_time_than_the_file_is_long() -> None:
    content = HEADER + b'ann@example.com,"Ann,,,,,,\n' * 20_000
    entries = read("csv", content)
    assert len(refusals(entries)) == 20_000
