"""A token has one spelling: what another parser could read differently is refused, whoever signed it."""

import base64
import json
import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gatepost_verifier import AccessToken, TokenMalformed, TokenTooLong, VerificationError
from gatepost_verifier.encoding import decode_base64url, encode_base64url
from gatepost_verifier.envelope import MAX_TOKEN_LENGTH
from tests.unit.verifier import forge
from tests.unit.verifier.forge import CLAIMS

HEADER = json.dumps(forge.header()).encode()
PAYLOAD = json.dumps(CLAIMS).encode()
VERIFIER = forge.verifier()

BAD_OBJECTS: dict[str, Callable[[bytes], bytes]] = {
    "duplicate": lambda good: good[:-1] + b', "alg": "RS256", "iss": "x", "alg": "RS256"}',
    "duplicate_escaped": lambda good: good[:-1] + b', "\\u0061lg": "RS256", "\\u0069ss": "https://auth.example.com"}',
    "duplicate_nested": lambda good: good[:-1] + b', "x": [{"y": {"z": 1, "z": 1}}]}',
    "utf16": lambda good: good.decode().encode("utf-16"),
    "utf16_without_bom": lambda good: good.decode().encode("utf-16-le"),
    "utf32": lambda good: good.decode().encode("utf-32"),
    "bom": lambda good: b"\xef\xbb\xbf" + good,
    "not_utf8": lambda good: good[:-1] + b', "x": "\xff"}',
    "overlong_utf8": lambda good: good[:-1] + b', "x": "\xc0\xaf"}',
    "encoded_surrogate": lambda good: good[:-1] + b', "x": "\xed\xa0\x80"}',
    "lone_surrogate": lambda good: good[:-1] + b', "x": ["\\ud800"]}',
    "lone_surrogate_in_name": lambda good: good[:-1] + b', "\\udc00": 1}',
    "trailing_object": lambda good: good + b"{}",
    "trailing_nul": lambda good: good + b"\0",
    "trailing_comma": lambda good: good[:-1] + b",}",
    "leading_nul": lambda good: b"\0" + good,
    "comment": lambda good: good[:-1] + b"/**/}",
    "single_quotes": lambda good: good.replace(b'"', b"'"),
    "control_character": lambda good: good[:-1] + b', "x": "\n"}',
    "nan": lambda good: good[:-1] + b', "x": NaN}',
    "infinity": lambda good: good[:-1] + b', "x": -Infinity}',
    "too_large": lambda good: good[:-1] + b', "x": 1e400}',
    "unclosed": lambda good: good[:-1],
    "array": lambda good: b"[" + good + b"]",
    "string": lambda good: json.dumps(good.decode()).encode(),
    "null": lambda _: b"null",
    "blank": lambda _: b" ",
    "deep": lambda good: good[:-1] + b', "x": ' + b"[" * 4000 + b"]" * 4000 + b"}",
    "deep_unclosed": lambda _: b'{"x":' * 1000,
}


@pytest.mark.parametrize("change", BAD_OBJECTS)
def test_j10_payload_of_a_validly_signed_token(change: str) -> None:
    """J-10: ASVS 1.5.3, F7."""
    with pytest.raises((TokenMalformed, TokenTooLong)):
        VERIFIER.verify(forge.token(BAD_OBJECTS[change](PAYLOAD)))


@pytest.mark.parametrize("change", BAD_OBJECTS)
def test_j10_header_of_a_validly_signed_token(change: str) -> None:
    with pytest.raises(VerificationError):
        VERIFIER.verify(forge.token(head=BAD_OBJECTS[change](HEADER)))


def test_j10_duplicate_header_members_of_our_own() -> None:
    for member in (b'"alg": "RS256"', b'"kid": "rsa"', b'"typ": "at+jwt"'):
        with pytest.raises(TokenMalformed):
            VERIFIER.verify(forge.token(head=HEADER[:-1] + b", " + member + b"}"))


def test_j10_pairs_of_surrogates_and_white_space_are_good_json() -> None:
    spaced = b" " + PAYLOAD[:-1] + b', "x": "\\ud83d\\ude00 \\\\ud800"}\r\n\t '
    assert VERIFIER.verify(forge.token(spaced)).claims["x"] == "\U0001f600 \\ud800"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        ".",
        "..",
        "...",
        "a.b",
        "{0}",
        "{0}.{1}",
        "{0}.{1}.",
        "{0}..{2}",
        ".{1}.{2}",
        "{0}.{1}.{2}.",
        ".{0}.{1}.{2}",
        "{0}.{1}.{2}.{2}",
        "{0}.{1}.{2}.{2}.{2}",
        "{0}\u3002{1}\u3002{2}",
        "Bearer {0}.{1}.{2}",
        '{{"protected":"{0}","payload":"{1}","signature":"{2}"}}',
    ],
)
def test_j20_three_segments(bad: str) -> None:
    with pytest.raises(TokenMalformed):
        VERIFIER.verify(bad.format(*forge.token().split(".")))


class TestJ20OneSpelling:
    """J-20: GHSA-hxm8-2xgr-2p9m; each is signed as it stands, so only the spelling is wrong."""

    @pytest.mark.parametrize("segment", [0, 1, 2])
    @pytest.mark.parametrize("change", ["{}=", "{}==", "{}\n", "{} ", " {}", "\t{}", "{}\r\n", "{}\0", "{}%3D", "{}\u00e9"])
    def test_j20_added_characters(self, segment: int, change: str) -> None:
        self._refuse(segment, change.format)

    @pytest.mark.parametrize("segment", [0, 1, 2])
    @pytest.mark.parametrize("inserted", ["\n", " ", "=", "-.", "\u200b", "\ud800"])
    def test_j20_inserted_characters(self, segment: int, inserted: str) -> None:
        self._refuse(segment, lambda good: good[:8] + inserted + good[8:])

    @pytest.mark.parametrize("segment", [0, 1, 2])
    @pytest.mark.parametrize("character", "+/=.,~%\0")
    def test_j20_another_alphabet(self, segment: int, character: str) -> None:
        self._refuse(segment, lambda good: good[:8] + character + good[9:])

    def test_j20_the_same_bytes_in_the_standard_alphabet(self) -> None:
        self._refuse(1, lambda good: good.replace("-", "+").replace("_", "/"))

    @pytest.mark.parametrize("segment", [0, 1, 2])
    def test_j20_unused_bits(self, segment: int) -> None:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        self._refuse(segment, lambda good: good[:-1] + alphabet[alphabet.index(good[-1]) + 1])

    def _refuse(self, segment: int, change: Callable[[str], str]) -> None:
        # Lengths that leave unused bits, and bytes that are spelt with both - and _.
        head = HEADER + b" " * (-len(HEADER) % 3 + 1)
        payload = json.dumps(forge.claims(x="\u07ff\u07bf~~~???>>>"), ensure_ascii=False).encode()
        parts = [forge.encode(head), forge.encode(payload + b" " * (-len(payload) % 3 + 1))]
        good = forge.sign_segments(parts[0], parts[1])
        assert VERIFIER.verify(good).sub == "usr_1"
        signed = good.split(".")
        bad = change(signed[segment])
        assert bad != signed[segment]
        if segment == 2:
            token = ".".join([*parts, bad])
        else:
            parts[segment] = bad
            signature = forge.signer()(".".join(parts).encode(errors="surrogatepass"))
            token = ".".join([*parts, forge.encode(signature)])
        with pytest.raises(TokenMalformed):
            VERIFIER.verify(token)


class TestJ19Length:
    """J-19: CVE-2025-30204, GHSA-8wjv-2p76-3863; length is looked at before anything that costs by length."""

    def test_j19_bound(self) -> None:
        with_pad = forge.token(forge.claims(x="a" * 5_000))
        assert len(with_pad) <= MAX_TOKEN_LENGTH
        assert VERIFIER.verify(with_pad)
        with pytest.raises(TokenTooLong):
            VERIFIER.verify("a" * (MAX_TOKEN_LENGTH + 1))
        with pytest.raises(TokenMalformed):
            VERIFIER.verify("a" * MAX_TOKEN_LENGTH)

    @pytest.mark.parametrize(
        "token",
        [
            "a" * 8_000_000,
            "." * 1_000_000,
            forge.encode(b'{"a":' * 100_000) + ".e30.AA",
            "." * MAX_TOKEN_LENGTH,
            forge.encode(b'{"a":' * 1_200) + ".e30.AA",
            forge.encode(HEADER) + "." + forge.encode(b"[" * 5_800) + ".AA",
        ],
        ids=["8_mb", "dots", "deep_header", "dots_within_bound", "deep_header_within_bound", "deep_payload_within_bound"],
    )
    def test_j19_refused_fast_and_flat(self, token: str) -> None:
        fastest = min(self._seconds_to_refuse(token) for _ in range(5))
        assert fastest < 0.05

        tracemalloc.start()
        try:
            self._seconds_to_refuse(token)
            assert tracemalloc.get_traced_memory()[1] < 2_000_000
        finally:
            tracemalloc.stop()

    def _seconds_to_refuse(self, token: str) -> float:
        start = time.perf_counter()
        with pytest.raises(VerificationError):
            VERIFIER.verify(token)
        return time.perf_counter() - start


def _verify(token: str) -> AccessToken | None:
    """None if refused; anything but a refusal is an error of the test."""
    try:
        return VERIFIER.verify(token)
    except VerificationError:
        return None


GOOD = forge.token()
CHARACTERS = st.characters() | st.sampled_from("-_.=+/ \n\0")


@settings(deadline=None, max_examples=500)
@given(position=st.integers(0, len(GOOD) - 1), removed=st.integers(0, 3), inserted=st.text(CHARACTERS, max_size=3))
@example(position=0, removed=0, inserted="\ud800")
def test_j20_any_mutation_is_refused_or_changes_nothing(position: int, removed: int, inserted: str) -> None:
    mutated = GOOD[:position] + inserted + GOOD[position + removed :]
    verified = _verify(mutated)
    assert verified is None or (mutated == GOOD and verified.claims == CLAIMS)


def test_j20_every_other_byte_at_every_position_of_the_signature_end() -> None:
    for position in range(len(GOOD) - 4, len(GOOD)):
        for byte in range(256):
            mutated = GOOD[:position] + chr(byte) + GOOD[position + 1 :]
            assert mutated == GOOD or _verify(mutated) is None


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, max_examples=300)
@given(changes=st.dictionaries(st.sampled_from([*CLAIMS, "x"]), JSON_VALUES, max_size=4))
def test_j11_any_signed_claims_are_taken_or_refused(changes: dict[str, object]) -> None:
    verified = _verify(forge.token(forge.claims(**changes)))
    assert verified is None or verified.exp + 30 > forge.NOW


@settings(deadline=None, max_examples=300)
@given(changes=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "x"]), JSON_VALUES, min_size=1, max_size=3))
def test_j05_any_signed_header_is_taken_or_refused(changes: dict[str, object]) -> None:
    _verify(forge.token(head={**forge.header(), **changes}))


@settings(deadline=None)
@given(token=st.text(), head=st.binary(max_size=60), payload=st.binary(max_size=60))
def test_j10_any_text_and_any_bytes_are_refused(token: str, head: bytes, payload: bytes) -> None:
    assert _verify(token) is None
    assert _verify(forge.token(payload, head=head)) is None


@given(text=st.binary(max_size=12) | st.text("ABQgwE_-+/= \n9z", max_size=9).map(str.encode))
def test_j20_any_bytes_are_decoded_only_if_they_encode_to_the_same(text: bytes) -> None:
    try:
        decoded: bytes | None = base64.urlsafe_b64decode(text + b"==")  # skips what isn't in the alphabet
    except ValueError:
        decoded = None
    if decoded is not None and base64.urlsafe_b64encode(decoded).rstrip(b"=") == text:
        assert decode_base64url(text) == decoded
        assert encode_base64url(decoded).encode() == text
    else:
        with pytest.raises(ValueError, match="canonical"):
            decode_base64url(text)
