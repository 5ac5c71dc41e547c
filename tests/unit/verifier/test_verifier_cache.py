"""A token that comes again is taken from memory, and never for longer than it would be taken anew."""

import base64
import gc
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from jwt.algorithms import RSAAlgorithm

from gatepost_verifier import (
    AudienceInvalid,
    IssuerInvalid,
    KeySource,
    RevocationSource,
    TokenCache,
    TokenExpired,
    TokenNotYetValid,
    TokenRevoked,
    TokenTooLong,
    UnknownKey,
    VerificationError,
    VerificationKey,
    Verifier,
    parse_key_set,
)
from gatepost_verifier.key_source import MAX_AGE
from gatepost_verifier.token_cache import Verified
from tests.unit.authorizer.jwks_server import JwksServer, respond_keys, serve
from tests.unit.verifier import forge
from tests.unit.verifier.revocation_lists import listed
from tests.unit.verifier.stopped_clock import Clock


class Counting(RSAAlgorithm):
    """RS256 as PyJWT implements it; counts the signatures that it checks, and takes every one if told to."""

    def __init__(self, *, believe: bool = False) -> None:
        super().__init__(RSAAlgorithm.SHA256)
        self.checked = 0
        self._believe = believe
        self.key = parse_key_set({"keys": [forge.jwk("RS256")]})["rsa"]._replace(algorithm=self)

    def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
        self.checked += 1
        return self._believe or super().verify(msg, key, sig)


def verifier(keys: Callable[[str], VerificationKey | None], clock: Clock | None = None, **more: Any) -> Verifier:
    return Verifier(issuer=forge.ISSUER, audience=forge.AUDIENCE, keys=keys, clock=clock or Clock(forge.NOW), **more)


def test_a_token_that_comes_again_costs_no_signature() -> None:
    counting = Counting()
    door = verifier(lambda _: counting.key)
    good, other = forge.token(), forge.token(forge.claims(jti="tok_2"))
    first = door.verify(good)
    assert door.verify(good) is first
    assert door.verify(other).jti == "tok_2"
    assert door.verify(good) is first
    assert counting.checked == 2


@pytest.mark.parametrize(
    ("change", "refusal"),
    [({"audience": "https://other.example"}, AudienceInvalid), ({"issuer": "https://other.example"}, IssuerInvalid)],
)
def test_j14_what_one_verifier_took_is_nothing_to_another_with_the_same_cache(
    change: dict[str, str], refusal: type[VerificationError]
) -> None:
    """As `dataclasses.replace` makes one for the next audience."""
    counting = Counting()
    door = verifier(lambda _: counting.key)
    other = replace(door, issuer=change.get("issuer", door.issuer), audience=change.get("audience", door.audience))
    good = forge.token()
    for _ in range(2):
        door.verify(good)
        with pytest.raises(refusal):
            other.verify(good)


@pytest.mark.parametrize("change", ["{}x", "x{}", "{} ", "{}=", "{}."])
def test_only_the_very_same_text_is_the_same_token(change: str) -> None:
    counting = Counting()
    door = verifier(lambda _: counting.key)
    good = forge.token()
    door.verify(good)
    with pytest.raises(VerificationError):
        door.verify(change.format(good))


def test_what_was_refused_is_refused_again() -> None:
    counting = Counting()
    door = verifier(lambda _: counting.key)
    forged = forge.token(sign=lambda _: b"x" * 256)
    for _ in range(3):
        with pytest.raises(VerificationError):
            door.verify(forged)
    assert counting.checked == 3
    assert len(door.cache) == 0


def test_j19_a_token_that_is_too_long_is_not_even_hashed() -> None:
    with pytest.raises(TokenTooLong):
        verifier(lambda _: None).verify("a" * 8_000_000)


class TestR27TimeStillDecides:
    """R-27: a clock that runs on or steps back finds what it would find without a memory."""

    @pytest.mark.parametrize(("late", "good"), [(899, True), (929, True), (930, False), (10_000, False)])
    def test_r27_it_is_forgotten_at_exp_and_leeway(self, late: int, good: bool) -> None:
        clock = Clock(forge.NOW)
        door = verifier(parse_key_set({"keys": [forge.jwk("RS256")]}).get, clock)
        token = forge.token()
        door.verify(token)
        clock.now = forge.NOW + late
        if good:
            assert door.verify(token)
            return
        with pytest.raises(TokenExpired):
            door.verify(token)
        assert len(door.cache) == 0

    def test_r27_a_clock_that_steps_back(self) -> None:
        clock = Clock(forge.NOW)
        door = verifier(parse_key_set({"keys": [forge.jwk("RS256")]}).get, clock)
        token = forge.token()
        door.verify(token)
        for clock.now in (forge.NOW - 600, forge.NOW - 31):
            with pytest.raises(TokenNotYetValid):
                door.verify(token)
        clock.now = forge.NOW - 30
        assert door.verify(token)


@pytest.fixture
def server() -> Iterator[JwksServer]:
    with serve(respond_keys(forge.jwk("RS256"), forge.jwk("ES256"))) as running:
        yield running


def test_z15_a_key_that_was_withdrawn_verifies_nothing_from_memory(server: JwksServer) -> None:
    """Z-15: within the age of the key set, not when the token expires."""
    elapsed = Clock()
    door = verifier(KeySource(server.issuer, clock=elapsed).get)
    token = forge.token()
    door.verify(token)
    server.answer = respond_keys(forge.jwk("ES256"))
    elapsed.now = MAX_AGE - 1
    assert door.verify(token)
    elapsed.now = MAX_AGE
    with pytest.raises(UnknownKey):
        door.verify(token)
    assert len(door.cache) == 0


def test_another_key_of_the_same_kid_verifies_nothing_from_memory(server: JwksServer) -> None:
    elapsed = Clock()
    door = verifier(KeySource(server.issuer, clock=elapsed).get)
    token = forge.token()
    door.verify(token)
    server.answer = respond_keys(forge.jwk("ES256", kid="rsa"))
    elapsed.now = MAX_AGE
    with pytest.raises(VerificationError):
        door.verify(token)


def test_the_same_key_fetched_again_goes_on(server: JwksServer) -> None:
    elapsed = Clock()
    door = verifier(KeySource(server.issuer, clock=elapsed).get)
    token = forge.token()
    for elapsed.now in (0, MAX_AGE, 2 * MAX_AGE):
        assert door.verify(token)


def test_what_is_revoked_is_forgotten() -> None:
    elapsed = Clock()
    counting = Counting()
    with serve(listed()) as server:
        door = verifier(lambda _: counting.key, revocations=RevocationSource(server.issuer, max_age=60, clock=elapsed))
        token = forge.token()
        door.verify(token)
        server.answer = listed("ses_1")
        elapsed.now = 59
        assert door.verify(token)
        elapsed.now = 60
        with pytest.raises(TokenRevoked):
            door.verify(token)
        assert len(door.cache) == 0


def _verified(number: int, exp: int = forge.NOW + 900) -> Verified:
    door = verifier(lambda _: Counting(believe=True).key)
    token = door.verify(forge.token(forge.claims(jti=str(number), exp=exp), sign=lambda _: b"x"))
    return Verified(token, Counting().key)


class TestItsBounds:
    def test_the_one_used_longest_ago_goes_first(self) -> None:
        cache = TokenCache(max_entries=2)
        for name in (b"a", b"b"):
            cache.keep(name, _verified(1), 100, forge.NOW)
        assert cache.get(b"a")
        cache.keep(b"c", _verified(1), 100, forge.NOW)
        assert [cache.get(name) is not None for name in (b"a", b"b", b"c")] == [True, False, True]

    def test_characters_count_too(self) -> None:
        cache = TokenCache(max_characters=1000)
        for number in range(10):
            cache.keep(bytes([number]), _verified(number), 400, forge.NOW)
        assert len(cache) == 2
        cache.keep(b"large", _verified(1), 1001, forge.NOW)
        assert len(cache) == 0
        cache.keep(b"fits", _verified(1), 1000, forge.NOW)
        cache.keep(b"fits", _verified(1), 1000, forge.NOW)
        assert len(cache) == 1

    def test_what_has_expired_makes_room(self) -> None:
        cache = TokenCache()
        for number in range(10):
            cache.keep(bytes([number]), _verified(number, forge.NOW + 1 + number), 100, forge.NOW)
        cache.keep(b"new", _verified(1), 100, forge.NOW + 5)
        assert len(cache) == 6

    def test_r36_100_000_tokens_take_no_more_memory_than_a_thousand(self) -> None:
        """R-36: after the first thousand, no block of memory more is in use."""
        counting = Counting(believe=True)
        door = verifier(lambda _: counting.key)
        blocks = []
        for number, token in enumerate(_tokens(100_000)):
            door.verify(token)
            if number % 10_000 == 9_999:
                gc.collect()
                blocks.append(sys.getallocatedblocks())
        assert counting.checked == 100_000
        assert len(door.cache) <= 1000
        assert max(blocks) - min(blocks) < 5_000  # as many as 100 tokens

    def test_r36_a_full_memory_is_a_few_megabytes(self) -> None:
        counting = Counting(believe=True)
        door = verifier(lambda _: counting.key)
        tracemalloc.start()
        try:
            for token in _tokens(2000):
                door.verify(token)
            gc.collect()
            assert tracemalloc.get_traced_memory()[0] < 8_000_000
        finally:
            tracemalloc.stop()


def _tokens(count: int) -> Iterator[str]:
    """So many different tokens, quickly made: nobody signed them."""
    head, payload, _ = forge.token(forge.claims(jti="1000000"), sign=lambda _: b"x").split(".")
    claims = base64.urlsafe_b64decode(payload + "==")
    for number in range(count):
        body = forge.encode(claims.replace(b"1000000", str(1_000_000 + number).encode()))
        yield f"{head}.{body}.{forge.encode(bytes(256))}"


def test_a18_threads_share_it_and_nobody_gets_anothers_claims() -> None:
    """A-18: 8 threads, 40 tokens, room for 20."""
    keys = parse_key_set({"keys": [forge.jwk("EdDSA")]})
    door = verifier(keys.get, cache=TokenCache(max_entries=20))
    tokens = {
        f"usr_{n}": forge.token(forge.claims(sub=f"usr_{n}"), head=forge.header("EdDSA"), sign=forge.signer("EdDSA"))
        for n in range(40)
    }
    wrong: list[str] = []
    barrier = threading.Barrier(8)

    def call(offset: int) -> None:
        barrier.wait()
        for number in range(500):
            sub = f"usr_{(number * (offset + 1)) % 40}"
            if door.verify(tokens[sub]).sub != sub:
                wrong.append(sub)

    threads = [threading.Thread(target=call, args=(offset,)) for offset in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(door.cache) <= 20
    assert door.cache._characters == sum(characters for _, characters in door.cache._entries.values())
