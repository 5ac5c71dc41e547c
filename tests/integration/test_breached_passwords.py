"""A deployment that has new passwords looked up among breached ones: refused if listed, and taken if nobody can tell."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from unittest.mock import patch

import pytest
from time_machine import Traveller

from gatepost.credentials import breached_passwords
from local.events import Response
from local.stack import Stack
from tests.calls import measured
from tests.emf import Counted
from tests.integration.accounts import deployed_with, mailed_reset, new_user, outcome, reset, verify
from tests.integration.logs import captured_logs
from tests.range_server import Answer, RangeServer, knowing, respond, serve, sha1
from tests.support import PASSWORD, Api, new_email, problem

BREACHED = "a breached passphrase of this test"
GOOD = "a passphrase that nobody has lost"
FAILED, SKIPPED, REFUSED = "BreachedPasswordCheckFailed", "BreachedPasswordCheckSkipped", "BreachedPasswordRefused"
SUCCESSES = {"register": 202, "change": 204, "reset": 204}

Door = Callable[[str], Response]


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """So that a busy machine makes no test fail."""
    with patch.object(breached_passwords, "TIMEOUT", 30):
        yield


def doors(stack: Stack) -> dict[str, tuple[str, Door]]:
    """Return the member that each way to set a password takes it in, and the way itself."""
    user, email = new_user(stack), new_email()
    token = mailed_reset(user.api, user.email)
    return {
        "register": ("password", lambda password: Api(stack).register(email, password)),
        "change": ("new_password", lambda password: user.change_password(PASSWORD, password)),
        "reset": ("new_password", lambda password: reset(user.api, token, password)),
    }


@contextmanager
def asking(stack: Stack, answer: Answer) -> Iterator[RangeServer]:
    """Let the deployment ask a service that gives `answer`."""
    with serve(answer) as server, deployed_with(stack, breached_passwords_url=server.url):
        yield server


@pytest.mark.parametrize("door", SUCCESSES)
def test_a_breached_password_is_refused_wherever_one_is_set(stack: Stack, logged: Counted, door: str) -> None:
    """And a good one taken: asked once for each, and told no more than five characters."""
    member, send = doors(stack)[door]
    logged()
    with asking(stack, knowing(BREACHED)) as server, captured_logs() as lines:
        answer = send(BREACHED)
        assert problem(answer) == (422, "invalid_request")
        assert [error["field"] for error in answer.json()["errors"]] == [member]
        assert "breach" in answer.json()["errors"][0]["message"]
        assert logged() == [REFUSED]
        assert send(GOOD).status == SUCCESSES[door]
        assert logged() == []
        assert server.paths == [f"/range/{sha1(password)[:5]}" for password in (BREACHED, GOOD)]
    told = "\n".join(server.asked).upper()
    for password in (BREACHED, GOOD):
        assert sha1(password)[:6] not in told
        assert password.upper() not in told
        assert not any(sha1(password)[:5] in line for line in lines)


def test_what_the_local_rules_refuse_is_told_nobody(stack: Stack) -> None:
    with asking(stack, knowing()) as server:
        for password in ("x" * 11, "x" * 257, "password12345", "Gatepost-2026"):
            assert Api(stack).register(new_email(), password).status == 422
    assert server.asked == []


def test_no_other_call_asks(stack: Stack) -> None:
    """Also where the password was breached by now: whoever has it signs in with it."""
    email, api = new_email(), Api(stack)
    assert api.register(email, BREACHED).status == 202
    with asking(stack, knowing(BREACHED)) as server:
        assert verify(api, api.mailed_token(email), BREACHED).status == 200
        assert api.login(email, BREACHED).status == 200
        assert api.login(email, "x" + BREACHED).status == 401
        assert api.post("/password/forgot", {"email": email}).status == 202
        assert api.post("/resend-verification", {"email": email}).status == 202
    assert server.asked == []


def test_a_deployment_that_names_no_service_asks_nobody(stack: Stack, logged: Counted) -> None:
    with patch.object(HTTPConnection, "connect", side_effect=AssertionError):
        assert Api(stack).register(new_email(), BREACHED).status == 202
    assert logged() == []


@pytest.mark.parametrize("password", [BREACHED, GOOD])
def test_i04_known_and_unknown_addresses_are_looked_up_alike(stack: Stack, password: str) -> None:
    """The same answer, the same question, and no write before it."""
    known, outcomes = new_user(stack).email, []
    with asking(stack, knowing(BREACHED)) as server:
        Api(stack).register(new_email(), GOOD)  # makes the data key of the hour
        for email in (known, new_email()):
            server.asked.clear()
            answer, (calls, hashes) = measured(lambda: Api(stack).register(email, password))  # noqa: B023
            body = {name: value for name, value in answer.json().items() if name != "request_id"}
            outcomes.append((answer.status, body, calls, hashes, server.paths))
            assert server.paths == [f"/range/{sha1(password)[:5]}"]
            assert (not calls and not hashes) == (password == BREACHED)
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("door", SUCCESSES)
def test_a_service_that_is_down_keeps_nobody_from_setting_a_password(
    stack: Stack, clock: Traveller, logged: Counted, door: str
) -> None:
    """Not even a breached one, which our own list has let through: three failures, and a minute of nobody being asked."""

    def register() -> Response:
        return Api(stack).register(new_email(), BREACHED)

    _, send = doors(stack)[door]
    logged()
    with asking(stack, respond(b"", 500)) as server:
        assert send(BREACHED).status == SUCCESSES[door]
        assert [register().status for _ in range(4)] == [202] * 4
        assert logged() == [FAILED] * 3 + [SKIPPED] * 2
        assert len(server.asked) == 3
        server.answer = knowing(BREACHED)
        clock.shift(60)
        assert outcome(register()) == (422, "invalid_request")
        assert logged() == [REFUSED]


def test_where_nobody_listens_registration_goes_on(stack: Stack, logged: Counted) -> None:
    with serve(knowing()) as server:
        gone = server.url
    with deployed_with(stack, breached_passwords_url=gone):
        assert [Api(stack).register(new_email(), GOOD).status for _ in range(4)] == [202] * 4
    assert logged() == [FAILED] * 3 + [SKIPPED]


def test_a_service_that_never_answers_is_waited_for_three_times(stack: Stack, logged: Counted) -> None:

    def silent(_: BaseHTTPRequestHandler) -> None:
        server.closed.wait(30)

    with asking(stack, silent) as server, patch.object(breached_passwords, "TIMEOUT", 0.2):
        assert [Api(stack).register(new_email(), GOOD).status for _ in range(5)] == [202] * 5
        assert len(server.asked) == 3
        assert not server.closed.is_set()
    assert logged() == [FAILED] * 3 + [SKIPPED] * 2
