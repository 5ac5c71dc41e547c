"""What does the account API's cold start take beside an auth API as tutorials write it?"""

from benchmarks import built, cold_starts
from benchmarks.figures import Figure
from benchmarks.requests import request


def measure() -> list[Figure]:
    """Start both in turns, as built. The first event asks for their health, which asks nobody."""
    goals = (0.55, 0.30)
    peer = built.peer("TutorialApi")
    return cold_starts.compare("account API", built.account(), peer, request("GET", "/health"), goals, trimmed=False)
