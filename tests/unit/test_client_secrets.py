"""Secrets of OAuth clients: recognised by their digests, replaced with a day's overlap (O-20, Z-20)."""

import hmac
from unittest.mock import patch

import pytest

from gatepost.clients.client_secrets import MAX_SECRETS, OVERLAP, ClientSecret, matches, new, rotated
from gatepost.conflicts import TooManyClientSecrets
from gatepost.identifiers import SECRET_BYTES, TokenKind, decode_token, digest, encode_token, new_secret

NOW = 1_795_435_200


def test_a_secret_has_256_random_bits_and_is_kept_as_a_digest() -> None:
    text, kept = new(NOW)
    (secret,) = decode_token(text, TokenKind.CLIENT_SECRET, SECRET_BYTES)
    assert kept == ClientSecret(digest(secret), NOW, None)
    assert len({new(NOW)[0] for _ in range(100)}) == 100
    assert matches((kept,), text, NOW + 10**9)


def test_o20_after_a_rotation_the_one_before_works_a_day_and_no_second_longer() -> None:
    first, kept = new(NOW)
    second, secrets = rotated((kept,), NOW + 10)
    assert matches(secrets, first, NOW + 10 + OVERLAP - 1)
    assert not matches(secrets, first, NOW + 10 + OVERLAP)
    assert matches(secrets, second, NOW + 10 + OVERLAP)
    assert OVERLAP == 24 * 3600


def test_o20_each_rotation_leaves_the_older_ones_their_own_day() -> None:
    first, kept = new(NOW)
    second, secrets = rotated((kept,), NOW)
    third, secrets = rotated(secrets, NOW + 100)
    for text, until in ((first, NOW + OVERLAP), (second, NOW + 100 + OVERLAP)):
        assert matches(secrets, text, until - 1)
        assert not matches(secrets, text, until)
    assert matches(secrets, third, NOW + 10**9)


def test_secrets_are_few_and_those_that_ended_are_forgotten() -> None:
    secrets: tuple[ClientSecret, ...] = (new(NOW)[1],)
    for _ in range(MAX_SECRETS - 1):
        _, secrets = rotated(secrets, NOW)
    with pytest.raises(TooManyClientSecrets):
        rotated(secrets, NOW + OVERLAP - 1)
    _, secrets = rotated(secrets, NOW + OVERLAP)
    assert [secret.expires_at for secret in secrets] == [NOW + 2 * OVERLAP, None]


def test_j21_nothing_but_the_secret_itself_matches() -> None:
    text, kept = new(NOW)
    other = encode_token(TokenKind.REFRESH, *decode_token(text, TokenKind.CLIENT_SECRET, SECRET_BYTES))
    wrong = ["", "x", text[:-1], f"{text}A", f"{text}=", text.swapcase(), text[::-1], other, new(NOW)[0], "A" * 44, "é" * 44]
    wrong += [text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :] for place in range(len(text))]
    assert not [each for each in wrong if matches((kept,), each, NOW)]
    assert not matches((), text, NOW)
    assert not matches((kept,), kept.digest.hex(), NOW)


def test_z20_every_secret_is_compared_in_constant_time_whichever_matches() -> None:
    texts, secrets = zip(*(new(NOW) for _ in range(4)), strict=True)
    for text in (*texts, encode_token(TokenKind.CLIENT_SECRET, new_secret())):
        with patch.object(hmac, "compare_digest", wraps=hmac.compare_digest) as compared:
            assert matches(secrets, text, NOW) == (text in texts)
        assert compared.call_count == 4
