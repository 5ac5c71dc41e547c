"""Inputs that break naive code: texts that are no JSON (as in JSONTestSuite), and strings that mean something elsewhere.

`not_json.txt` has one text a line; `naughty_strings.json` is a list, all in ASCII.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path

_FOLDER = Path(__file__).parent

NAUGHTY_STRINGS: list[str] = json.loads((_FOLDER / "naughty_strings.json").read_text("ascii"))

_CONTROLS = [
    *("123\0", '["a\0a"]', '["new\nline"]', '["\t"]', '["\va"\\f]', '["a",\n4\n,1,', "\0", '{"a":1}\0', '{"a\n":1}'),
    *(
        '{"a":"\x1f"}',
        "\u2060",
        "[\u2060]",
        "\u00a0{}",
        "{\u2028}",
        "{}\u3000",
        "\ufeff{}",
        "{}\ufeff",
        "\x0c{}",
        "\x0b{}",
        "\x1a",
    ),
    *(" ", "\n", "\t\r\n "),
]
_NOT_UTF_8 = [
    *(
        b"\xff",
        b"\xe5",
        b"[a\xe5]",
        b'["\xff"]',
        b'["\\\xe5"]',
        b'["\\u\xe5"]',
        b"[123\xe5]",
        b'{"a":"\xc0\x80"}',
        b'{"\xb9":"0"}',
    ),
    *(
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xf4\x90\x80\x80"}',
        b'{"a":"\xf8\x88\x80\x80\x80"}',
        b'{"a":"\xe2\x82"}',
        b"\xef\xbb{}",
    ),
    *(b"\xef\xbb\xbf{}", b"\x1f\x8b\x08\x00", b"\x80\x04\x95", b"\x00\x61\x73\x6d", b"\xa1aa\x01", b"\x89PNG\r\n\x1a\n"),
    *('{"a": "b"}'.encode(encoding) for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "cp037")),
]
_TOO_MUCH = [
    *(
        "[" * 30_000,
        "[" * 30_000 + "]" * 30_000,
        '[{"":' * 10_000,
        '{"a":' * 10_000 + "1" + "}" * 10_000,
        '{"a":' + "[" * 20_000,
    ),
    *(f'{{"a":{"9" * 5000}}}', f'{{"a":-{"9" * 60_000}}}', f'{{"a":1e{"9" * 5000}}}', f'{{"a":{"9" * 5000}.0}}'),
]
_OTHER_VALUES = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1e9",
    '""',
    '"x"',
    "[]",
    "[{}]",
    '[{"email":"a@example.com"}]',
    " [] ",
    "1.5",
]
_ODD_BYTES = [
    *(b"\0", b"\xff", b"\\", b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\u0000", b"\\ud800", b"9" * 400, b"1e999", b"NaN"),
]
_GOOD = json.dumps({"email": "ada@example.com", "password": "correct horse battery staple", "refresh_token": "x"})


def no_json_objects() -> list[bytes]:
    """Return texts none of which is one JSON object in UTF-8 with unique members and finite numbers."""
    texts = (_FOLDER / "not_json.txt").read_text("utf-8").splitlines()
    texts += [*_CONTROLS, *_TOO_MUCH, *_OTHER_VALUES]
    texts += [_GOOD[:length] for length in range(1, len(_GOOD))]
    return [*(text.encode() for text in texts), *_NOT_UTF_8]


def garbled(seed: int, number: int) -> Iterator[bytes]:
    """Yield good bodies with a few of their bytes dropped, doubled, turned round or replaced: some stay good, most don't."""
    chance = random.Random(seed)
    for _ in range(number):
        text = bytearray(_GOOD.encode())
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(text))
            end = min(len(text), start + chance.choice((0, 1, 1, 2, 8)))
            text[start:end] = chance.choice((b"", text[start:end] * 2, text[start:end][::-1], chance.choice(_ODD_BYTES)))
        yield bytes(text)
