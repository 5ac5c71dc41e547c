"""R-24: over many rotations no verifier meets a good token whose key it doesn't know, however late each link of the chain."""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from functions.account.routes.public import _KEY_SET_MAX_AGE as HTTP_MAX_AGE
from gatepost.access_tokens import LIFETIME
from gatepost.signing.ring import RETIRED_LIFETIME, ROTATION_PERIOD, KeyRing, SigningKey, first_ring, rotated, rotated_early
from gatepost.signing.signer import RING_MAX_AGE
from gatepost_verifier import LEEWAY, KeySource
from gatepost_verifier.download import Answer
from tests.unit.verifier.stopped_clock import Clock

HOUR, STEP = 3600, 60
START = 1_800_000_000
ISSUER = "https://auth.example.com"


@dataclass
class Ring:
    """The ring of a deployment with its whole past, rotated by a schedule."""

    rings: list[KeyRing] = field(default_factory=list)
    since: list[int] = field(default_factory=list)
    made: int = 0

    def _put(self, now: int, ring: KeyRing) -> None:
        if not self.rings or ring is not self.rings[-1]:
            self.rings.append(ring)
            self.since.append(now)

    def _make(self, now: int) -> SigningKey:
        self.made += 1
        kid = f"key-{self.made}"
        jwk = OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate().public_key(), as_dict=True)
        public = {**jwk, "kid": kid, "alg": "EdDSA", "use": "sig"}
        return SigningKey(kid, "EdDSA", public, b"", "standby", now, now)

    def run(self, now: int, *, early: bool) -> None:
        """What the keys function does when its schedule comes, or, if `early` and none waits, a rotation is asked for."""
        if not self.rings:
            self._put(now, first_ring(now, lambda: self._make(now)))
        elif early and not self.rings[-1].rotation_due:
            self._put(now, rotated_early(self.rings[-1], now, lambda: self._make(now), f"a request at {now}"))
        else:
            self._put(now, rotated(self.rings[-1], now, lambda: self._make(now)))

    def at(self, now: int) -> KeyRing:
        """The ring as it was at `now`."""
        return self.rings[max(bisect_right(self.since, now) - 1, 0)]

    def signs(self, now: int) -> str:
        """The `kid` that signs at `now`."""
        key = self.at(now).signing()
        assert key
        return key.kid


def good_kids(ring: Ring, now: int) -> Iterator[str]:
    """The keys of all tokens that are good at `now`: signed by an environment that just read the ring, or long ago."""
    for age in (0, STEP, LIFETIME // 2, LIFETIME + LEEWAY - 1):
        for lag in (0, RING_MAX_AGE - 1):
            yield ring.signs(now - age - lag)


# How old the key set is that a verifier gets: from an environment that just read the ring; from one that is about to; by way
# of an HTTP cache that got it from that.
LAGS = {"fresh": 0, "warm environment": RING_MAX_AGE, "HTTP cache": RING_MAX_AGE + HTTP_MAX_AGE}


def gatepost(ring: Ring, lag: int, patch: pytest.MonkeyPatch) -> Callable[[int, str], bool]:
    """Our own key source: an hour, or a `kid` it doesn't know."""
    clock = Clock(START)

    def download(url: str, *, max_bytes: int, etag: str | None) -> Answer:
        assert url == f"{ISSUER}/.well-known/jwks.json"
        return Answer(json.dumps(ring.at(int(clock.now) - lag).jwks()).encode(), None)

    patch.setattr("gatepost_verifier.documents.download", download)
    source = KeySource(ISSUER, clock=clock)

    def knows(now: int, kid: str) -> bool:
        clock.now = now
        return source.get(kid) is not None

    return knows


def others(age: int) -> Callable[[Ring, int, pytest.MonkeyPatch], Callable[[int, str], bool]]:
    """A verifier of somebody else's, such as a gateway's, that keeps the key set for `age` seconds and asks for no `kid`."""

    def made(ring: Ring, lag: int, patch: pytest.MonkeyPatch) -> Callable[[int, str], bool]:
        del patch
        fetched: list[tuple[int, set[str]]] = [(-age, set())]

        def knows(now: int, kid: str) -> bool:
            if now - fetched[-1][0] >= age:
                fetched.append((now, {key.kid for key in ring.at(now - lag).keys}))
            return kid in fetched[-1][1]

        return knows

    return made


VERIFIERS = {"ours": gatepost, "one hour": others(HOUR), "two hours": others(2 * HOUR)}


@pytest.mark.parametrize("lag", LAGS)
@pytest.mark.parametrize("kind", VERIFIERS)
@pytest.mark.parametrize("offset", [0, 17 * 60, 59 * 60, 119 * 60])
def test_r24_no_good_token_meets_a_verifier_that_does_not_know_its_key(
    monkeypatch: pytest.MonkeyPatch, kind: str, lag: str, offset: int
) -> None:
    """Rotated as often as it can be, 20 times, a verifier having begun `offset` seconds after the ring."""
    ring = Ring()
    knows = VERIFIERS[kind](ring, LAGS[lag], monkeypatch)
    now = START
    while ring.made < 22:
        if (now - START) % 600 == 0:
            ring.run(now, early=True)
        if now >= START + offset:
            for kid in good_kids(ring, now):
                assert knows(now, kid), f"{kid} at {now - START}"
        now += STEP


@pytest.mark.parametrize("kind", VERIFIERS)
def test_r24_nor_around_the_rotations_of_a_year(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    ring = Ring()
    knows = VERIFIERS[kind](ring, LAGS["HTTP cache"], monkeypatch)
    ring.run(START, early=False)
    for rotation in range(1, 13):
        due = START + rotation * ROTATION_PERIOD
        for now in range(due - 3 * HOUR, due + 3 * HOUR, STEP):
            if now >= due and (now - due) % HOUR == 0:
                ring.run(now, early=False)
            for kid in good_kids(ring, now):
                assert knows(now, kid), f"{kid} at {now - due} of rotation {rotation}"
    assert ring.made == 14


def test_r23_a_process_with_the_old_ring_and_one_with_the_new_take_each_others_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-23: through the overlap; once the old key is retired for good, it is unknown within the age of the key set."""
    ring = Ring()
    ring.run(START, early=False)
    due = START + ROTATION_PERIOD
    knows = gatepost(ring, 0, monkeypatch)
    before = ring.signs(START)
    assert knows(due - 1, before)
    ring.run(due, early=False)
    after = ring.signs(due)
    assert after != before
    assert knows(due, after)
    assert knows(due, before)
    dropped = due + RETIRED_LIFETIME
    ring.run(dropped, early=False)
    assert not knows(dropped + HOUR, before)
    assert knows(dropped + HOUR, after)
