"""What does a token cost that the environment has verified before, beside PyJWT's decoding of it?"""

from collections.abc import Callable
from functools import partial

from benchmarks.issuer import Issuer, event
from benchmarks.measuring import Comparison, in_turns, seconds


def compare(issuer: Issuer, rounds: int = 21) -> Comparison:
    """Verify and decode the same token again and again, in turns: its time, its key, and the revocation list."""
    token = issuer.token()
    issuer.verify(token)
    medians = _medians(issuer, partial(issuer.verify, token), token, rounds)
    return Comparison("verification of a repeated token / PyJWT.decode", *medians, at_most=0.1)


def compare_whole(issuer: Issuer, rounds: int = 21) -> Comparison:
    """The same with what is new in every call: its event, the rules, and the answer."""
    token = issuer.token()
    issuer.verify(token)
    return Comparison(
        "decision on a repeated token / PyJWT.decode",
        *_medians(issuer, partial(issuer.handler, event(token), None), token, rounds),
    )


def _medians(issuer: Issuer, ours: Callable[[], object], token: str, rounds: int) -> tuple[float, float]:
    return in_turns(lambda: seconds([ours] * 400), lambda: seconds([partial(issuer.decode, token)] * 100), rounds)
