"""How API keys are spelt: in one way alone, which scanners know (J-21)."""

import re
import string
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.api_keys import spelling
from gatepost.api_keys.spelling import SpelledKey
from gatepost.identifiers import digest, new_id
from tests.opaque import mangled
from tests.support import ROOT

LETTERS = string.digits + string.ascii_letters
GUIDE = (ROOT / "docs" / "api-keys.md").read_text("utf-8")
ids = st.text("0123456789abcdef", min_size=48, max_size=48)
secrets = st.text(LETTERS, min_size=43, max_size=43)
keys = st.builds(SpelledKey, ids, secrets)


def checksum(content: str) -> str:
    """The CRC-32 in six digits of base 62, computed as the guide tells scanners to."""
    number, alphabet = zlib.crc32(content.encode()), string.digits + string.ascii_uppercase + string.ascii_lowercase
    return "".join(alphabet[number // 62**place % 62] for place in reversed(range(6)))


@given(keys)
def test_a_key_is_what_its_text_says_and_ends_in_its_checksum(key: SpelledKey) -> None:
    text = key.encode()
    assert SpelledKey.decode(text) == key
    assert text == f"gp_{key.id}_{key.secret}{checksum(f'gp_{key.id}_{key.secret}')}"
    assert text.startswith(spelling.shown(key.id))


@given(keys, st.data())
def test_j21_one_character_that_is_another_spells_no_key(key: SpelledKey, data: st.DataObject) -> None:
    text = key.encode()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(LETTERS + "_-=+/. ").filter(lambda letter: letter != text[place]))
    with pytest.raises(ValueError, match="API key"):
        SpelledKey.decode(text[:place] + other + text[place + 1 :])


@given(st.one_of(st.text(), st.text(f"gp_{LETTERS}", min_size=90, max_size=110), st.from_regex(spelling._KEY, fullmatch=True)))
def test_j21_whatever_is_taken_for_a_key_spells_itself(text: str) -> None:
    try:
        key = SpelledKey.decode(text)
    except ValueError:
        return
    assert key.encode() == text


def test_j21_a_key_cut_extended_or_with_its_case_flipped_is_none() -> None:
    for text in mangled(SpelledKey.new(new_id()).encode()):
        with pytest.raises(ValueError, match="API key"):
            SpelledKey.decode(text)


def test_a_new_key_is_its_owners_and_like_no_other() -> None:
    user_id = new_id()
    made = [SpelledKey.new(user_id) for _ in range(200)]
    assert {key.user_id for key in made} == {user_id}
    assert all(spelling.is_id(key.id) for key in made)
    assert len({key.id for key in made}) == len({key.secret for key in made}) == 200
    assert set("".join(key.secret for key in made)) == set(LETTERS)


def test_the_secret_has_256_bits_and_is_told_by_its_digest_alone() -> None:
    key = SpelledKey.new(new_id())
    assert 62 ** len(key.secret) >= 2**256
    assert key.secret_digest == digest(key.secret.encode())
    assert key.secret not in repr(key)


@pytest.mark.parametrize("text", ["", "x", "0" * 32, "0" * 47, "0" * 49, "G" * 48, "A" * 48, "0" * 47 + "\n", "\u0661" * 48])
def test_what_is_no_id(text: str) -> None:
    assert not spelling.is_id(text)


def test_the_guide_says_what_scanners_look_for() -> None:
    (pattern,) = re.findall(r"`(gp_\[.*?)`", GUIDE)
    for _ in range(50):
        text = SpelledKey.new(new_id()).encode()
        assert re.fullmatch(pattern, text)
        assert re.findall(rf"\b{pattern}\b", f'KEY = "{text}"') == [text]
