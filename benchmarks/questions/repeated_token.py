"""What does a token cost that the environment has verified before, beside PyJWT's decoding of it?"""

from collections.abc import Callable
from functools import partial

from benchmarks.figures import Figure
from benchmarks.issuer import Issuer, event, issuer
from benchmarks.measuring import ROUNDS, in_turns, seconds

_PEER = "PyJWT.decode with a key object"


def measure() -> list[Figure]:
    """Ask the built-in issuer."""
    with issuer() as running:
        return [verification(running), decision(running)]


def verification(issuer: Issuer, rounds: int = ROUNDS) -> Figure:
    """Verify and decode the same token again and again, in turns: its time, its key, and the revocation list."""
    token = issuer.token()
    issuer.verify(token)
    ours, theirs = _runs(issuer, partial(issuer.verify, token), token, rounds)
    return Figure("a token seen before, verified", ours, _PEER, theirs, at_most=0.1)


def decision(issuer: Issuer, rounds: int = ROUNDS) -> Figure:
    """The same with what is new in every call: its event, the rules, and the answer."""
    token = issuer.token()
    issuer.verify(token)
    ours, theirs = _runs(issuer, partial(issuer.handler, event(token), None), token, rounds)
    return Figure("a token seen before, event to answer", ours, _PEER, theirs)


def _runs(issuer: Issuer, ours: Callable[[], object], token: str, rounds: int) -> list[list[float]]:
    return in_turns(rounds, lambda: seconds([ours] * 400), lambda: seconds([partial(issuer.decode, token)] * 100))
