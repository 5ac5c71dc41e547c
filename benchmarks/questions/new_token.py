"""What does a decision cost on a token that the environment hasn't seen, beside what other verifiers take for it?"""

import json
from functools import partial

from benchmarks.figures import Figure
from benchmarks.issuer import AUDIENCE, Issuer, event, issuer
from benchmarks.measuring import in_turns, seconds
from benchmarks.node import node, version

_ROUNDS = 101
_TOKENS = 50  # a round
# Until Node's compiler has done what it will do.
_WARM_UP = 60
_WHAT = "a new RS256 token, verified"
_PYJWT = "PyJWT.decode with a key object"


def measure() -> list[Figure]:
    """Ask the built-in issuer, PyJWT, and aws-jwt-verify under Node."""
    with issuer() as running:
        settings = {"ISSUER": running.url, "AUDIENCE": AUDIENCE, "JWKS": json.dumps(running.jwks)}
        with node("new_token.js", settings) as program:
            for _ in range(_WARM_UP):
                program.ask(_tokens(running))
            ours, pyjwt, aws = in_turns(
                _ROUNDS,
                partial(_ours, running, _TOKENS),
                partial(_pyjwts, running, _TOKENS),
                lambda: float(program.ask(_tokens(running))),
            )
        return [
            Figure(_WHAT, ours, _PYJWT, pyjwt, at_most=0.6),
            Figure(_WHAT, ours, f"aws-jwt-verify, Node {version()}", aws, at_most=1.25),
            decision(running),
        ]


def verification(issuer: Issuer, rounds: int, tokens: int) -> Figure:
    """Verify new tokens and decode others, in turns: form, key, signature, claims, revocation."""
    ours, theirs = in_turns(rounds, partial(_ours, issuer, tokens), partial(_pyjwts, issuer, tokens))
    return Figure(_WHAT, ours, _PYJWT, theirs)


def decision(issuer: Issuer) -> Figure:
    """The same with the event, the rules and the answer."""
    ours, theirs = in_turns(
        _ROUNDS,
        lambda: seconds([partial(issuer.handler, event(issuer.token()), None) for _ in range(_TOKENS)]),
        partial(_pyjwts, issuer, _TOKENS),
    )
    return Figure("a new RS256 token, event to answer", ours, _PYJWT, theirs, at_most=1.0)


def _ours(issuer: Issuer, tokens: int) -> float:
    return seconds([partial(issuer.verify, issuer.token()) for _ in range(tokens)])


def _pyjwts(issuer: Issuer, tokens: int) -> float:
    return seconds([partial(issuer.decode, issuer.token()) for _ in range(tokens)])


def _tokens(issuer: Issuer) -> str:
    return " ".join(issuer.token() for _ in range(_TOKENS))
