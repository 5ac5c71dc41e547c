"""What raises each alarm of the template, by the means that there are outside: requests, what AWS refuses, and time.

A driver does as much as leaves the alarm at rest (`below`), and then what raises it (`over`). An alarm that is new needs one in
`DRIVERS`, by its logical id. They work on a stack with these `PARAMETERS`.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from time_machine import Traveller

from gatepost import revocations as rules
from local import measuring
from local.stack import Stack
from tests.integration.accounts import WRONG, User, revocations
from tests.integration.aws_faults import Answer, Attempt, Fault, Send, always, broken, faults, throttled, times
from tests.integration.ses_feedback import bounce
from tests.support import PARAMETERS as SERVICE
from tests.support import Api, new_email

PARAMETERS = {
    **SERVICE,
    "AccountConcurrency": "1",
    "OtherConcurrency": "1",
    "AccountFailures": "3",
    "FailedSignInsPerFiveMinutes": "5",
    "LockedAccountsPerFiveMinutes": "2",
    "ReusedTokensPerFiveMinutes": "2",
    "BouncesPerHour": "3",
}
MINUTE, HOUR, DAY = 60, 3600, 86_400
_SLOW = 3.0  # seconds: SlowRequestMilliseconds


@dataclass
class World:
    """The service, its clock, and a user whose token is for the service itself."""

    stack: Stack
    clock: Traveller
    user: User

    def guess(self, email: str | None = None) -> int:
        """Try a wrong password, from an address of its own; return the status."""
        return Api(self.stack).login(email or new_email(), WRONG).status

    def unattended(self, function: str, event: Any) -> None:
        """Call a function as a schedule or EventBridge does."""
        self.stack.invoke_unattended(function, event)


Deed = Callable[[World], object]


@dataclass(frozen=True)
class Driver:
    """`below` leaves the alarm at rest, `over` raises it."""

    below: Deed
    over: Deed


def _register(world: World) -> None:
    assert Api(world.stack).register(new_email()).status == 202


# ---------------------------------------------------------------- functions

_REPLAY = {"operator": "local", "from_ms": 0, "to_ms": 1}
# What calls a function, and which call to AWS it makes then.
CALLS: Mapping[str, tuple[Deed, str]] = {
    "Account": (World.guess, "GetItem"),
    "Admin": (lambda world: world.user.api.call("GET", "/v1/admin/users", token=world.user.access_token), "BatchGetItem"),
    "Mailer": (lambda world: world.unattended("MailerFunction", {"gatepost": "sweep"}), "Query"),
    "Feedback": (lambda world: world.unattended("FeedbackFunction", bounce(new_email())), "BatchGetItem"),
    "Keys": (lambda world: world.unattended("KeysFunction", {"gatepost": "rotate"}), "GetItem"),
    "Events": (lambda world: world.unattended("EventsFunction", {"replay": _REPLAY}), "Query"),
}


def _failing(name: str) -> Driver:
    """DynamoDB fails, and with it the function, which nobody waits for."""
    call, operation = CALLS[name]

    def over(world: World) -> None:
        with faults(always(operation, broken)):
            call(world)

    return Driver(call, over)


def _timed_out(name: str) -> Driver:
    """A call to AWS takes so long that Lambda ends the function. All else that fails it answers itself, with a 5xx."""
    call, operation = CALLS[name]

    def waiting(world: World, seconds: float) -> None:
        with _stopwatch() as pass_by, faults(times(1, operation, lambda send: (pass_by(seconds), send())[1])):
            call(world)

    return Driver(lambda world: waiting(world, 20), lambda world: waiting(world, 20.1))


def _throttled(name: str) -> Driver:
    """The one environment is busy as another is wanted."""
    call, operation = CALLS[name]

    def over(world: World) -> None:
        busy, done = threading.Event(), threading.Event()

        def waiting(send: Send) -> Answer:
            busy.set()
            assert done.wait(60)
            return send()

        with faults(times(1, operation, waiting)):
            first = threading.Thread(target=call, args=(world,))
            first.start()
            assert busy.wait(60)
            call(world)
            done.set()
            first.join()

    return Driver(call, over)


def _slow(name: str) -> Driver:
    """AWS takes its time in three minutes, one after the other."""
    call, operation = CALLS[name]

    def minutes(world: World, number: int) -> None:
        with _stopwatch() as pass_by:
            for _ in range(number):
                world.clock.shift(MINUTE)
                with faults(times(1, operation, lambda send: (pass_by(_SLOW), send())[1])):
                    call(world)

    return Driver(lambda world: minutes(world, 2), lambda world: minutes(world, 3))


@contextmanager
def _stopwatch() -> Iterator[Callable[[float], None]]:
    """Stop the clock by which AWS measures, inside the block; yield what moves it on."""
    now = 0.0

    def pass_by(seconds: float) -> None:
        nonlocal now
        now += seconds

    with patch.object(measuring, "seconds", lambda: now):
        yield pass_by


def _poison(world: World) -> None:
    """A mail that SES takes at no try."""
    _register(world)
    with faults(always("None", broken)):
        world.stack.deliver()


# ---------------------------------------------------------------- what happens


def _several(number: int, deed: Deed) -> Driver:
    """The last of so many raises the alarm."""

    def below(world: World) -> None:
        for _ in range(number - 1):
            deed(world)

    return Driver(below, deed)


def _failed_by_storage(world: World) -> None:
    with faults(always("GetItem", broken)):
        assert world.guess() == 503


def _lock(world: World) -> None:
    """Guess at one account, also when that's refused already."""
    email = new_email()
    assert [world.guess(email) for _ in range(5)] == [401] * 3 + [429] * 2


def _reuse(world: World) -> None:
    """Present an old refresh token, after its grace."""
    user = world.user.login()
    user.refreshed()
    world.clock.shift(31)
    assert user.api.refresh(user.refresh_token).status == 401


def _revoked(world: World, beyond: int) -> None:
    """One session ends; the list takes as many as there are, less so many."""
    user = world.user.login()
    user.api.post("/logout", {"refresh_token": user.refresh_token})
    listed = revocations(user.api)
    with patch.object(rules, "MAX_ENTRIES", len(listed["sessions"]) + len(listed["users"]) - beyond):
        assert revocations(user.api)["complete"] is not bool(beyond)


def _refused(world: World, decide: Callable[[Attempt], Fault | None], status: int) -> None:
    """DynamoDB has no capacity for a sign-in."""
    with faults(decide):
        assert world.guess() == status


def _sign_in(world: World) -> None:
    world.user.login()


def _unpublished(world: World) -> None:
    """An event that the bus takes at no try."""
    _sign_in(world)
    with faults(always("PutEvents", broken)):
        world.stack.deliver()


def _late(world: World, seconds: int, deed: Deed = _register) -> None:
    """The stream delivers after so long what a deed leaves there, a mail or an event."""
    world.stack.deliver()
    deed(world)
    world.clock.shift(seconds)
    world.stack.deliver()


def _aged(world: World, days: int) -> None:
    """The hourly rotation, after days in which no new key could be made."""
    CALLS["Keys"][0](world)
    world.clock.shift(days * DAY)
    with faults(always("Encrypt", broken)):
        CALLS["Keys"][0](world)


DRIVERS: dict[str, Driver] = {
    **{f"{name}Errors": _timed_out(name) if name in ("Account", "Admin") else _failing(name) for name in CALLS},
    **{f"{name}Throttles": _throttled(name) for name in CALLS},
    "AccountSlow": _slow("Account"),
    "AdminSlow": _slow("Admin"),
    "ApiErrors": _several(3, _failed_by_storage),
    "RequestsFailing": _several(3, _failed_by_storage),
    "ApiSlow": _slow("Account"),
    "MailerDeadLettersArrived": Driver(lambda world: _late(world, 0), _poison),
    "EventsDeadLettersArrived": Driver(lambda world: _late(world, 0, _sign_in), _unpublished),
    "FeedbackDeadLettersArrived": _failing("Feedback"),
    "KeysDeadLettersArrived": _failing("Keys"),
    "SignInsFailing": _several(5, World.guess),
    "AccountsLocked": _several(2, _lock),
    "RefreshTokensReused": _several(2, _reuse),
    "RevocationsIncomplete": Driver(lambda world: _revoked(world, 0), lambda world: _revoked(world, 1)),
    "TablesThrottled": Driver(
        lambda world: _refused(world, times(1, "GetItem", throttled), 401),
        lambda world: _refused(world, always("GetItem", throttled), 503),
    ),
    "MailerBehind": Driver(lambda world: _late(world, 119), lambda world: _late(world, 120)),
    "EventsBehind": Driver(lambda world: _late(world, 299, _sign_in), lambda world: _late(world, 300, _sign_in)),
    "MailBouncing": _several(3, CALLS["Feedback"][0]),
    "SigningKeyOld": Driver(lambda world: _aged(world, 29), lambda world: _aged(world, 3)),
}
