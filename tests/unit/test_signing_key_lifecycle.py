"""Z-15: months of signing keys, under whatever may come between, seen by those who verify tokens by them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from unittest.mock import patch

from hypothesis import Phase, settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from functions.account.routes.public import _KEY_SET_MAX_AGE, _REVOCATIONS_MAX_AGE
from gatepost.caller import Caller
from gatepost.errors import Conflict, NotFound, Unavailable
from gatepost.signing.ring import PUBLISHED_BEFORE_USE, REMOVED_LISTED, RETIRED_LIFETIME, SigningKey
from gatepost.signing.rotation import ensure_first_keys, remove, rotate, rotate_early
from gatepost.signing.signer import RING_MAX_AGE
from gatepost_verifier import LEEWAY
from gatepost_verifier.download import Answer
from gatepost_verifier.key_source import COOL_DOWN, MAX_AGE
from gatepost_verifier.revocations import TIMEOUT
from tests.unit.signing_model import Failure, Gateway, HttpCache, Line, Ours, Token, World, forged

HOUR, DAY = 3600, 86_400
CLOCKS = [-15, 0, 15]
OPERATOR = "arn:aws:iam::123456789012:user/ada"
# Until a key set that still has a key is fetched again, by those who keep one for an hour, and for two.
HTTP = _KEY_SET_MAX_AGE + RING_MAX_AGE
FORGOTTEN = {Ours: HTTP + MAX_AGE, Gateway: HTTP + Gateway.AGE}
# Until our verifiers have heard of a removed key.
TOLD = RING_MAX_AGE + _REVOCATIONS_MAX_AGE + 60 + TIMEOUT
# For how long a verifier that has just asked can do without an answer.
OUTAGES = {Ours: 80 * 60, Gateway: 25 * 60}
VERIFIERS = ["told", "ours", "cached", "gateway"]

clocks = strategies.sampled_from(CLOCKS)
failures = strategies.sampled_from(["none", "none", "none", "refused", "lost answer"])
seconds = strategies.sampled_from([1, 30, 59, 60, 900, 930, 1000, RETIRED_LIFETIME, 1799, HOUR, 2 * HOUR, PUBLISHED_BEFORE_USE])


class SigningKeys(RuleBasedStateMachine):
    """What must hold at any time: no good token is refused, none by a key that is gone is taken, and the ring stays small."""

    @initialize()
    def deploy(self) -> None:
        self.world = world = World()
        cache = HttpCache(world)
        self.verifiers: dict[str, Ours | Gateway] = {
            "told": Ours("told", Line(world, cache), skew=-15, told=True),
            "ours": Ours("ours", Line(world), skew=15, told=False),
            "cached": Ours("cached", Line(world, cache), skew=0, told=False),
            "gateway": Gateway(Line(world, cache)),
        }
        self.patches: list[Any] = [
            patch("gatepost.clock.now", world.clock),
            patch("gatepost_verifier.documents.download", self.download),
            # Time passes in the model alone.
            patch("gatepost_verifier.key_source.TIMEOUT", 60.0),
            patch("gatepost_verifier.revocations.TIMEOUT", 60.0),
        ]
        for each in self.patches:
            each.start()
        self.tokens: list[Token] = []
        self.keys: dict[str, SigningKey] = {}
        self.published: dict[str, int] = {}
        self.gone: dict[str, int] = {}
        self.removed: dict[str, int] = {}
        self.early: set[str] = set()
        self.requests = 0
        ensure_first_keys(world.maker)
        self.look()
        self.first = set(self.keys)  # nobody has asked before they were there

    def teardown(self) -> None:
        for each in getattr(self, "patches", []):
            each.stop()

    def download(self, url: str, **_: Any) -> Answer:
        name, path = url.removeprefix("https://").split(".example.com")
        return Answer(self.verifiers[name].line.get(path), None)

    @contextmanager
    def acting(self, clock: int, failure: Failure = "none", *, kms: bool = True, raced: bool = False) -> Iterator[None]:
        """Let the keys function do something, which may fail, or be overtaken by a run of the schedule."""
        world = self.world
        world.dynamodb.failure, world.kms.fails = failure, not kms
        if raced:
            world.dynamodb.meanwhile = lambda: rotate(world.maker)
        try:
            # Whoever asked is told; what is left behind is looked at.
            with suppress(Conflict, NotFound, Unavailable), world.acting(clock):
                yield
        finally:
            world.dynamodb.failure, world.kms.fails, world.dynamodb.meanwhile = "none", False, None
            self.look()

    def look(self) -> None:
        """Note what has come and what has gone."""
        there = {key.kid: key for key in self.world.ring().keys}
        for kid in there.keys() - self.keys.keys():
            self.published[kid] = self.world.now
        self.keys |= there
        for kid in self.keys.keys() - there.keys() - self.gone.keys():
            self.gone[kid] = self.world.now

    # What happens

    @rule(passed=seconds, signing=strategies.sets(clocks), calling=strategies.sets(strategies.sampled_from(VERIFIERS)))
    def users_sign_in_and_call(self, passed: int, signing: set[int], calling: set[str]) -> None:
        self.world.now += passed
        for clock in sorted(signing):
            self.sign(clock)
        for name in sorted(calling):
            self.use(self.verifiers[name])

    @rule(days=strategies.sampled_from([1, 29, 30, 90]), clock=clocks)
    def days_pass_with_the_schedule(self, days: int, clock: int) -> None:
        for hours in [24] * (days - 1) + [1] * 24:
            self.world.now += hours * HOUR
            with self.acting(clock):
                rotate(self.world.maker)

    @rule(clock=clocks, failure=failures, kms=strategies.booleans(), raced=strategies.booleans())
    def the_schedule_comes(self, clock: int, failure: Failure, kms: bool, raced: bool) -> None:
        """R-21: once, or twice at the same time."""
        before = self.world.ring().version
        with self.acting(clock, failure, kms=kms, raced=raced):
            rotate(self.world.maker)
        assert self.world.ring().version <= before + 1

    @rule(clock=clocks, failure=failures, again=strategies.booleans(), raced=strategies.booleans())
    def an_administrator_asks_for_a_rotation(self, clock: int, failure: Failure, again: bool, raced: bool) -> None:
        self.requests += not again
        with self.acting(clock, failure, raced=raced):
            rotate_early(self.world.maker, self.caller(), actor_id="ada")

    @rule(
        state=strategies.sampled_from(["standby", "signing", "retired"]),
        clock=clocks,
        failure=failures,
        kms=strategies.booleans(),
        raced=strategies.booleans(),
    )
    def an_operator_removes_a_key(self, state: str, clock: int, failure: Failure, kms: bool, raced: bool) -> None:
        kid = next((key.kid for key in self.world.ring().keys if key.state == state), None)
        if kid is None:
            return
        self.requests += 1
        for fails in (failure, "none"):  # asked again, until it's done
            with self.acting(clock, fails, kms=kms or fails == "none", raced=raced):
                remove(self.world.maker, kid, OPERATOR, self.caller())
        assert kid in self.gone
        if kid in {key.kid for key in self.world.ring().removed}:  # it wasn't dropped meanwhile
            self.removed[kid] = self.world.now
        signing = self.world.ring().signing()
        if signing and self.world.now < self.published[signing.kid] + PUBLISHED_BEFORE_USE:
            self.early.add(signing.kid)
        with self.acting(clock, kms=kms):
            rotate(self.world.maker)

    @rule(name=strategies.sampled_from(["ours", "cached", "gateway"]))
    def an_outage_begins(self, name: str) -> None:
        """Of a verifier that is in use: who has asked for nothing in days has nothing that could bridge it."""
        verifier = self.verifiers[name]
        if self.world.now >= verifier.line.closed_until + COOL_DOWN:
            self.sign(0)
            self.use(verifier)
            verifier.line.closed_until = self.world.now + OUTAGES[type(verifier)]

    # What must hold

    @invariant()
    def the_ring_is_whole_and_small(self) -> None:
        if hasattr(self, "world"):
            ring, now = self.world.ring(), self.world.now
            states = [key.state for key in ring.keys]
            assert states.count("signing") == 1
            assert states.count("standby") <= 2
            assert len(states) <= 5
            assert len({key.kid for key in ring.keys}) == len(states)
            lately = {kid for kid, at in self.removed.items() if now < at + REMOVED_LISTED - 30}
            assert lately <= {key.kid for key in ring.removed_lately(now)} <= self.removed.keys()

    def sign(self, clock: int) -> None:
        """Sign a token, in the environment with this clock: by no key that is young or was removed."""
        token, now = self.world.sign(clock), self.world.now
        assert token.kid in self.early | self.first or now >= self.published[token.kid] + 2 * HOUR + HTTP
        assert token.kid not in self.removed or now < self.removed[token.kid] + RING_MAX_AGE
        self.tokens.append(token)

    def use(self, verifier: Ours | Gateway) -> None:
        """Verify all tokens that there are, and what a thief makes with the keys that are gone."""
        now = self.world.now
        self.tokens = [token for token in self.tokens if now < token.exp + 2 * HOUR]
        for token in self.tokens:
            taken = verifier.takes(token)
            if now + verifier.skew >= token.exp + (LEEWAY if isinstance(verifier, Ours) else 0):
                assert not taken, "an expired token was taken"
            elif token.kid not in self.removed and self.is_known(token.kid):
                assert taken, f"a good token was refused, {now - self.published[token.kid]} s after its key was published"
        for kid in self.gone:
            if self.is_forgotten(verifier, kid):
                taken = verifier.takes(forged(self.world, self.keys[kid]))
                assert not taken, f"{now - self.gone[kid]} s after a key was gone, a token by it was taken"

    def is_known(self, kid: str) -> bool:
        """Whether everybody must know the key by now."""
        return kid in self.first or self.world.now >= self.published[kid] + PUBLISHED_BEFORE_USE

    def is_forgotten(self, verifier: Ours | Gateway, kid: str) -> bool:
        """Whether `verifier` must have heard that a key is gone. An outage keeps it from that."""
        if verifier is self.verifiers["told"] and kid in self.removed:
            return self.removed[kid] + TOLD <= self.world.now < self.removed[kid] + REMOVED_LISTED - 30
        return self.world.now >= max(self.gone[kid], verifier.line.closed_until + COOL_DOWN) + FORGOTTEN[type(verifier)]

    def caller(self) -> Caller:
        return Caller("192.0.2.1", "a test", f"request-{self.requests}")


def test_z15_whatever_happens_in_months_no_good_token_is_refused_and_none_by_a_key_that_is_gone_is_taken() -> None:
    # A failure tells its steps as they are: to find fewer takes minutes.
    phases = [Phase.generate]
    how = settings(max_examples=100, stateful_step_count=50, derandomize=True, deadline=None, database=None, phases=phases)
    run_state_machine_as_test(SigningKeys, settings=how)
