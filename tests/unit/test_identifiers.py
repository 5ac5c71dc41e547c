"""Opaque tokens have exactly one spelling, and tell their kind (J-21)."""

import base64
import secrets

import pytest

from gatepost import identifiers
from gatepost.identifiers import TokenKind, decode_token, encode_token
from tests.opaque import mangled

# The layouts that there are: of the token of a verification mail, and of a refresh token.
LAYOUTS = {TokenKind.EMAIL_VERIFICATION: (32, 1, 32), TokenKind.REFRESH: (16, 16, 16, 32)}


def make(kind: TokenKind) -> tuple[str, tuple[bytes, ...]]:
    parts = tuple(secrets.token_bytes(length) for length in LAYOUTS[kind])
    return encode_token(kind, *parts), parts


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_token_holds_its_parts(kind: TokenKind) -> None:
    token, parts = make(kind)
    assert decode_token(token, kind, *LAYOUTS[kind]) == parts
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert len(token) * 3 == (1 + sum(LAYOUTS[kind])) * 4


@pytest.mark.parametrize("kind", LAYOUTS)
def test_j21_a_token_that_is_cut_extended_padded_or_otherwise_spoilt_is_none(kind: TokenKind) -> None:
    """Or, where a letter has the other case, another token: no second spelling of this one."""
    token, parts = make(kind)
    for spoilt in mangled(token):
        try:
            decoded = decode_token(spoilt, kind, *LAYOUTS[kind])
        except ValueError:
            continue
        assert len(spoilt) == len(token)
        assert decoded != parts


@pytest.mark.parametrize("kind", LAYOUTS)
def test_j21_a_cut_extended_or_padded_token_is_refused(kind: TokenKind) -> None:
    token, _ = make(kind)
    layout = LAYOUTS[kind]
    for length in range(len(token)):
        for cut in (token[:length], token[len(token) - length :]):
            with pytest.raises(ValueError, match="not an opaque token"):
                decode_token(cut, kind, *layout)
    for extended in (token + "A", token + "AAAA", "AAAA" + token, token + "=", token + "====", token + "\n", f" {token}"):
        with pytest.raises(ValueError, match="not an opaque token"):
            decode_token(extended, kind, *layout)


@pytest.mark.parametrize("kind", LAYOUTS)
def test_j21_a_token_with_its_case_flipped_is_refused(kind: TokenKind) -> None:
    token, _ = make(kind)
    for flipped in (token.swapcase(), token.lower(), token[0].lower() + token[1:]):
        with pytest.raises(ValueError, match="an opaque token of another kind"):
            decode_token(flipped, kind, *LAYOUTS[kind])


@pytest.mark.parametrize("kind", LAYOUTS)
@pytest.mark.parametrize("spelling", ["standard alphabet", "whitespace", "comma", "full width", "dot"])
def test_j21_no_other_alphabet_is_taken(kind: TokenKind, spelling: str) -> None:
    """Python's decoder would drop what it doesn't know, or take both alphabets."""
    raw = bytes([kind]) + b"\xfb\xff\xbf" * (sum(LAYOUTS[kind]) // 3 + 1)
    raw = raw[: 1 + sum(LAYOUTS[kind])]
    token = base64.urlsafe_b64encode(raw).decode()
    assert decode_token(token, kind, *LAYOUTS[kind])
    other = {
        "standard alphabet": base64.b64encode(raw).decode(),
        "whitespace": token[:-4] + " " + token[-3:],
        "comma": token.replace("_", ","),
        "full width": token[:-1] + "\uff21",
        "dot": token[:40] + "." + token[41:],
    }[spelling]
    assert other != token
    with pytest.raises(ValueError, match="not an opaque token of this kind"):
        decode_token(other, kind, *LAYOUTS[kind])


def test_a_token_is_never_taken_for_one_of_another_kind() -> None:
    for kind in TokenKind:
        token = encode_token(kind, bytes(32), bytes(33))
        for other in range(256):
            if other != kind:
                spoilt = base64.urlsafe_b64encode(bytes([other]) + bytes(65)).decode()
                with pytest.raises(ValueError, match="another kind"):
                    decode_token(spoilt, kind, 32, 33)
        assert decode_token(token, kind, 32, 33)


def test_kinds_are_told_apart() -> None:
    assert len({int(kind) for kind in TokenKind}) == len(TokenKind)


@pytest.mark.parametrize("length", [1, 3, 4, 31, 64])
def test_a_layout_that_would_have_several_spellings_is_refused(length: int) -> None:
    if (1 + length) % 3:
        with pytest.raises(ValueError, match="multiple of three"):
            encode_token(TokenKind.REFRESH, bytes(length))
    else:
        assert "=" not in encode_token(TokenKind.REFRESH, bytes(length))


def test_identifiers_and_secrets_have_their_entropy() -> None:
    assert len({identifiers.new_id() for _ in range(1000)}) == 1000
    assert all(len(bytes.fromhex(identifiers.new_id())) == 16 for _ in range(10))
    assert all(len(identifiers.new_secret()) == 32 for _ in range(10))


def test_base64url_has_no_padding() -> None:
    assert [identifiers.base64url(data) for data in (b"", b"\xff", b"\xfb\xff", b"\xfb\xff\xbf")] == ["", "_w", "-_8", "-_-_"]


def test_a_digest_is_sha_256() -> None:
    assert identifiers.digest(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
