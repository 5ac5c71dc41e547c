"""What each operation costs: calls to DynamoDB, how many one after the other, and capacity. Shown by `pytest -s` as a table."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine

from local.events import Response
from local.stack import Stack
from tests.integration.flows import FLOWS, Flow
from tests.integration.trips import Cost, measured
from tests.support import Api, new_email


def _refused(known: bool, times: int = 0) -> Callable[[Api], Callable[[], Response]]:
    def prepare(api: Api) -> Callable[[], Response]:
        email = new_email()
        if known:
            api.sign_up(email)
        for _ in range(times):
            api.login(email, "not the password")
        return lambda: api.login(email, "not the password")

    return prepare


def _grace(api: Api) -> Callable[[], Response]:
    token = api.sign_up()["refresh_token"]
    api.refresh(token)
    return lambda: api.refresh(token)


def _forgot_unknown(api: Api) -> Callable[[], Response]:
    email = new_email()
    return lambda: api.post("/password/forgot", {"email": email})


MORE = [
    Flow("log in, wrong password", 401, _refused(known=True)),
    Flow("log in, unknown address", 401, _refused(known=False)),
    Flow("log in, limited", 429, _refused(known=True, times=10)),
    Flow("refresh within the grace", 200, _grace),
    Flow("forgot password, unknown address", 202, _forgot_unknown),
]
# The promise, in sequential round trips (DESIGN).
BUDGETS = {
    "log in": 3,
    "log in, wrong password": 3,
    "log in, unknown address": 3,
    "log in, limited": 3,
    "refresh": 2,
    "refresh by cookie": 2,
    "refresh within the grace": 2,
    "verify e-mail": 2,
    "reset password": 2,
    "exchange an API key": 2,
}


@pytest.fixture(scope="module")
def costs(stack: Stack) -> dict[str, Cost]:
    """What each operation costs in a warm process."""
    found = {}
    # The clock stands still, so that nothing is looked up anew in between.
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False):
        for flow in [*FLOWS, *MORE]:
            flow.prepare(Api(stack))()
            send = flow.prepare(Api(stack))
            with measured() as cost:
                assert send().status == flow.success, flow.name
            found[flow.name] = cost
    return found


def test_sign_in_takes_three_refresh_and_one_time_tokens_two_sequential_round_trips(
    costs: dict[str, Cost], capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\n\n{'operation':34} {'calls':>5} {'trips':>5} {'write units':>11} {'read units':>10}   of which")  # noqa: T201
        for name, cost in costs.items():
            figures = f"{len(cost.spans):5} {cost.sequential:5} {cost.writes:11g} {cost.reads:10g}"
            print(f"{name:34} {figures}   {cost.names}")  # noqa: T201
        print("A mail that is to be sent costs one write unit more, of the index of the unsent; an event two, of its")  # noqa: T201
        print("indexes, and a third if it has an actor.\n")  # noqa: T201
    over = {name: costs[name].sequential for name, budget in BUDGETS.items() if costs[name].sequential > budget}
    assert over == {}


def test_i04_known_and_unknown_addresses_cost_the_same(costs: dict[str, Cost]) -> None:
    for known, unknown in (
        ("log in, wrong password", "log in, unknown address"),
        ("forgot password", "forgot password, unknown address"),
    ):
        one, other = costs[known], costs[unknown]
        assert (one.names, one.sequential, one.writes, one.reads) == (other.names, other.sequential, other.writes, other.reads)


def test_a_transaction_of_one_small_item_costs_two_units_and_a_read_of_one_costs_one(costs: dict[str, Cost]) -> None:
    """The figures are what they seem: `rename` reads user, session and the version of the roles, and writes
    the user and an event.
    """
    rename = costs["rename"]
    assert (len(rename.spans), rename.sequential, rename.writes, rename.reads) == (2, 2, 4, 3)


def test_calls_that_do_not_wait_for_each_other_overlap(stack: Stack, clock: time_machine.Traveller) -> None:
    """The measure itself: three calls of one wave are one trip, two waves are two."""
    assert clock
    send = next(flow for flow in FLOWS if flow.name == "verify e-mail").prepare(Api(stack))
    with measured() as cost:
        assert send().status == 200
    assert (len(cost.spans), cost.sequential) == (6, 2)
    first, second = sorted(cost.spans)[:3], sorted(cost.spans)[3:]
    assert max(start for start, _ in first) < min(end for _, end in first) < min(start for start, _ in second)
    assert max(start for start, _ in second) < min(end for _, end in second)
