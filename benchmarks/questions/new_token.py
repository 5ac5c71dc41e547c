"""What does a decision cost on a token that the environment hasn't seen, beside PyJWT's decoding of it?"""

from functools import partial

from benchmarks.figures import Figure
from benchmarks.issuer import Issuer, event, issuer
from benchmarks.measuring import ROUNDS, in_turns, seconds

_TOKENS = 50  # a round


def measure() -> list[Figure]:
    """Ask the built-in issuer."""
    with issuer() as running:
        return [verification(running), decision(running)]


def verification(issuer: Issuer, rounds: int = ROUNDS, tokens: int = _TOKENS) -> Figure:
    """Verify new tokens and decode others, in turns: form, key, signature, claims, revocation."""
    ours, theirs = in_turns(
        rounds,
        lambda: seconds([partial(issuer.verify, issuer.token()) for _ in range(tokens)]),
        lambda: seconds([partial(issuer.decode, issuer.token()) for _ in range(tokens)]),
    )
    return Figure("a new RS256 token, verified", ours, "PyJWT.decode with a key object", theirs, at_most=0.6)


def decision(issuer: Issuer, rounds: int = ROUNDS, tokens: int = _TOKENS) -> Figure:
    """The same with the event, the rules and the answer."""
    ours, theirs = in_turns(
        rounds,
        lambda: seconds([partial(issuer.handler, event(issuer.token()), None) for _ in range(tokens)]),
        lambda: seconds([partial(issuer.decode, issuer.token()) for _ in range(tokens)]),
    )
    return Figure("a new RS256 token, event to answer", ours, "PyJWT.decode with a key object", theirs, at_most=1.0)
