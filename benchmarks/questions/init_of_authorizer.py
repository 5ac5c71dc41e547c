"""What does the authorizer's cold start take beside an authorizer of Powertools' JWT verifier?"""

from benchmarks import built, cold_starts
from benchmarks.figures import Figure
from benchmarks.issuer import event


def measure() -> list[Figure]:
    """Start both in turns, as built. The first event has no good token, so neither asks for keys."""
    goals = (0.7, 0.35)
    peer = built.peer("PowertoolsAuthorizer")
    return cold_starts.compare("authorizer", built.authorizer(), peer, event("none"), goals, trimmed=True)
