"""No role may do everything, whether it's written or SAM adds it (CASES Z-19).

That the roles of functions allow what they need and nothing else is in test_least_privilege.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.resources import Resource, of_type

pytestmark = pytest.mark.deploy

_ACCOUNT = "${AWS::Partition}:%s:${AWS::Region}:${AWS::AccountId}:"
# What has a wildcard in it, and why nothing narrower could stand there.
WIDE = {
    "*": "X-Ray knows no resources",
    f"arn:{_ACCOUNT % 'ses'}identity/*": "in the sandbox, of the recipients too; the condition names the sender",
    "${OutboxTable.Arn}/stream/*": "ListStreams is of all streams of the table",
    f"arn:{_ACCOUNT % 'lambda'}function:${{AWS::StackName}}-*": "CodeDeploy shifts all functions of this stack",
    f"arn:{_ACCOUNT % 'lambda'}function:${{AWS::StackName}}:*": "the authorizer's, of which this stack is all there is",
    f"arn:{_ACCOUNT % 'cloudwatch'}alarm:*": "DescribeAlarms is of all alarms",
    "arn:${AWS::Partition}:s3:::*/CodeDeploy/*": "CloudFormation chooses the bucket",
}
LOGS = f"arn:{_ACCOUNT % 'logs'}log-group:/aws/lambda/${{AWS::StackName}}"
# The examples leave their roles to SAM, which gives them AWS's own right to write logs.
OF_AWS = {"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}
TYPES = ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


def statements() -> Iterator[tuple[Resource, dict[str, Any]]]:
    """Every statement of every role and policy."""
    for resource in of_type(*TYPES):
        for policy in (*resource.properties.get("Policies", ()), resource.properties):
            for statement in policy.get("PolicyDocument", {}).get("Statement", ()):
                yield resource, statement


def resources(statement: dict[str, Any]) -> Iterator[str]:
    """The resources of a statement that are written as text; the others name one of the template."""
    written = statement["Resource"]
    for each in written if isinstance(written, list) else [written]:
        text = each.get("Fn::Sub") if isinstance(each, dict) else each
        if text:
            yield text


def test_z19_nothing_wider_is_granted_than_what_can_be_named() -> None:
    found = {text for _, statement in statements() for text in resources(statement) if "*" in text}
    # The streams of one function's own log.
    assert {text for text in found if not (text.startswith(LOGS) and text.count("*") == 1)} == WIDE.keys()


def test_z19_x_ray_alone_has_rights_on_everything() -> None:
    for resource, statement in statements():
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in actions), str(resource)
        assert statement["Resource"] != "*" or all(action.startswith("xray:Put") for action in actions), str(resource)


def test_z19_no_role_but_those_of_examples_and_of_backups_has_a_policy_of_aws() -> None:
    """Those name no resources: SAM's own for a stream may read all streams of the account. AWS Backup's follows what AWS Backup
    does; one of ours that lacked something would be found in the night that a backup is needed.
    """
    own = {resource.logical_id for resource in of_type("AWS::IAM::ManagedPolicy")}
    for role in of_type("AWS::IAM::Role"):
        attached = role.properties.get("ManagedPolicyArns", [])
        if role.path.parent.name == "backup":
            assert [policy["Fn::Sub"].rpartition("/")[2] for policy in attached] == ["AWSBackupServiceRolePolicyForBackup"]
        elif "examples" not in role.path.parts:
            assert all(policy["Ref"] in own for policy in attached), str(role)
        else:
            assert set(attached) <= OF_AWS, str(role)


def test_z19_a_role_is_taken_on_by_one_service() -> None:
    for role in of_type("AWS::IAM::Role"):
        (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Effect"] == "Allow"
        assert statement["Principal"].keys() == {"Service"}
        services = statement["Principal"]["Service"]
        assert isinstance(services, str) or len(services) == 1, str(role)
