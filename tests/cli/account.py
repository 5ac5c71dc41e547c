"""A deployment in an account of AWS, for `gatepost --stack doctor`: a local stack's tables and keys, and around them what only
AWS has, made in moto. What moto doesn't know, CloudFormation after SAM above all, is answered here, in shapes that botocore
checks.
"""

import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any
from unittest.mock import patch

import boto3
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.session import get_session
from botocore.validate import ParamValidator

from cli.diagnosis.web import Answer
from gatepost import clock
from local.resources import Resources
from local.stack import Stack
from tests.support import ISSUER, PARAMETERS, ROOT

NAME = "gatepost-prod"
# What SAM makes of its own types.
_MADE_OF = {"AWS::Serverless::Function": "AWS::Lambda::Function"}
_TYPES = ("AWS::Serverless::Function", "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::SQS::Queue")
_ROLE = "arn:aws:iam::123456789012:role/gatepost"

Answering = Callable[[dict[str, Any]], Any]


@dataclass
class Account:
    """The account. `answers` are given in AWS's place, `amended` changes what it answers, `denied` isn't allowed, by operations
    such as ``lambda.GetAlias``,
    and what `absent` would show isn't there; `asked` counts all. `published` are answers in the service's place, by path.
    """

    stack: Stack
    parameters: dict[str, str]
    answers: dict[str, Answering] = field(default_factory=dict)
    amended: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    published: dict[str, Answer] = field(default_factory=dict)

    @contextmanager
    def put_back(self) -> Iterator[ExitStack]:
        """Undo what is done inside the block to what is answered, and whatever the stack it yields is given."""
        with ExitStack() as afterwards:
            for kept in (self.parameters, self.answers, self.amended, self.published):
                afterwards.enter_context(patch.dict(kept))
            afterwards.callback(self.denied.clear)
            afterwards.callback(self.absent.clear)
            yield afterwards

    def name(self, logical_id: str) -> str:
        """Return the name of a function or a table."""
        template = self.stack.template
        return (template.functions[logical_id] if logical_id in template.functions else template.tables[logical_id]).name

    def setting(self, function: str, name: str) -> str:
        """Return a setting of a function."""
        return self.stack.template.functions[function].environment[f"GATEPOST_{name}"]

    def amend(self, operation: str, change: Callable[[Any], Any]) -> None:
        """Change what AWS answers to an operation, after what changes it already."""
        before = self.amended.get(operation)

        def changed(answer: Any) -> None:
            if before:
                before(answer)
            change(answer)

        self.amended[operation] = changed

    def set(self, function: str, **variables: str) -> None:
        """Let a function have these environment variables, in AWS."""
        name = self.name(function)

        def changed(answer: Any) -> None:
            if answer["FunctionName"] == name:
                answer["Environment"]["Variables"] |= variables

        self.amend("lambda.GetFunctionConfiguration", changed)

    def get(self, url: str) -> Answer:
        """Get what the deployment answers to the world."""
        path = url.removeprefix(ISSUER)
        if path in self.published:
            return self.published[path]
        answer = self.stack.request("GET", path)
        return Answer(url, answer.status, {**dict(answer.headers), "date": formatdate(clock.now())}, answer.body)

    def called(self, call: Callable[..., Any], client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        """Answer a call of the SDK, in place of `call`."""
        name = f"{client.meta.service_model.service_name}.{operation}"
        self.asked[name] += 1
        if name in self.denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)
        if name in self.absent:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no"}}, operation)
        answer = self.answers[name](arguments) if name in self.answers else call(client, operation, arguments)
        if name in self.amended:
            self.amended[name](answer)
        if name in self.answers:
            shape = client.meta.service_model.operation_model(operation).output_shape
            told = {member: value for member, value in answer.items() if member != "ResponseMetadata"}
            report = ParamValidator().validate(told, shape)
            assert not report.has_errors(), report.generate_report()
        return answer


@contextmanager
def account_of(stack: Stack) -> Iterator[Account]:
    """Let `stack` be the CloudFormation stack `NAME`, and well, inside the block."""
    account = Account(stack, {**PARAMETERS, "DeletionProtection": "true", "LogLevel": "INFO"})
    _make(account)
    _answer(account)
    call: Callable[..., Any] = vars(BaseClient)["_make_api_call"]

    def calling(self: Any, operation: str, arguments: dict[str, Any]) -> Any:
        return account.called(call, self, operation, arguments)

    with patch.object(BaseClient, "_make_api_call", calling), patch("cli.diagnosis.web.get", account.get):
        yield account


def _make(account: Account) -> None:
    """Make what a deployment has beside its tables and its key, and protect these."""
    dynamodb, kms, lambda_, logs = boto3.client("dynamodb"), boto3.client("kms"), client_of("lambda"), client_of("logs")
    for table in account.stack.template.tables.values():
        if table.properties.get("DeletionPolicy") != "Delete":
            dynamodb.update_table(TableName=table.name, DeletionProtectionEnabled=True)
    for key in account.stack.template.keys:
        kms.enable_key_rotation(KeyId=key)
    client_of("iam").create_role(RoleName="gatepost", AssumeRolePolicyDocument="{}")
    layers = [
        lambda_.publish_layer_version(LayerName=name, Content={"ZipFile": _code()})["LayerVersionArn"]
        for name in ("api", "core")
    ]
    for function in account.stack.template.functions.values():
        lambda_.create_function(
            FunctionName=function.name,
            Runtime="python3.13",
            Role=_ROLE,
            Handler=function.handler,
            Code={"ZipFile": _code()},
            Layers=layers,
            Environment={"Variables": dict(function.environment)},
            Publish=True,
        )
        lambda_.create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")
        logs.create_log_group(logGroupName=f"/aws/lambda/{function.name}")
        logs.put_retention_policy(logGroupName=f"/aws/lambda/{function.name}", retentionInDays=90)
    for queue in Resources(ROOT / "template.yaml", account.stack.template.stack, PARAMETERS).of_type("AWS::SQS::Queue"):
        client_of("sqs").create_queue(QueueName=f"{account.stack.template.stack}-{queue.logical_id}")
    boto3.client("sesv2").create_configuration_set(ConfigurationSetName=account.setting("MailerFunction", "CONFIGURATION_SET"))


def client_of(service: str) -> Any:
    """Return a client of any service."""
    return get_session().create_client(service)


def _code() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", "")
    return content.getvalue()


def _answer(account: Account) -> None:
    """Answer what moto doesn't know."""
    resources = Resources(ROOT / "template.yaml", account.stack.template.stack, PARAMETERS)
    made = [
        {
            "LogicalResourceId": resource.logical_id,
            "PhysicalResourceId": resources.physical_id(resource),
            "ResourceType": _MADE_OF.get(resource.type, resource.type),
            "LastUpdatedTimestamp": datetime.now(UTC),
            "ResourceStatus": "CREATE_COMPLETE",
        }
        for resource in resources.of_type(*_TYPES)
    ]
    by_id = {resource["LogicalResourceId"]: resource for resource in made}

    def describe_stacks(arguments: Mapping[str, Any]) -> Any:
        told = [{"ParameterKey": name, "ParameterValue": value} for name, value in account.parameters.items()]
        stack = {"StackName": NAME, "CreationTime": datetime.now(UTC), "StackStatus": "UPDATE_COMPLETE", "Parameters": told}
        return {"Stacks": [stack]}

    def describe_resource(arguments: Mapping[str, Any]) -> Any:
        if arguments["StackName"] != NAME:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "it doesn't exist"}}, "DescribeStackResource")
        return {"StackResourceDetail": by_id[arguments["LogicalResourceId"]]}

    account.answers |= {
        "cloudformation.DescribeStackResource": describe_resource,
        "cloudformation.DescribeStacks": describe_stacks,
        "cloudformation.ListStackResources": lambda _: {"StackResourceSummaries": made},
        # One of moto's would start the function, in Docker.
        "lambda.ListEventSourceMappings": lambda asked: {
            "EventSourceMappings": [
                {
                    "EventSourceArn": asked["EventSourceArn"],
                    "FunctionArn": f"arn:aws:lambda:eu-west-1:123456789012:function:{account.name(consumer)}:live",
                    "State": "Enabled",
                    "LastProcessingResult": "OK",
                }
                for consumer, table in (("MailerFunction", "OutboxTable"), ("EventsFunction", "AuditTable"))
                if f"/{account.stack.template.tables[table].name}/" in asked["EventSourceArn"]
            ]
        },
        "lambda.GetAccountSettings": lambda _: {"AccountLimit": {"UnreservedConcurrentExecutions": 1000}},
        "sesv2.GetAccount": lambda _: {
            "ProductionAccessEnabled": True,
            "SendingEnabled": True,
            "EnforcementStatus": "HEALTHY",
            "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 12.0},
        },
        "sesv2.GetConfigurationSetEventDestinations": lambda _: {
            "EventDestinations": [
                {
                    "Name": "events",
                    "Enabled": True,
                    "MatchingEventTypes": ["BOUNCE", "COMPLAINT"],
                    "EventBridgeDestination": {"EventBusArn": "arn:aws:events:eu-west-1:123456789012:event-bus/default"},
                }
            ]
        },
    }
    # moto says neither of a set nor of an identity what AWS does.
    account.amended["sesv2.GetConfigurationSet"] = lambda answer: answer.update(SendingOptions={"SendingEnabled": True})
    account.amended["sesv2.GetEmailIdentity"] = lambda answer: answer.update(
        VerifiedForSendingStatus=True, DkimAttributes={"SigningEnabled": True, "Status": "SUCCESS"}
    )
