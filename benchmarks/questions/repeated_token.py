"""What does a token cost that the environment has verified before, beside a cache for Node and PyJWT's decoding? And what
do tokens leave behind?
"""

import tracemalloc
from collections.abc import Callable
from functools import partial

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.figures import Figure
from benchmarks.issuer import AUDIENCE, Issuer, event, issuer
from benchmarks.measuring import in_turns, seconds
from benchmarks.node import node, version

_ROUNDS = 101
_WARM_UP = 10
_WHAT = "a token seen before, verified"
_PYJWT = "PyJWT.decode with a key object"
_REMEMBERED = 1000


def measure() -> list[Figure]:
    """Ask the built-in issuer, fast-jwt under Node, and PyJWT."""
    with issuer() as running:
        token = running.token()
        key = running.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with node("seen_token.js", {"ISSUER": running.url, "AUDIENCE": AUDIENCE, "PUBLIC_KEY": key}) as program:
            for _ in range(_WARM_UP):
                program.ask(token)
            ours, fast = in_turns(_ROUNDS, partial(_ours, running.verify, token), lambda: float(program.ask(token)))
        return [
            Figure(_WHAT, ours, f"fast-jwt's cache, Node {version()}", fast, at_most=0.5),
            verification(running, _ROUNDS),
            decision(running),
            memory(running),
        ]


def verification(issuer: Issuer, rounds: int) -> Figure:
    """Verify and decode the same token again and again, in turns: its time, its key, and the revocation list."""
    token = issuer.token()
    ours, theirs = in_turns(rounds, partial(_ours, issuer.verify, token), partial(_pyjwts, issuer, token))
    return Figure(_WHAT, ours, _PYJWT, theirs, at_most=0.1)


def decision(issuer: Issuer) -> Figure:
    """The same with what is new in every call: its event, the rules, and the answer."""
    token = issuer.token()
    ours, theirs = in_turns(
        _ROUNDS, partial(_ours, lambda _: issuer.handler(event(token), None), token), partial(_pyjwts, issuer, token)
    )
    return Figure("a token seen before, event to answer", ours, _PYJWT, theirs)


def memory(issuer: Issuer) -> Figure:
    """What four times as many tokens as are remembered take, beside as many as are."""
    tracemalloc.start()
    try:
        kept = []
        for tokens in (_REMEMBERED, 3 * _REMEMBERED):
            for _ in range(tokens):
                issuer.verify(issuer.token())
            kept.append(tracemalloc.get_traced_memory()[0] / 1e6)
    finally:
        tracemalloc.stop()
    once, often = kept
    return Figure("memory after 4,000 tokens", [often], "after 1,000", [once], at_most=1.05, unit="MB")


def _ours(verify: Callable[[str], object], token: str) -> float:
    verify(token)
    return seconds([partial(verify, token)] * 400)


def _pyjwts(issuer: Issuer, token: str) -> float:
    return seconds([partial(issuer.decode, token)] * 100)
