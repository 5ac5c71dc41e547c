"""The transformed templates, created as stacks: the service with the parameters of each deployment and with every option, and
what stands beside it. By moto, which refuses some of what AWS would, and shows what there is afterwards.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from tests.deploy import deployments
from tests.deploy.cloudformation import CreatedStack, created, unknown_types
from tests.deploy.transformation import Document, transformed
from tests.support import ROOT

pytestmark = pytest.mark.deploy

# Stand-ins take their places. What moto learns leaves this list, what is new and unknown joins it knowingly.
UNKNOWN_TO_MOTO = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::AppConfig::Application",
    "AWS::AppConfig::ConfigurationProfile",
    "AWS::AppConfig::HostedConfigurationVersion",
    "AWS::CloudWatch::Alarm",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::Events::EventBusPolicy",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::SES::ConfigurationSet",
    "AWS::SES::ConfigurationSetEventDestination",
    "AWS::SES::EmailIdentity",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
}


@dataclass(frozen=True)
class Deployment:
    """A deployment of samconfig.toml that was created."""

    document: Document
    stack: CreatedStack

    def of_type(self, type_: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield physical id and properties, as they're written, of the resources of this type that were made."""
        for logical_id, resource in self.document["Resources"].items():
            if resource["Type"] == type_ and logical_id in self.stack.physical_ids:
                yield self.stack.physical_ids[logical_id], resource["Properties"]


@pytest.fixture(scope="module", params=deployments.NAMES)
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    parameters = deployments.parameters(request.param)
    document = transformed(ROOT / "template.yaml", **parameters)
    with created(document, deployments.stack_name(request.param), parameters) as stack:
        yield Deployment(document, stack)


def test_all_types_are_created_but_these() -> None:
    documents = (transformed(ROOT / "template.yaml", **deployments.parameters(name)) for name in deployments.NAMES)
    assert set().union(*map(unknown_types, documents)) == UNKNOWN_TO_MOTO


def test_the_stack_is_complete_and_all_outputs_have_values(deployment: Deployment) -> None:
    assert deployment.stack.status == "CREATE_COMPLETE"
    unconditional = {name for name, output in deployment.document["Outputs"].items() if "Condition" not in output}
    assert unconditional <= deployment.stack.outputs.keys()
    assert all(resolved(value) for value in deployment.stack.outputs.values())


def test_tables_are_as_declared(deployment: Deployment) -> None:
    dynamodb = boto3.client("dynamodb")
    tables = list(deployment.of_type("AWS::DynamoDB::Table"))
    assert tables
    for name, declared in tables:
        table = dynamodb.describe_table(TableName=name)["Table"]
        assert table["KeySchema"] == declared["KeySchema"]
        indexes = {index["IndexName"]: index["KeySchema"] for index in table.get("GlobalSecondaryIndexes", ())}
        assert indexes == {index["IndexName"]: index["KeySchema"] for index in declared.get("GlobalSecondaryIndexes", ())}
        streams = [each.get("StreamSpecification", {}).get("StreamViewType") for each in (table, declared)]
        assert streams[0] == streams[1]


def test_queues_keep_what_they_get_and_encrypt_it(deployment: Deployment) -> None:
    sqs = boto3.client("sqs")
    queues = list(deployment.of_type("AWS::SQS::Queue"))
    assert queues
    for url, declared in queues:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert attributes["MessageRetentionPeriod"] == str(declared["MessageRetentionPeriod"])
        assert attributes.get("SqsManagedSseEnabled") == "true" or attributes["KmsMasterKeyId"]


def test_functions_have_their_roles_and_their_environment(deployment: Deployment) -> None:
    functions, iam = boto3.client("lambda"), boto3.client("iam")
    roles = {role["Arn"]: role["RoleName"] for role in iam.list_roles()["Roles"]}
    declared_functions = list(deployment.of_type("AWS::Lambda::Function"))
    assert declared_functions
    for name, declared in declared_functions:
        function = functions.get_function_configuration(FunctionName=name)
        variables = function["Environment"]["Variables"]
        assert variables.keys() == declared["Environment"]["Variables"].keys()
        assert all(resolved(str(value)) for value in variables.values() if value != "")
        role = roles[function["Role"]]
        documents = [
            iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]
        ]
        assert documents
        assert resolved(str(documents))


def resolved(value: str) -> bool:
    """Whether nothing of the template's language is left in a value, and nothing that moto couldn't compute."""
    return bool(value) and not any(rest in value for rest in ("${", "Fn::", "'Ref'", "None"))
