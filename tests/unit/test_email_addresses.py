"""The canonical form of an e-mail address: one function, and always the same answer (I-02, I-03)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.accounts.email_addresses import EmailAddress, parse

ADDRESSES = {
    "ada@example.com": ("ada@example.com", "ada@example.com"),
    "Ada.Lovelace@Example.COM": ("Ada.Lovelace@example.com", "ada.lovelace@example.com"),
    "ADA+Tag@example.com": ("ADA+Tag@example.com", "ada+tag@example.com"),
    "Ada@b\u00fccher.example": ("Ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
    "ada@B\u00dcCHER.example": ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
    "ada@bu\u0308cher.example": ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
    "ada@XN--BCHER-KVA.example": ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
    "ada@stra\u00dfe.example": ("ada@xn--strae-oqa.example", "ada@xn--strae-oqa.example"),
    "ada@strasse.example": ("ada@strasse.example", "ada@strasse.example"),
    "ada@\u212aelvin.example": ("ada@kelvin.example", "ada@kelvin.example"),
    "ada@\u24dcail.example": ("ada@mail.example", "ada@mail.example"),
    "ada@m\u0131ke.example": ("ada@xn--mke-jua.example", "ada@xn--mke-jua.example"),
    "!#$%&'*+/=^_`{|}~-@example.com": ("!#$%&'*+/=^_`{|}~-@example.com",) * 2,
}


@pytest.mark.parametrize("text", ADDRESSES)
def test_i02_mail_goes_to_the_spelling_and_the_canonical_form_is_the_account(text: str) -> None:
    parsed = parse(text)
    assert (parsed.address, parsed.canonical) == ADDRESSES[text]
    assert len(parsed.digest) == 32


@pytest.mark.parametrize("text", ADDRESSES)
def test_i02_the_canonical_form_is_its_own(text: str) -> None:
    """Parsing what was parsed changes nothing, so that it's the same at every door and in every table."""
    parsed = parse(text)
    assert parse(parsed.address) == parsed
    assert parse(parsed.canonical) == EmailAddress(parsed.canonical, parsed.canonical)
    assert parse(parsed.canonical).digest == parsed.digest


def test_i02_two_addresses_have_the_same_digest_exactly_when_their_canonical_form_is_the_same() -> None:
    parsed = [parse(text) for text in ADDRESSES]
    assert len({each.digest for each in parsed}) == len({each.canonical for each in parsed})


@given(
    st.text(max_size=40).flatmap(lambda local: st.tuples(st.just(local), st.sampled_from(["example.com", "b\u00fccher.de"])))
)
def test_i03_whatever_is_taken_is_one_ascii_address(parts: tuple[str, str]) -> None:
    """Whatever stands before the @: one @, nothing that separates, opens or breaks a line, and no encoded word."""
    check("@".join(parts))


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=60))
def test_i03_whatever_text_is_taken_is_one_ascii_address(text: str) -> None:
    check(text)
    check(f"a@{text}")
    check(f"a@{text}.example.com")


def check(text: str) -> None:
    try:
        parsed = parse(text)
    except ValueError as exc:
        message = str(exc)
        assert len(text) < 6 or text not in message
        return
    for form in (parsed.address, parsed.canonical):
        assert form.isascii()
        assert form.isprintable()
        assert form.count("@") == 1
        assert not set(form) & set(' ,;:<>()[]"\\')
        assert "=?" not in form
        assert len(form) <= 254
    assert parsed.canonical == parsed.address.lower()
    assert parse(parsed.address) == parsed


@pytest.mark.parametrize("length", [250, 254, 255, 256, 1000, 10**6])
def test_i03_an_address_has_at_most_254_characters(length: int) -> None:
    text = "a" * 60 + "@" + ".".join(["b" * 60] * 3) + "."
    text += "c" * (length - len(text)) if length < 1000 else ".c" * length
    if length <= 254:
        assert len(parse(text).address) == length
    else:
        with pytest.raises(ValueError, match="longer than"):
            parse(text)


@pytest.mark.parametrize("text", ["a" * 65 + "@example.com", "a@" + "b" * 64 + ".com"])
def test_i03_neither_part_is_longer_than_mail_can_be_sent_to(text: str) -> None:
    """RFC 5321, section 4.5.3.1.1: 64 octets before the @; RFC 1035: 63 in a label of the domain."""
    with pytest.raises(ValueError, match="is not an e-mail address"):
        parse(text)
