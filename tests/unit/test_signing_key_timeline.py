"""Z-15, R-23: the life of signing keys by the second, where it's tightest: clocks apart, everything as old as it may be."""

import pytest

from gatepost.caller import Caller
from gatepost.signing.ring import SigningKey
from gatepost.signing.rotation import ensure_first_keys, remove, rotate, rotate_early
from gatepost_verifier.download import Answer
from tests.unit.signing_model import JWKS, START, Gateway, HttpCache, Line, Ours, World, forged

HOUR, DAY = 3600, 86_400
CALLER = Caller("", "a test", "a request")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A deployment that was made at `START`."""
    world = World()
    monkeypatch.setattr("gatepost.clock.now", world.clock)
    monkeypatch.setattr("gatepost_verifier.key_source.TIMEOUT", 60.0)
    monkeypatch.setattr("gatepost_verifier.revocations.TIMEOUT", 60.0)
    ensure_first_keys(world.maker)
    return world


@pytest.fixture
def direct(world: World, monkeypatch: pytest.MonkeyPatch) -> Line:
    """The way of all our verifiers of a test."""
    line = Line(world)

    def download(url: str, **_: object) -> Answer:
        return Answer(line.get(url.removeprefix("https://").partition(".example.com")[2]), None)

    monkeypatch.setattr("gatepost_verifier.documents.download", download)
    return line


def states(world: World) -> list[str]:
    return [key.state for key in world.ring().keys]


def signing(world: World) -> SigningKey:
    key = world.ring().signing()
    assert key
    return key


def run(world: World, clock: int = 0) -> None:
    """Do what the schedule does, where the clock is ahead by so much."""
    with world.acting(clock):
        rotate(world.maker)


def test_z15_a_months_end_by_the_second(world: World, direct: Line) -> None:
    old, new = world.ring().keys
    end = world.now = START + 30 * DAY
    late = Ours("late", direct, skew=-15, told=False)
    world.sign(15)  # this environment has read the ring just now
    assert states(world) == ["signing", "standby"]
    run(world, -15)  # by its clock the month isn't over
    assert states(world) == ["signing", "standby"]
    run(world)
    assert states(world) == ["retired", "signing", "standby"]

    # two processes, of which one knows of it and one doesn't: each takes what the other signs.
    world.now = end + 59
    last, first = world.sign(15), world.sign(0)
    assert (last.kid, first.kid) == (old.kid, new.kid)
    assert late.takes(last)
    assert late.takes(first)
    for clock in (0, 15):
        with world.acting(clock):
            assert {old.kid, new.kid} <= world.signers[clock].verification_keys().keys()
    world.now = end + 60
    assert world.sign(15).kid == new.kid

    # The last token by the old key is good to its end, in the eyes of the clock that is behind, with keys fetched at the end.
    world.now = end + 59 + 15 + 900 + 30 + 15 - 1
    run(world, 15)
    fresh = Ours("fresh", direct, skew=-15, told=False)
    assert fresh.takes(last)
    world.now += 1
    assert not fresh.takes(last)
    world.now = end + HOUR
    run(world)
    assert states(world) == ["signing", "standby"]
    world.now += 60
    with world.acting(15):
        assert world.signers[15].verification_keys().keys() == {key.kid for key in world.ring().keys}
    # Whatever the old key signs now is refused by whoever has asked since.
    assert not Ours("later", direct, skew=0, told=False).takes(forged(world, old))


def test_z15_a_gateway_that_just_missed_a_key_knows_it_when_it_signs(world: World) -> None:
    """It keeps for two hours what an HTTP cache has kept for half an hour."""
    world.now = published = START + DAY
    cache = HttpCache(world)
    world.now -= 1
    cache.get(JWKS)
    world.now = published
    rotate_early(world.maker, CALLER, actor_id="ada")  # B signs, C is published
    young = world.ring().keys[-1]
    world.now = published + 1798
    gateway = Gateway(Line(world, cache))
    assert gateway.takes(world.sign(0))
    assert not gateway.takes(forged(world, young))  # it hasn't heard of it
    world.now = published + 3 * HOUR - 1
    assert gateway.takes(world.sign(0))
    rotate_early(world.maker, Caller("", "a test", "a second request"), actor_id="ada")
    run(world)
    assert signing(world).kid != young.kid  # not yet
    world.now += 1
    run(world)
    world.now += 60
    token = world.sign(0)
    assert token.kid == young.kid
    assert gateway.takes(token)


def test_z15_a_removed_key_is_refused_within_the_numbers_of_decision_0027(world: World, direct: Line) -> None:
    """126 s by who asks for the revocation list; 91 minutes by who keeps key sets for an hour; 2 h 31 min for two."""
    world.now = START + DAY
    stolen = signing(world)
    cache = HttpCache(world)
    told, ours = Ours("told", direct, skew=0, told=True), Ours("ours", direct, skew=0, told=False)
    gateway = Gateway(Line(world, cache))
    good = world.sign(0)
    assert (told.takes(good), ours.takes(good), gateway.takes(good)) == (True, True, True)
    at = world.now
    remove(world.maker, stolen.kid, "arn:aws:iam::123456789012:user/ada", CALLER)
    assert stolen.kid not in {key["kid"] for key in world.ring().jwks()["keys"]}
    world.now = at + 59
    assert world.sign(0).kid == stolen.kid  # an environment that has read the ring before
    world.now = at + 60
    sound = world.sign(0)
    assert sound.kid != stolen.kid
    assert (told.takes(sound), ours.takes(sound), gateway.takes(sound)) == (True, True, True)

    refused: dict[str, int] = {}
    verifiers: dict[str, Ours | Gateway] = {"told": told, "ours": ours, "gateway": gateway}
    for name, verifier in verifiers.items():
        world.now = at
        while verifier.takes(forged(world, stolen)):
            world.now += 1
        refused[name] = world.now - at
        for later in (60, HOUR, DAY):
            world.now = at + refused[name] + later
            assert not verifier.takes(forged(world, stolen))
    assert refused["told"] <= 60 + 5 + 60 + 1
    assert refused["ours"] <= HOUR
    assert refused["gateway"] <= 2 * HOUR + HOUR // 2 + 60


@pytest.mark.parametrize("cached", [False, True])
def test_z15_where_the_next_key_is_young_who_asks_for_an_unknown_key_has_it_within_the_cool_down(
    world: World, direct: Line, cached: bool
) -> None:
    """And a gateway that asks for none refuses good tokens until it asks for keys again: no other answer to a theft is safe."""
    world.now = START + DAY
    rotate_early(world.maker, CALLER, actor_id="ada")
    run(world)
    direct.cache = HttpCache(world) if cached else None
    ours, gateway = Ours("ours", direct, skew=0, told=False), Gateway(direct)
    rotated = START + DAY + 60
    world.now = rotated
    ours.takes(world.sign(0))
    gateway.takes(world.sign(0))
    remove(world.maker, signing(world).kid, "arn:aws:iam::123456789012:user/ada", Caller("", "a test", "another"))
    run(world)  # a standby key for the time after
    remove(world.maker, signing(world).kid, "arn:aws:iam::123456789012:user/ada", Caller("", "a test", "a third"))
    world.now += 60
    young = world.sign(0)
    assert ours.takes(young) is not cached
    assert not gateway.takes(young)
    world.now = rotated + HOUR // 2
    assert ours.takes(world.sign(0))
    world.now = rotated + 2 * HOUR
    assert gateway.takes(world.sign(0))
