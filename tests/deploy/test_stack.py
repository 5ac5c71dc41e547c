"""The transformed templates, created as stacks: the service with the parameters of each deployment and with every option, and
what stands beside it. By moto, which refuses some of what AWS would, and shows what there is afterwards.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.deploy import deployments
from tests.deploy.cloudformation import CreatedStack, created, unknown_types
from tests.deploy.transformation import Document, transformed
from tests.deploy.written import PATHS, SERVICE, name_of, parameters

pytestmark = pytest.mark.deploy

# Stand-ins take their places. What moto learns leaves this list, what is new and unknown joins it knowingly.
UNKNOWN_TO_MOTO = {
    # Of the service and the authorizer.
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
    # Of the authorizer alone.
    "AWS::Lambda::LayerVersionPermission",
    "AWS::Logs::MetricFilter",
    # Of what is put before the service.
    "AWS::CloudFront::CachePolicy",
    "AWS::CloudFront::Distribution",
    "AWS::CloudFront::OriginRequestPolicy",
    "AWS::SecretsManager::Secret",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::WebACL",
    # Of the backups.
    "AWS::Backup::BackupPlan",
    "AWS::Backup::BackupSelection",
    "AWS::Backup::BackupVault",
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


@dataclass(frozen=True)
class Case:
    """A template, what its stack is called, and its parameters."""

    path: Path
    name: str
    parameters: Mapping[str, str]

    @property
    def document(self) -> Document:
        return transformed(self.path, **self.parameters)


SERVICES = [Case(SERVICE, deployments.stack_name(name), deployments.parameters(name)) for name in deployments.NAMES]
CASES = [
    *SERVICES,
    Case(SERVICE, "with-every-option", {**SERVICES[-1].parameters, **deployments.EVERYTHING}),
    *(Case(path, name_of(path), parameters(path)) for path in PATHS if path != SERVICE and "examples" not in path.parts),
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    case: Case = request.param
    with created(case.document, case.name, case.parameters) as stack:
        yield Deployment(case.document, stack)


def test_all_types_are_created_but_these() -> None:
    assert set().union(*(unknown_types(case.document) for case in CASES)) == UNKNOWN_TO_MOTO


def test_the_stack_is_complete_and_all_outputs_have_values(deployment: Deployment) -> None:
    assert deployment.stack.status == "CREATE_COMPLETE"
    declared = deployment.document["Resources"].items()
    assert {name for name, resource in declared if "Condition" not in resource} <= deployment.stack.physical_ids.keys()
    unconditional = {name for name, output in deployment.document["Outputs"].items() if "Condition" not in output}
    assert unconditional <= deployment.stack.outputs.keys()
    assert all(resolved(value) for value in deployment.stack.outputs.values())


def test_tables_are_as_declared(deployment: Deployment) -> None:
    dynamodb = boto3.client("dynamodb")
    for name, declared in deployment.of_type("AWS::DynamoDB::Table"):
        table = dynamodb.describe_table(TableName=name)["Table"]
        assert table["KeySchema"] == declared["KeySchema"]
        indexes = {index["IndexName"]: index["KeySchema"] for index in table.get("GlobalSecondaryIndexes", ())}
        assert indexes == {index["IndexName"]: index["KeySchema"] for index in declared.get("GlobalSecondaryIndexes", ())}
        streams = [each.get("StreamSpecification", {}).get("StreamViewType") for each in (table, declared)]
        assert streams[0] == streams[1]


def test_queues_keep_what_they_get_and_encrypt_it(deployment: Deployment) -> None:
    sqs = boto3.client("sqs")
    for url, declared in deployment.of_type("AWS::SQS::Queue"):
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert attributes["MessageRetentionPeriod"] == str(declared["MessageRetentionPeriod"])
        assert attributes.get("SqsManagedSseEnabled") == "true" or attributes["KmsMasterKeyId"]


def test_functions_have_their_roles_and_their_environment(deployment: Deployment) -> None:
    functions, iam = boto3.client("lambda"), boto3.client("iam")
    roles = {role["Arn"]: role["RoleName"] for role in iam.list_roles()["Roles"]}
    for name, declared in deployment.of_type("AWS::Lambda::Function"):
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
    return bool(value) and not any(rest in value for rest in ("${", "Fn::", "'Ref'", "None", "<moto"))
