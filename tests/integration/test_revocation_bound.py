"""From the end of a session to the last call that it is good for: measured with the account function behind HTTP."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from unittest.mock import patch

import pytest

from benchmarks.issuer import event
from functions.account.routes.public import _REVOCATIONS_MAX_AGE as HTTP_MAX_AGE
from gatepost_verifier import KeySource, RevocationSource, TokenRevoked, Verifier
from gatepost_verifier.download import Answer, download
from gatepost_verifier.revocations import TIMEOUT
from local.functions import LambdaFunction
from local.stack import Stack
from local.template import read_template
from tests.integration.accounts import User, deployed_with, new_user
from tests.integration.test_revocation_list import ENDS
from tests.issuer import served
from tests.support import AUDIENCE, ROOT
from tests.unit.verifier.stopped_clock import Clock

STEP = 0.25  # seconds
PATH = "/.well-known/gatepost/revocations"


@dataclass
class HttpCache:
    """A cache between verifiers and the service that keeps the list for as long as it may (RFC 9111 section 4.2)."""

    clock: Clock
    kept: dict[str, tuple[Answer, float]] = field(default_factory=dict)

    def download(self, url: str, *, max_bytes: int, etag: str | None = None) -> Answer:
        """Answer from the cache what is fresh, the rest from the service."""
        answer, since = self.kept.get(url, (None, 0.0))
        if answer is None or self.clock.now - since >= HTTP_MAX_AGE or not url.endswith(PATH):
            answer = download(url, max_bytes=max_bytes)
            self.kept[url] = answer, self.clock.now
        return Answer(None, etag) if etag is not None and etag == answer.etag else answer


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes on the injected clock alone, however busy this machine is."""
    for bound in ("download.PATIENCE", "key_source.TIMEOUT", "revocations.TIMEOUT"):
        monkeypatch.setattr(f"gatepost_verifier.{bound}", 60.0)


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[str, Stack]]:
    with served() as running:
        yield running


def _end_by_theft(user: User) -> None:
    """Present a refresh token after the grace of its successor is over."""
    user.refreshed()
    with patch("gatepost.refresh.GRACE_MS", 0):
        assert user.api.refresh(user.refresh_token).status == 401


def _end_by_displacement(user: User) -> None:
    with deployed_with(user.api.stack, max_sessions="1"):
        user.login()


ACTIONS: dict[str, Callable[[User], None]] = {
    **{name: end for name, (end, _) in ENDS.items()},
    "reuse of a refresh token": _end_by_theft,
    "one session too many": _end_by_displacement,
}


def measure(service: tuple[str, Stack], end: Callable[[User], None], max_age: int, late: float) -> float:
    """Seconds from `end` until the user's token is refused, where the verifier first looks `late` seconds after it."""
    issuer, stack = service
    user, bystander = new_user(stack), new_user(stack)
    clock = Clock()
    cache = HttpCache(clock)
    with patch("gatepost_verifier.documents.download", cache.download):
        verifier = Verifier(
            issuer=issuer,
            audience=AUDIENCE,
            keys=KeySource(issuer, clock=clock).get,
            revocations=RevocationSource(issuer, max_age=max_age, clock=clock),
            clock=lambda: time.time() + clock.now,
        )
        # Somebody else's verifier just filled the HTTP cache.
        cache.download(issuer + PATH, max_bytes=10**6)
        if late == 0:
            assert verifier.verify(user.access_token).sub == user.id
        end(user)
        clock.now = late
        while True:
            assert verifier.verify(bystander.access_token).sub == bystander.id
            try:
                verifier.verify(user.access_token)
            except TokenRevoked:
                break
            clock.now += STEP
        refused_after = clock.now
        # And for good.
        for _ in range(8):
            clock.now += max_age / 3
            with pytest.raises(TokenRevoked):
                verifier.verify(user.access_token)
    return refused_after


@pytest.mark.parametrize("max_age", [1, 10, 60])
def test_a_sign_out_is_refused_everywhere_within_the_bound(service: tuple[str, Stack], max_age: int) -> None:
    """HTTP max-age + max age + timeout, wherever in these the verifier looks first."""
    latenesses = (0, STEP, HTTP_MAX_AGE / 2, HTTP_MAX_AGE - STEP, HTTP_MAX_AGE)
    measured = [measure(service, ACTIONS["sign-out"], max_age, late) for late in latenesses]
    sys.stdout.write(f"\nmax age {max_age} s: a sign-out is refused after {max(measured)} s at the latest\n")
    assert max(measured) <= HTTP_MAX_AGE + max_age + TIMEOUT
    # The cache's copy is taken in its last moment, so the bound is no wider than it needs to be.
    assert max(measured) >= HTTP_MAX_AGE + max_age - 2 * STEP


@pytest.mark.parametrize("action", ACTIONS)
def test_whatever_ends_a_session_or_changes_a_users_rights_is_refused_within_the_bound(
    service: tuple[str, Stack], action: str
) -> None:
    measured = measure(service, ACTIONS[action], 10, HTTP_MAX_AGE - STEP)
    sys.stdout.write(f"\n{action}: refused after {measured} s\n")
    assert measured <= HTTP_MAX_AGE + 10 + TIMEOUT


def test_the_authorizer_as_it_is_deployed_refuses_it(service: tuple[str, Stack]) -> None:
    """With the settings of the example, in an environment that starts after the sign-out."""
    issuer, stack = service
    user, bystander = new_user(stack), new_user(stack)
    ACTIONS["sign-out"](user)
    parameters = {"Issuer": issuer, "Audience": AUDIENCE}
    example = read_template(ROOT / "examples" / "orders" / "template.yaml", "orders", parameters)
    authorizer = LambdaFunction(example.functions["AuthorizerFunction"])
    assert authorizer.invoke(event(bystander.access_token, "/me"))["isAuthorized"] is True
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorizer.invoke(event(user.access_token, "/me"))
