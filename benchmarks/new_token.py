"""What does a decision cost on a token that the environment hasn't seen, beside PyJWT's decoding of it?"""

from functools import partial

from benchmarks.issuer import Issuer, event
from benchmarks.measuring import Comparison, in_turns, seconds


def compare(issuer: Issuer, rounds: int = 21, tokens: int = 50) -> Comparison:
    """Verify new tokens and decode others, in turns: form, key, signature, claims, revocation."""
    ours, theirs = in_turns(
        lambda: seconds([partial(issuer.verify, issuer.token()) for _ in range(tokens)]),
        lambda: seconds([partial(issuer.decode, issuer.token()) for _ in range(tokens)]),
        rounds,
    )
    return Comparison("verification of a new token / PyJWT.decode", ours, theirs, at_most=1.0)


def compare_whole(issuer: Issuer, rounds: int = 21, tokens: int = 50) -> Comparison:
    """The same with the event, the rules and the answer."""
    ours, theirs = in_turns(
        lambda: seconds([partial(issuer.handler, event(issuer.token()), None) for _ in range(tokens)]),
        lambda: seconds([partial(issuer.decode, issuer.token()) for _ in range(tokens)]),
        rounds,
    )
    return Comparison("decision on a new token / PyJWT.decode", ours, theirs, at_most=1.0)
