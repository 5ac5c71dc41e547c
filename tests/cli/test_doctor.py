"""`gatepost --stack doctor`: a deployment that is well, and for each check one that isn't."""

from collections.abc import Iterator
from functools import partial

import pytest

from cli.diagnosis.checks import ALL
from local.aws import embedded_aws
from local.seed import ensure_administrator
from local.stack import Stack
from tests.cli.account import NAME, Account, account_of
from tests.cli.fault_cases import CASES
from tests.cli.faults import Case
from tests.cli.support import Operator
from tests.support import PARAMETERS, PASSWORD, ROOT


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """An account with a deployment that is well."""
    prepare = partial(ensure_administrator, password=PASSWORD)
    with (
        embedded_aws() as mailbox,
        Stack(ROOT / "template.yaml", mailbox, parameters=PARAMETERS, prepare=prepare) as stack,
        account_of(stack) as made,
    ):
        yield made


@pytest.fixture
def operator(account: Account) -> Operator:
    """Who operates it."""
    return Operator(account.stack, ("--stack", NAME))


def test_a_deployment_that_is_well(operator: Operator) -> None:
    findings = operator.json("doctor")["checks"]
    assert [finding["name"] for finding in findings] == [check.name for check in ALL]
    assert [finding for finding in findings if finding["status"] != "ok"] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check}: {case.found}")
def test_a_fault_is_found_and_said_how_to_mend(account: Account, operator: Operator, case: Case) -> None:
    with account.put_back() as afterwards:
        case.fault(account, afterwards)
        (finding,) = operator.json("doctor", case.check, code=1 if case.status == "problem" else 0)["checks"]
    assert (finding["name"], finding["status"]) == (case.check, case.status)
    assert case.found in finding["found"]
    assert finding["remedy"]


def test_there_is_a_fault_for_each_check() -> None:
    assert {case.check for case in CASES} == {check.name for check in ALL}
