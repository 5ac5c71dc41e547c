"""How functions run: on what, for how long, behind an alias, and where what they couldn't do is kept (CASES Z-19, R-37)."""

import json
from collections.abc import Iterator

import pytest

from tests.deploy.resources import Resource, default, of_service, of_type

pytestmark = pytest.mark.deploy

# What API Gateway waits for at the most. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
GATEWAY_SECONDS = 30
ASKED_ASYNCHRONOUSLY = ("AWS::Events::Rule", "AWS::Scheduler::Schedule")
# They may name a function by its alias alone, so that an update reaches them as it reaches everybody.
CALLERS = (
    "AWS::ApiGatewayV2::Integration",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Permission",
    *ASKED_ASYNCHRONOUSLY,
    "Custom::FirstAdministrator",
    "Custom::SigningKeys",
)


def called_by(*types: str) -> Iterator[tuple[Resource, str]]:
    """Yield resources of the service, each with the logical id of a function whose alias it names."""
    for caller in of_service(*types).values():
        text = json.dumps(caller.properties)
        yield from ((caller, function) for function in of_service("AWS::Lambda::Function") if f'"{function}Aliaslive"' in text)


def test_every_function_runs_on_the_newest_python_and_on_arm_unless_it_is_told_otherwise() -> None:
    for function in of_type("AWS::Lambda::Function"):
        assert function.properties["Runtime"] == "python3.13"
        (architecture,) = function.properties["Architectures"]
        assert default(function.path, architecture) == "arm64", str(function)


def test_every_function_of_the_service_is_traced_and_logs_json_to_a_group_that_ends() -> None:
    groups = {json.dumps(group.properties["LogGroupName"]): group for group in of_service("AWS::Logs::LogGroup").values()}
    for logical_id, function in of_service("AWS::Lambda::Function").items():
        assert function.properties["TracingConfig"] == {"Mode": "Active"}
        assert function.properties["LoggingConfig"]["LogFormat"] == "JSON"
        assert json.dumps({"Fn::Sub": f"/aws/lambda/${{{logical_id}}}"}) in groups, logical_id


def test_what_the_gateway_calls_is_done_before_it_gives_up() -> None:
    called = {function for _, function in called_by("AWS::ApiGatewayV2::Integration")}
    assert called == {"AccountFunction", "AdminFunction"}
    for logical_id in called:
        assert of_service("AWS::Lambda::Function")[logical_id].properties["Timeout"] < GATEWAY_SECONDS


def test_r37_every_function_has_an_alias_that_updates_shift_and_alarms_shift_back() -> None:
    """But for the one that CloudFormation alone calls, which sees itself whether it worked."""
    aliases = {alias.logical_id: alias for alias in of_service("AWS::Lambda::Alias").values()}
    for logical_id in of_service("AWS::Lambda::Function"):
        alias = aliases[f"{logical_id}Aliaslive"]
        shifted = "CodeDeployLambdaAliasUpdate" in alias.written.get("UpdatePolicy", {})
        assert shifted == (logical_id != "SetupFunction"), logical_id
    for group in of_service("AWS::CodeDeploy::DeploymentGroup").values():
        assert group.properties["AlarmConfiguration"], str(group)
        assert "DEPLOYMENT_STOP_ON_ALARM" in group.properties["AutoRollbackConfiguration"]["Events"]


def test_r37_nothing_calls_a_function_but_by_its_alias() -> None:
    functions = of_service("AWS::Lambda::Function")
    for caller in of_service(*CALLERS).values():
        text = json.dumps(caller.properties)
        for function in functions:
            for other in (f'{{"Ref": "{function}"}}', f'["{function}", "Arn"]', f"${{{function}.Arn}}", f"${{{function}}}"):
                # EventInvokeConfig names the function, and beside it the alias.
                assert other not in text or caller.type == "AWS::Lambda::EventInvokeConfig", str(caller)


def test_r37_what_a_function_could_not_do_is_kept_where_nobody_waits_for_its_answer() -> None:
    functions = of_service("AWS::Lambda::Function")
    for caller, function in called_by(*ASKED_ASYNCHRONOUSLY):
        assert functions[function].properties["DeadLetterConfig"]["TargetArn"], str(caller)
    for source in of_service("AWS::Lambda::EventSourceMapping").values():
        assert source.properties["DestinationConfig"]["OnFailure"]["Destination"]
        assert source.properties["MaximumRetryAttempts"] >= 0
    for rule in of_service("AWS::Events::Rule").values():
        for target in rule.properties["Targets"]:
            assert target["DeadLetterConfig"]["Arn"], str(rule)


def test_r37_dead_letters_are_kept_for_two_weeks_and_an_alarm_tells_of_them() -> None:
    watched = json.dumps([alarm.properties["Dimensions"] for alarm in of_service("AWS::CloudWatch::Alarm").values()])
    for queue in of_service("AWS::SQS::Queue").values():
        assert queue.properties["MessageRetentionPeriod"] == 14 * 86_400
        assert f'["{queue.logical_id}", "QueueName"]' in watched, str(queue)


def test_the_functions_share_is_a_parameter() -> None:
    """CKV_AWS_115: how many environments a function has at the most is the account's matter, so it's asked."""
    for function in of_service("AWS::Lambda::Function").values():
        assert function.properties["ReservedConcurrentExecutions"]["Fn::If"], str(function)
