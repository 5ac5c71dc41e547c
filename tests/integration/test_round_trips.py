"""How many calls to AWS a request waits for, one after the other (DESIGN: the budget in sequential round trips)."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from time_machine import Traveller

from local.stack import Stack
from tests.integration.aws_faults import Fault, faults, together
from tests.integration.flows import BY_NAME
from tests.support import Api

RESERVE = ["UpdateItem LIMIT#account ADD", "UpdateItem LIMIT#address ADD"]
REFUND = ["UpdateItem LIMIT#account DELETE", "UpdateItem LIMIT#address DELETE"]


@dataclass(frozen=True)
class Budget:
    """What a request calls, in waves: the calls of one wave are on their way at once."""

    flow: str
    waves: Sequence[Sequence[str]]


BUDGETS = [
    Budget("refresh", [["UpdateItem USER SET"], ["BatchGetItem"]]),
    Budget("log in", [["GetItem EMAIL", *RESERVE], ["BatchGetItem"], ["TransactWriteItems", *REFUND]]),
    Budget("ask for a code", [["GetItem EMAIL", "UpdateItem LIMIT#code_mail ADD"], ["TransactWriteItems"]]),
    Budget(
        "sign in with digits",
        [["GetItem EMAIL", *RESERVE], ["BatchGetItem", "UpdateItem EMAIL ADD"], ["TransactWriteItems", *REFUND]],
    ),
    Budget("sign in with a link", [["GetItem EMAIL"], ["BatchGetItem"], ["TransactWriteItems"]]),
    Budget("verify e-mail", [["BatchGetItem", *RESERVE], ["TransactWriteItems", *REFUND]]),
    Budget("reset password", [["BatchGetItem"], ["TransactWriteItems"]]),
    Budget("accept an invitation", [["BatchGetItem"], ["GetItem USER"], ["TransactWriteItems"]]),
    Budget("log out", [["TransactWriteItems"]]),
    Budget("read profile", [["BatchGetItem"]]),
    Budget("exchange an API key", [["BatchGetItem"], ["UpdateItem USER SET"]]),
    Budget("read profile by API key", [["BatchGetItem"]]),
    Budget("create an API key", [["BatchGetItem"], ["UpdateItem LIMIT#api_key_mail ADD"], ["TransactWriteItems"]]),
    Budget("list API keys", [["BatchGetItem"], ["BatchGetItem"]]),
    Budget("delete an API key", [["BatchGetItem"], ["TransactWriteItems"]]),
    Budget("rename", [["BatchGetItem"], ["TransactWriteItems"]]),
    Budget("read a role", [["BatchGetItem"], ["GetItem ROLES"]]),  # which has just changed
    Budget("read a user", [["BatchGetItem"], ["GetItem ROLES"], ["GetItem USER"]]),
    Budget("assign a role", [["BatchGetItem"], ["GetItem ROLES"], ["GetItem USER"], ["TransactWriteItems"]]),
    Budget("put a role", [["BatchGetItem"], ["GetItem ROLES"], ["TransactWriteItems"]]),
]


@pytest.mark.parametrize("budget", BUDGETS, ids=lambda budget: budget.flow)
def test_a_request_waits_for_no_more_calls_than_its_budget_allows(stack: Stack, clock: Traveller, budget: Budget) -> None:
    """The calls of a wave are held until all of it have begun: made one after the other, they'd wait for ever.

    So the number of waves is the number of sequential round trips, whatever the scheduling of the threads.
    """
    assert clock  # stands still, so that a warm process doesn't look for new keys meanwhile
    flow = BY_NAME[budget.flow]
    flow.prepare(Api(stack))()
    send = flow.prepare(Api(stack))
    held: dict[str, Fault] = {}
    for wave in budget.waves:
        held |= dict.fromkeys(wave, together(len(wave)))
    with faults(lambda attempt: held.get(attempt.what)) as attempts:
        assert send().status == flow.success
    assert sorted(attempt.what for attempt in attempts) == sorted(call for wave in budget.waves for call in wave)
