"""`gatepost --stack doctor`: a deployment that is well, and for each check one that isn't."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from cli.diagnosis.checks import ALL
from local.aws import embedded_aws
from local.seed import ensure_administrator
from local.stack import Stack
from tests.cli import faults_of_aws, faults_of_gatepost, well_too
from tests.cli.account import NAME, Account, account_of
from tests.cli.faults import Case
from tests.cli.support import Operator
from tests.support import PARAMETERS, PASSWORD, ROOT
from tools.doctor_table import PAGE

CASES = [*faults_of_aws.CASES, *faults_of_gatepost.CASES]


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


@pytest.mark.parametrize("case", well_too.CASES, ids=lambda case: f"{case.check}: {case.found}")
def test_what_is_well_too(account: Account, operator: Operator, case: Case) -> None:
    with account.put_back() as afterwards:
        case.fault(account, afterwards)
        (finding,) = operator.json("doctor", case.check)["checks"]
    assert finding["status"] == case.status
    assert case.found in finding["found"]
    assert not finding["remedy"]


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


def test_what_may_not_be_seen_is_not_checked_and_the_right_is_named(account: Account, operator: Operator) -> None:
    entrance = {"cloudformation.DescribeStackResource", "lambda.GetFunctionConfiguration", "sts.GetCallerIdentity"}
    with account.put_back():
        account.denied.update(account.asked.keys() - entrance)
        findings = operator.json("doctor")["checks"]
    assert {finding["status"] for finding in findings} == {"not_checked"}
    assert {finding["remedy"].split()[1] for finding in findings} <= _rights_of_the_page()


@pytest.mark.parametrize(
    ("operation", "check", "action"),
    [
        ("lambda.GetAccountSettings", "functions.concurrency", "lambda:GetAccountSettings"),
        ("sesv2.GetAccount", "mail.quota", "ses:GetAccount"),
        ("dynamodb.GetItem", "signing.ring", "dynamodb:GetItem"),
        ("dynamodb.Query", "outbox.unsent", "dynamodb:Query"),
    ],
)
def test_a_right_is_named_as_iam_does(account: Account, operator: Operator, operation: str, check: str, action: str) -> None:
    with account.put_back():
        account.denied.add(operation)
        (finding,) = operator.json("doctor", check)["checks"]
    assert (finding["status"], finding["remedy"]) == ("not_checked", f"Have {action} allowed to you.")


def test_a_right_that_aws_names_itself_is_the_one_that_is_missing(account: Account, operator: Operator) -> None:
    def refuse(_: Any) -> Any:
        said = "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: kms:Decrypt on the resource"
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": said}}, "GetItem")

    with account.put_back():
        account.answers["dynamodb.GetItem"] = refuse
        (finding,) = operator.json("doctor", "administrators.active")["checks"]
    assert finding["remedy"] == "Have kms:Decrypt allowed to you."


def test_what_aws_fails_to_answer_is_not_checked(account: Account, operator: Operator) -> None:
    def fail(_: Any) -> Any:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "DescribeTable")

    def disconnect(_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://email.eu-west-1.amazonaws.com")

    with account.put_back():
        account.answers |= {"dynamodb.DescribeTable": fail, "sesv2.GetAccount": disconnect}
        findings = operator.json("doctor", "tables.active", "mail.quota")["checks"]
    assert [finding["status"] for finding in findings] == ["not_checked", "not_checked"]
    assert "ThrottlingException" in findings[0]["found"]
    assert "email.eu-west-1" in findings[1]["found"]


def test_an_environment_that_may_not_be_read_names_the_right_to_its_key(account: Account, operator: Operator) -> None:
    with account.put_back():
        account.amend(
            "lambda.GetFunctionConfiguration",
            lambda answer: answer.update(Environment={"Error": {"ErrorCode": "AccessDeniedException", "Message": "no"}}),
        )
        (finding,) = operator.json("doctor", "mail.identity")["checks"]
        assert "kms:Decrypt" in operator.refusal("roles", "export", code=3)
    assert (finding["status"], finding["remedy"]) == ("not_checked", "Have kms:Decrypt allowed to you.")


def test_the_rights_that_the_page_names_are_those_that_are_asked_for(account: Account, operator: Operator) -> None:
    account.asked.clear()
    operator.run("doctor")
    asked = {operation.replace(".", ":").replace("sesv2:", "ses:") for operation in account.asked} - {"sts:GetCallerIdentity"}
    assert _rights_of_the_page() == asked | {"kms:Decrypt"}


def _rights_of_the_page() -> set[str]:
    return set(re.findall(r"`([a-z]+:[A-Za-z]+)`", PAGE.read_text("utf-8")))


def test_people_read_what_was_found_and_what_to_do(account: Account, operator: Operator) -> None:
    with account.put_back():
        account.set("AccountFunction", GATEPOST_AUDIENCE="", GATEPOST_AUDIT_RETENTION_DAYS="30")
        result = operator.run("doctor", "settings.audience", "settings.audit-retention", "signing.ring", code=1)
    first, remedy, *_ = result.stdout.splitlines()
    assert first.split() == [
        "problem",
        "settings.audience",
        *["No", "audience", "is", "set:", "an", "API", "has", "nothing", "to", "know", "its", "tokens", "by."],
    ]
    assert remedy.split()[:4] == ["→", "Set", "the", "parameter"]
    assert result.stderr.strip() == "1 ok, 1 warning, 1 problem, 0 not checked"


def test_a_finding_does_nothing_to_the_terminal(account: Account, operator: Operator) -> None:
    with account.put_back():
        account.set("AccountFunction", GATEPOST_ALLOWED_ORIGINS="https://a.example.com\x1b]0;owned\x07")
        assert "\x1b" not in operator.run("doctor", "settings.origins", code=1).stdout


def test_an_area_stands_for_its_checks(operator: Operator) -> None:
    names = [finding["name"] for finding in operator.json("doctor", "roles", "signing.ring")["checks"]]
    assert names == ["signing.ring", "roles.compiled", "roles.version"]


def test_the_list_names_all_checks_and_looks_at_nothing(account: Account, operator: Operator) -> None:
    account.asked.clear()
    lines = operator.run("doctor", "--list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [check.name for check in ALL]
    assert [each["question"] for each in operator.json("doctor", "--list")] == [check.question for check in ALL]
    assert not account.asked


def test_a_check_that_there_is_not_is_2(operator: Operator) -> None:
    assert "--list" in operator.run("doctor", "mails", code=2).stderr


def test_a_deployment_that_is_not_there_is_3(operator: Operator) -> None:
    assert "it doesn't exist" in operator.run("--stack", "other", "doctor", code=3).stderr
