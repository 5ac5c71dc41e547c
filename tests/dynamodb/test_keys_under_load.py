"""R-24, R-23: the keys rotate, and one is removed, while 40 threads sign and verify."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest.mock import patch

import jwt
import pytest
import time_machine
from time_machine import Traveller

from gatepost.credentials.passwords import hash_password
from gatepost.signing.ring import PUBLISHED_BEFORE_USE
from gatepost.signing.signer import RING_MAX_AGE
from gatepost.storage.table import Database
from gatepost_verifier import LEEWAY, KeySource, VerificationError, Verifier
from local.functions import LambdaFunction
from local.model import Function
from local.stack import Stack
from tests.dynamodb.support import write_user
from tests.dynamodb.test_key_ring_races import published, remove, ring, rotate
from tests.issuer import reachable
from tests.support import AUDIENCE, ISSUER, PASSWORD, Api, new_email

pytestmark = pytest.mark.dynamodb

THREADS, PROCESSES = 40, 4
DAY = 86_400
# Seconds between the moments at which all threads sign and verify. A rotation is at the first: for a minute the retired key
# signs, until 990 s its tokens are good, and after 1,050 s it's dropped, at the last.
MOMENTS = [0, 20, 20, 19, 2, 300, 540, 88, 61]


@dataclass
class Client:
    """A user of one warm process of the service, and an API that takes their tokens."""

    api: Api
    signed_in: dict[str, Any]
    verifier: Verifier
    tokens: list[str] = field(default_factory=list)

    @property
    def kid(self) -> str:
        """The key of the newest token."""
        return kid_of(self.signed_in["access_token"])

    def refresh(self) -> int:
        """Get a new token; return the status of the answer."""
        answer = self.api.refresh(self.signed_in["refresh_token"])
        if answer.status == 200:
            self.signed_in = answer.json()
        return answer.status

    def sign_and_verify(self) -> list[str]:
        """Get a new token, and have it and the oldest one that is good verified; return what went wrong."""
        if (status := self.refresh()) != 200:
            return [f"a refresh was answered {status}"]
        self.tokens.append(self.signed_in["access_token"])
        problems = [problem for token in (self.tokens[0], self.tokens[-1]) if (problem := self._problem(token))]
        if (status := self.api.me(self.tokens[-1]).status) != 200:
            problems.append(f"a token was answered {status}")
        self.tokens = [token for token in self.tokens if good_until(token) > time.time()]
        return problems

    def _problem(self, token: str) -> str | None:
        try:
            self.verifier.verify(token)
        except VerificationError as error:
            # It may have expired while it was looked at.
            return f"{type(error).__name__} of {kid_of(token)}" if time.time() < good_until(token) else None
        return None


def kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def good_until(token: str) -> float:
    return float(jwt.decode(token, options={"verify_signature": False})["exp"]) + LEEWAY


class Processes(LambdaFunction):
    """Warm processes of one function, each with a memory of its own, that are called in turn."""

    def __init__(self, function: Function) -> None:
        super().__init__(function)
        self._turns = itertools.cycle([LambdaFunction(function) for _ in range(PROCESSES)])

    def invoke(self, event: Any) -> Any:
        """Call the next one."""
        return next(self._turns).invoke(event)


@pytest.fixture
def clients(new_stack: Stack, db: Database) -> Iterator[list[Client]]:
    """As many as there are threads."""
    stored, clients = hash_password(PASSWORD), []
    processes = Processes(new_stack.functions["AccountFunction"].definition)
    with patch.dict(new_stack.functions, {"AccountFunction": processes}), reachable(new_stack):
        for _ in range(THREADS):
            api, email = Api(new_stack), new_email()
            write_user(db, api, email, stored=stored)
            keys = KeySource(ISSUER, clock=time.time)
            clients.append(Client(api, api.login(email).json(), Verifier(issuer=ISSUER, audience=AUDIENCE, keys=keys.get)))
        yield clients


def ask(stack: Stack, request: str) -> None:
    """Ask for a rotation, as the admin function does."""
    asked_by = {"actor_id": "0" * 32, "ip": "", "user_agent": "a test", "request_id": request}
    assert stack.functions["KeysFunction"].invoke({"asked_by": asked_by}) == {"refused": None}


def at_each_moment(clients: list[Client], clock: Traveller, meanwhile: Mapping[int, Callable[[], object]]) -> Iterator[int]:
    """Let all clients sign and verify at once, at each of the moments, and do something `meanwhile` at some of them; yield
    how many problems there were.
    """
    with ThreadPoolExecutor(THREADS + 1) as threads:
        for moment, seconds in enumerate(MOMENTS):
            clock.shift(seconds)
            other = threads.submit(meanwhile.get(moment, lambda: None))
            calls = [threads.submit(client.sign_and_verify) for client in clients]
            problems = [problem for call in calls for problem in call.result()]
            other.result()
            assert not problems, f"at moment {moment}"
            yield moment


def test_r24_while_the_keys_rotate_40_threads_sign_and_verify_without_a_failure(
    new_stack: Stack, db: Database, clients: list[Client]
) -> None:
    """The retired key signs for a minute, verifies for as long as a token lives, and is dropped; all that while they call."""
    signed_by: set[str] = set()
    with time_machine.travel(time.time()) as clock:
        for number in range(2):
            clock.shift(PUBLISHED_BEFORE_USE)
            for client in clients:
                client.tokens.clear()
            before = ring(db, new_stack)
            rotation = {0: partial(ask, new_stack, f"request {number}"), len(MOMENTS) - 1: partial(rotate, new_stack)}
            for _ in at_each_moment(clients, clock, rotation):
                in_use = {kid_of(token) for client in clients for token in client.tokens}
                assert in_use <= published(new_stack)
                signed_by |= in_use
            after = ring(db, new_stack)
            assert [key.state for key in before.keys] == [key.state for key in after.keys] == ["signing", "standby"]
            assert after.keys[0].kid == before.keys[1].kid
    assert len(signed_by) == 3


def test_z15_while_the_key_that_signs_is_removed_40_threads_go_on_by_the_next(
    new_stack: Stack, db: Database, clients: list[Client]
) -> None:
    """Tokens by the removed key are refused after a minute, and whoever refreshes has another: nobody is signed out."""
    stolen = ring(db, new_stack).keys[0].kid
    with time_machine.travel(time.time() + DAY) as clock, ThreadPoolExecutor(THREADS) as threads:
        removal = threads.submit(remove, new_stack, stolen)
        answers = list(threads.map(Client.refresh, clients))
        assert removal.result() == {"refused": None}
        clock.shift(RING_MAX_AGE)
        assert {client.api.me(client.signed_in["access_token"]).status for client in clients if client.kid == stolen} <= {401}
        answers += list(threads.map(Client.refresh, clients))
        assert set(answers) == {200}
        assert {client.kid for client in clients} == {ring(db, new_stack).keys[0].kid}
        assert not [problem for problems in threads.map(Client.sign_and_verify, clients) for problem in problems]
