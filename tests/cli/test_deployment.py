"""`gatepost deployment`: which versions are called, and the way back to those before."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from local.stack import Stack
from tests.cli.account import NAME, Account, account_of, client_of
from tests.cli.support import Operator, serving

FUNCTIONS = (
    "AccountFunction",
    "AdminFunction",
    "MailerFunction",
    "FeedbackFunction",
    "EventsFunction",
    "KeysFunction",
    "SetupFunction",
)
MADE = datetime(2026, 11, 20, 12, tzinfo=UTC)
UPDATED = MADE + timedelta(days=1)


@pytest.fixture
def account(stack: Stack) -> Iterator[Account]:
    """A deployment in AWS, of which all functions but the setup function were updated a day after it was made."""
    with time_machine.travel(MADE, tick=False) as clock, account_of(stack) as account, account.put_back():
        clock.move_to(UPDATED + timedelta(minutes=1))
        for logical_id in FUNCTIONS[:-1]:
            publish(account, logical_id)
        _is(account, "UPDATE_COMPLETE")
        yield account
        for function in stack.template.functions.values():
            client_of("lambda").delete_function(FunctionName=function.name)
            client_of("logs").delete_log_group(logGroupName=f"/aws/lambda/{function.name}")
        client_of("iam").delete_role(RoleName="gatepost")
        mails = account.setting("MailerFunction", "CONFIGURATION_SET")
        client_of("sesv2").delete_configuration_set(ConfigurationSetName=mails)


@pytest.fixture
def operator(account: Account) -> Operator:
    """Who operates it."""
    return Operator(account.stack, ("--stack", NAME))


def publish(account: Account, logical_id: str, **settings: str) -> None:
    """Publish another version of a function, which has `settings` besides, and let its alias name it."""
    lambda_, name = client_of("lambda"), account.name(logical_id)
    variables = lambda_.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    lambda_.update_function_configuration(
        FunctionName=name,
        Description=str(datetime.now(UTC)),
        Environment={"Variables": variables | {f"GATEPOST_{setting}": value for setting, value in settings.items()}},
    )
    version = lambda_.publish_version(FunctionName=name)["Version"]
    lambda_.update_alias(FunctionName=name, Name="live", FunctionVersion=version)


def live(account: Account) -> dict[str, str]:
    lambda_ = client_of("lambda")
    return {
        logical_id: lambda_.get_alias(FunctionName=account.name(logical_id), Name="live")["FunctionVersion"]
        for logical_id in FUNCTIONS
    }


def _is(account: Account, status: str) -> None:
    """Let the stack have this status, and let it have been updated."""
    account.amend(
        "cloudformation.DescribeStacks",
        lambda answer: answer["Stacks"][0].update(StackStatus=status, CreationTime=MADE, LastUpdatedTime=UPDATED),
    )


def test_what_the_last_update_has_published_goes_back_and_nothing_else(account: Account, operator: Operator) -> None:
    told = {each["function"]: (each["live"], each["before"]) for each in operator.json("deployment", "versions")["functions"]}
    assert told == {**dict.fromkeys(FUNCTIONS[:-1], (2, 1)), "SetupFunction": (1, None)}

    assert "Let calls of 6 functions" in operator.run("deployment", "rollback", typed="n\n", code=1).stderr
    assert set(live(account).values()) == {"1", "2"}

    run = operator.run("deployment", "rollback", "--yes")
    assert "6 functions are back" in run.stderr
    assert set(live(account).values()) == {"1"}
    assert operator.refusal("deployment", "rollback", "--yes").startswith("No function was published since.")


def test_a_share_that_goes_to_another_version_ends(account: Account, operator: Operator) -> None:
    name = account.name("AccountFunction")
    weights = {"AdditionalVersionWeights": {"1": 0.9}}
    client_of("lambda").update_alias(FunctionName=name, Name="live", FunctionVersion="2", RoutingConfig=weights)
    operator.run("deployment", "rollback", "--yes")
    alias = client_of("lambda").get_alias(FunctionName=name, Name="live")
    assert alias["FunctionVersion"] == "1"
    assert not (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights")


def test_further_back_by_the_time(account: Account, operator: Operator) -> None:
    """What ran before a time, though several updates were since."""
    with time_machine.travel(UPDATED + timedelta(days=1), tick=False):
        publish(account, "AdminFunction")
    operator.run("deployment", "rollback", "--before", UPDATED.isoformat().replace("+00:00", "Z"), "--yes")
    assert set(live(account).values()) == {"1"}


@pytest.mark.parametrize(
    ("setting", "now", "before"),
    [
        ("SESSIONS_NOT_BEFORE", "1795781892", "(none)"),
        ("EDGE_SECRET_SHA256", "0" * 64, "(none)"),
        ("AUDIENCE", "https://other.example.com", "https://api.example.com"),
        ("USERS_TABLE", "gatepost-restored", "gatepost-local-UsersTable"),
    ],
)
def test_nothing_goes_back_where_a_setting_that_guards_would(
    account: Account, operator: Operator, setting: str, now: str, before: str
) -> None:
    """Sessions that a restore has ended would come alive, for example."""
    publish(account, "AdminFunction", **{setting: now})
    told = operator.refusal("deployment", "rollback", "--yes")
    assert f"GATEPOST_{setting}: {now} -> {before} (AdminFunction)" in told
    assert "docs/runbooks/bad-deploy.md" in told
    assert set(live(account).values()) == {"1", "2", "3"}


def test_other_settings_that_go_back_are_told(account: Account, operator: Operator) -> None:
    """A variable that says "none" is as good as none: newer code brings such."""
    settings = {"MAX_SESSIONS": "5", "SESSIONS_NOT_BEFORE": "0", "EDGE": "none", "EDGE_SECRET_SHA256": ""}
    for function in ("AccountFunction", "AdminFunction"):
        publish(account, function, **settings)
    run = operator.run("deployment", "rollback", "--yes")
    told = [line.strip() for line in run.stderr.splitlines() if " -> " in line]
    assert told == ["GATEPOST_MAX_SESSIONS: 5 -> (none) (AccountFunction, AdminFunction)"]
    assert set(live(account).values()) == {"1"}


def test_who_may_not_read_the_settings_takes_nothing_back(account: Account, operator: Operator) -> None:
    def sealed(answer: Any) -> None:
        answer["Environment"] = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "kms:Decrypt"}}

    account.amend("lambda.GetFunctionConfiguration", sealed)
    assert "kms:Decrypt" in operator.refusal("deployment", "rollback", "--yes", code=3)
    assert set(live(account).values()) == {"1", "2"}


@pytest.fixture
def deploying(account: Account) -> list[str]:
    """An update goes on, and CodeDeploy shifts the account and the admin function; what it's told to stop is in the list."""
    stopped: list[str] = []
    resource = account.answers["cloudformation.DescribeStackResource"]

    def describe(arguments: dict[str, Any]) -> Any:
        logical_id = arguments["LogicalResourceId"]
        if logical_id == "ServerlessDeploymentApplication" or logical_id.endswith("DeploymentGroup"):
            told = {"LogicalResourceId": logical_id, "PhysicalResourceId": f"{NAME}-{logical_id}-1A2B"}
            more = {"ResourceType": "x", "LastUpdatedTimestamp": MADE, "ResourceStatus": "CREATE_COMPLETE"}
            return {"StackResourceDetail": told | more}
        return resource(arguments)

    def going_on(arguments: dict[str, Any]) -> Any:
        assert arguments["applicationName"] == f"{NAME}-ServerlessDeploymentApplication-1A2B"
        function = arguments["deploymentGroupName"].removeprefix(f"{NAME}-").removesuffix("DeploymentGroup-1A2B")
        return {"deployments": [f"d-{function}"] if function in FUNCTIONS[:2] else []}

    def stop(arguments: dict[str, Any]) -> Any:
        assert arguments["autoRollbackEnabled"]
        stopped.append(arguments["deploymentId"])
        return {"status": "Pending"}

    account.answers |= {
        "cloudformation.DescribeStackResource": describe,
        "codedeploy.ListDeployments": going_on,
        "codedeploy.StopDeployment": stop,
    }
    _is(account, "UPDATE_IN_PROGRESS")
    return stopped


def test_an_update_that_goes_on_is_stopped_instead(account: Account, operator: Operator, deploying: list[str]) -> None:
    assert "Stop the update" in operator.run("deployment", "rollback", typed="n\n", code=1).stderr
    assert deploying == []
    assert "CloudFormation takes back the rest" in operator.run("deployment", "rollback", "--yes").stderr
    assert deploying == ["d-AccountFunction", "d-AdminFunction"]
    assert set(live(account).values()) == {"1", "2"}


def test_where_no_traffic_is_shifted_the_update_is_cancelled(
    account: Account, operator: Operator, deploying: list[str]
) -> None:
    cancelled = []

    def cancel(arguments: dict[str, Any]) -> Any:
        cancelled.append(arguments)
        return {}

    account.answers["codedeploy.ListDeployments"] = lambda _: {"deployments": []}
    account.answers["cloudformation.CancelUpdateStack"] = cancel
    assert "is cancelled" in operator.run("deployment", "rollback", "--yes").stderr
    assert cancelled == [{"StackName": NAME}]
    assert deploying == []


@pytest.mark.parametrize(
    ("status", "way_on"),
    [
        ("UPDATE_ROLLBACK_IN_PROGRESS", "wait for its end"),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "wait for its end"),
        ("ROLLBACK_IN_PROGRESS", "wait for its end"),
        ("UPDATE_ROLLBACK_FAILED", f"continue-update-rollback --stack-name {NAME}"),
        ("ROLLBACK_FAILED", f"delete-stack --stack-name {NAME}"),
        ("ROLLBACK_COMPLETE", f"delete-stack --stack-name {NAME}"),
    ],
)
def test_what_is_taken_back_already_is_left_alone(account: Account, operator: Operator, status: str, way_on: str) -> None:
    _is(account, status)
    told = operator.refusal("deployment", "rollback", "--yes")
    assert f"The stack is {status}" in told
    assert way_on in told
    assert ("wait" in told) == status.endswith("_IN_PROGRESS")
    assert set(live(account).values()) == {"1", "2"}


def test_a_local_stack_has_no_versions(stack: Stack) -> None:
    with serving(stack) as url:
        for command in ("versions", "rollback"):
            assert "has no versions" in Operator(stack, ("--local", url)).refusal("deployment", command)
