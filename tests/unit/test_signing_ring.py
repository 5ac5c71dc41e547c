"""The life of signing keys, at explicit times: published before it signs, kept until its last token has expired."""

from dataclasses import replace

import pytest

from gatepost.access_tokens import LIFETIME
from gatepost.conflicts import RotationPending
from gatepost.signing.ring import (
    PUBLISHED_BEFORE_USE,
    REMOVED_LISTED,
    RETIRED_LIFETIME,
    ROTATION_PERIOD,
    KeyRing,
    RemovedKey,
    first_ring,
    removed,
    rotated,
    rotated_early,
)
from gatepost.signing.signer import RING_MAX_AGE
from gatepost_verifier.key_source import MAX_AGE, STALE_IF_ERROR
from tests.unit.key_maker import Maker

START = 1_795_435_200
HOUR = 3600
LEEWAY = 30


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def ring(maker: Maker) -> KeyRing:
    """The ring of a deployment made at `START`."""
    return first_ring(START, maker.at(START))


def states(ring: KeyRing) -> dict[str, str]:
    return {key.kid: key.state for key in ring.keys}


def rotate(ring: KeyRing, now: int, maker: Maker) -> KeyRing:
    return rotated(ring, now, maker.at(now))


def ask(ring: KeyRing, now: int, maker: Maker, request: str = "") -> KeyRing:
    """Ask for a rotation, by a request of its own if it's not named."""
    return rotated_early(ring, now, maker.at(now), request or f"request after version {ring.version}")


def test_the_numbers_are_those_of_the_contract() -> None:
    """Before a key signs, the two hours of verifiers and what comes before; after it, the 15 minutes of a token, 30 s of
    leeway, the 60 s that a warm environment signs on, and clocks that are 30 s apart.
    """
    assert PUBLISHED_BEFORE_USE >= 2 * HOUR + HOUR // 2 + RING_MAX_AGE
    assert RETIRED_LIFETIME == RING_MAX_AGE + LIFETIME + LEEWAY + 2 * 30 == 1050
    assert ROTATION_PERIOD == 30 * 86_400


def test_the_first_ring_has_a_key_that_signs_and_one_that_stands_by(ring: KeyRing) -> None:
    assert ring.version == 1
    assert states(ring) == {"key-1": "signing", "key-2": "standby"}
    assert [key.state_since for key in ring.keys] == [START, START]
    signing = ring.signing()
    assert signing
    assert signing.kid == "key-1"
    assert ring.jwks() == {"keys": [{"kid": "key-1"}, {"kid": "key-2"}]}


def test_an_empty_ring_signs_nothing() -> None:
    assert KeyRing(0, ()).signing() is None
    assert KeyRing(0, ()).jwks() == {"keys": []}


@pytest.mark.parametrize("age", [0, 1, HOUR, PUBLISHED_BEFORE_USE, ROTATION_PERIOD - 1])
def test_where_nothing_is_due_the_ring_is_the_same_object_and_no_key_is_made(ring: KeyRing, maker: Maker, age: int) -> None:
    assert rotate(ring, START + age, maker) is ring
    assert maker.made == 2


@pytest.mark.parametrize("late", [0, 1, 86_400])
def test_after_its_period_a_key_retires_the_standby_signs_and_a_new_one_stands_by(
    ring: KeyRing, maker: Maker, late: int
) -> None:
    now = START + ROTATION_PERIOD + late
    successor = rotate(ring, now, maker)
    assert successor.version == 2
    assert states(successor) == {"key-1": "retired", "key-2": "signing", "key-3": "standby"}
    assert [key.state_since for key in successor.keys] == [now, now, now]
    assert [key.created_at for key in successor.keys] == [START, START, now]
    # Nothing else of a key changes.
    for before, after in zip(ring.keys, successor.keys, strict=False):
        assert replace(after, state=before.state, state_since=before.state_since) == before


def test_the_ring_that_is_given_stays_as_it_is(ring: KeyRing, maker: Maker) -> None:
    before = KeyRing(ring.version, tuple(replace(key) for key in ring.keys))
    rotate(ring, START + ROTATION_PERIOD, maker)
    assert ring == before


def test_a_retired_key_is_kept_exactly_as_long_as_a_token_of_its_may_be_taken(ring: KeyRing, maker: Maker) -> None:
    now = START + ROTATION_PERIOD
    successor = rotate(ring, now, maker)
    assert rotate(successor, now + RETIRED_LIFETIME - 1, maker) is successor
    last = rotate(successor, now + RETIRED_LIFETIME, maker)
    assert states(last) == {"key-2": "signing", "key-3": "standby"}
    assert last.version == 3


def test_a_standby_signs_only_once_it_was_published_long_enough(ring: KeyRing, maker: Maker) -> None:
    """However long the signing key has served."""
    made_at = START + ROTATION_PERIOD + 10
    young = replace(ring.keys[1], created_at=made_at, state_since=made_at)
    ring = replace(ring, keys=(ring.keys[0], young))
    assert rotate(ring, made_at + PUBLISHED_BEFORE_USE - 1, maker) is ring
    promoted = rotate(ring, made_at + PUBLISHED_BEFORE_USE, maker)
    assert states(promoted) == {"key-1": "retired", "key-2": "signing", "key-3": "standby"}


def test_a_rotation_that_is_asked_for_does_not_wait_for_the_period(ring: KeyRing, maker: Maker) -> None:
    now = START + PUBLISHED_BEFORE_USE
    successor = ask(ring, now, maker)
    assert states(successor) == {"key-1": "retired", "key-2": "signing", "key-3": "standby"}
    assert [key.state_since for key in successor.keys] == [now, now, now]
    assert (successor.version, successor.rotation_due) == (2, False)
    assert rotate(successor, now + RETIRED_LIFETIME - 1, maker) is successor  # nothing more is due


@pytest.mark.parametrize("age", [0, 1, PUBLISHED_BEFORE_USE - 1])
def test_one_that_comes_too_early_publishes_a_new_key_and_signs_with_the_next_once_that_is_old_enough(
    ring: KeyRing, maker: Maker, age: int
) -> None:
    """The oldest: the one that was made for this rotation is younger."""
    waiting = ask(ring, START + age, maker)
    assert states(waiting) == {"key-1": "signing", "key-2": "standby", "key-3": "standby"}
    assert (waiting.version, waiting.rotation_due) == (2, True)
    assert rotate(waiting, START + PUBLISHED_BEFORE_USE - 1, maker) is waiting
    done = rotate(waiting, START + PUBLISHED_BEFORE_USE, maker)
    assert states(done) == {"key-1": "retired", "key-2": "signing", "key-3": "standby"}
    assert (done.version, done.rotation_due) == (3, False)
    assert maker.made == 3
    assert states(rotate(done, START + PUBLISHED_BEFORE_USE + RETIRED_LIFETIME, maker)) == {
        "key-2": "signing",
        "key-3": "standby",
    }


def test_while_one_waits_another_is_refused_and_makes_no_key(ring: KeyRing, maker: Maker) -> None:
    waiting = ask(ring, START, maker)
    for now in (START, START + PUBLISHED_BEFORE_USE - 1, START + PUBLISHED_BEFORE_USE, START + ROTATION_PERIOD):
        with pytest.raises(RotationPending):
            ask(waiting, now, maker)
    assert maker.made == 3
    done = rotate(waiting, START + PUBLISHED_BEFORE_USE, maker)
    assert len(ask(done, START + PUBLISHED_BEFORE_USE, maker).keys) == 4


def test_r08_the_same_request_again_changes_nothing(ring: KeyRing, maker: Maker) -> None:
    """Its answer was lost, and the SDK asks again: it's neither a second rotation nor refused for its own."""
    for now in (START, START + PUBLISHED_BEFORE_USE):
        once = ask(ring, now, maker, "a request")
        assert ask(once, now + 1, maker, "a request") is once
        assert ask(rotate(once, now + PUBLISHED_BEFORE_USE, maker), now + 1, maker, "a request").last_request == "a request"


@pytest.mark.parametrize("age", [0, PUBLISHED_BEFORE_USE, ROTATION_PERIOD, 10 * ROTATION_PERIOD])
def test_a_missing_standby_is_made_and_does_not_sign_at_once(ring: KeyRing, maker: Maker, age: int) -> None:
    """However long the signing key has served."""
    ring = replace(ring, keys=ring.keys[:1])
    successor = rotate(ring, START + age, maker)
    assert states(successor) == {"key-1": "signing", "key-3": "standby"}
    assert rotate(successor, START + age + PUBLISHED_BEFORE_USE - 1, maker) is successor


def test_early_rotations_one_after_the_other_keep_every_retired_key_its_time(ring: KeyRing, maker: Maker) -> None:
    now = START
    for number in range(1, 5):
        now += PUBLISHED_BEFORE_USE
        ring = ask(ring, now, maker)
        assert ring.version == number + 1
        assert list(states(ring).values()) == ["retired", "signing", "standby"]


def take(ring: KeyRing, now: int, maker: Maker, kid: str, request: str = "a removal") -> KeyRing:
    """Remove a key."""
    return removed(ring, now, maker.at(now), kid, request)


@pytest.mark.parametrize("age", [0, PUBLISHED_BEFORE_USE, ROTATION_PERIOD])
def test_z15_where_the_key_that_signs_is_removed_the_standby_signs_at_once(ring: KeyRing, maker: Maker, age: int) -> None:
    """However young it is: nobody may sign with the other any more."""
    now = START + age
    successor = take(ring, now, maker, "key-1")
    assert states(successor) == {"key-2": "signing"}
    assert (successor.version, successor.last_request, maker.made) == (2, "a removal", 2)
    assert successor.removed == (RemovedKey("key-1", now),)
    assert successor.keys[0].state_since == now
    assert states(rotate(successor, now, maker)) == {"key-2": "signing", "key-3": "standby"}


def test_z15_of_two_standby_keys_the_oldest_signs_and_the_rotation_that_waited_is_done(ring: KeyRing, maker: Maker) -> None:
    waiting = ask(ring, START + 1, maker)
    successor = take(waiting, START + 2, maker, "key-1")
    assert states(successor) == {"key-2": "signing", "key-3": "standby"}
    assert successor.rotation_due is False
    assert rotate(successor, START + 2 * PUBLISHED_BEFORE_USE, maker) is successor


def test_z15_where_none_stands_by_a_new_key_is_made_and_signs(ring: KeyRing, maker: Maker) -> None:
    alone = take(ring, START, maker, "key-2")
    assert states(alone) == {"key-1": "signing"}
    assert states(take(alone, START + 1, maker, "key-1")) == {"key-3": "signing"}


def test_z15_a_standby_key_or_a_retired_one_leaves_and_nothing_else_changes(ring: KeyRing, maker: Maker) -> None:
    now = START + ROTATION_PERIOD
    three = rotate(ring, now, maker)
    for kid in ("key-1", "key-3"):
        successor = take(three, now + 1, maker, kid)
        assert successor.keys == tuple(key for key in three.keys if key.kid != kid)
        assert successor.removed == (RemovedKey(kid, now + 1),)
    waiting = ask(ring, START, maker)
    assert take(waiting, START, maker, "key-2").rotation_due is True


def test_removing_a_key_that_is_not_there_changes_nothing(ring: KeyRing, maker: Maker) -> None:
    assert take(ring, START, maker, "key-9") is ring
    once = take(ring, START, maker, "key-1")
    assert take(once, START + 1, maker, "key-1", "another") is once


def test_a_removed_key_is_told_of_for_as_long_as_anybody_may_have_it_and_then_forgotten(ring: KeyRing, maker: Maker) -> None:
    assert REMOVED_LISTED >= MAX_AGE + STALE_IF_ERROR + HOUR // 2 + RING_MAX_AGE
    once = rotate(take(ring, START, maker, "key-1"), START, maker)
    last = START + REMOVED_LISTED - 1
    assert [key.kid for key in once.removed_lately(last)] == ["key-1"]
    assert once.removed_lately(last + 1) == ()
    twice = take(once, last, maker, "key-2")
    assert [key.kid for key in twice.removed] == ["key-1", "key-2"]
    assert [key.kid for key in take(twice, last + 1, maker, twice.keys[0].kid).removed] == ["key-2", twice.keys[0].kid]


SCHEDULES: dict[str, list[int]] = {
    "every hour": list(range(START, START + 4 * ROTATION_PERIOD, HOUR)),
    "every quarter of an hour": list(range(START, START + 2 * ROTATION_PERIOD, 900)),
    "after an outage of 100 days": [START, *range(START + 100 * 86_400, START + 110 * 86_400, HOUR)],
    "once a month": list(range(START, START + 20 * ROTATION_PERIOD, ROTATION_PERIOD)),
    "twice at each time": [now for now in range(START, START + 40 * 86_400, HOUR) for _ in range(2)],
}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("early", [False, True])
def test_whenever_rotations_come_no_token_loses_its_key_and_none_meets_an_unknown_one(
    maker: Maker, schedule: str, early: bool
) -> None:
    """Over the whole history: one key signs, each was published long before it did, and stays for its last token."""
    ring = first_ring(START, maker.at(START))
    published, signs_until = {key.kid: START for key in ring.keys}, dict[str, int]()
    for now in SCHEDULES[schedule]:
        try:
            successor = ask(ring, now, maker) if early else rotate(ring, now, maker)
        except RotationPending:
            successor = rotate(ring, now, maker)
        assert successor.version == ring.version + (successor is not ring)
        for key in successor.keys:
            published.setdefault(key.kid, now)
        was, signs = ring.signing(), successor.signing()
        assert was
        assert signs
        assert [key.state for key in successor.keys].count("signing") == 1
        assert [key.state for key in successor.keys].count("standby") in ((1, 2) if early else (1,))
        assert len(successor.keys) <= 4
        if was.kid != signs.kid:
            signs_until[was.kid] = now
            assert now >= published[signs.kid] + PUBLISHED_BEFORE_USE
        kept = {key.kid for key in successor.keys}
        assert all(kid in kept for kid, until in signs_until.items() if now < until + RETIRED_LIFETIME)
        assert len({key.kid for key in successor.keys}) == len(successor.keys)
        ring = successor
    assert signs_until
    assert maker.made == len(published)
