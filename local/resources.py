"""The resources of one template with their physical names, and the values of their properties."""

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.errors import StackError
from local.intrinsics import NO_VALUE, Resolver, load_yaml

REGION = "eu-west-1"
ACCOUNT = "123456789012"
"""The account that moto answers for."""

HTTP_APIS = ("AWS::ApiGatewayV2::Api", "AWS::Serverless::HttpApi")
REST_API = "AWS::Serverless::Api"
IMPLICIT_API = "ServerlessHttpApi"
"""The API that SAM makes for `HttpApi` events that name none."""


@dataclass(frozen=True)
class Resource:
    """A resource of the template, its properties as they are written there."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]


class Resources:
    """The resources of the template at `path` whose conditions hold, for the stack `stack` with these parameter values.

    Raises:
        StackError: if the template can't be read, a parameter is missing or unknown, or a rule of it refuses them.
    """

    def __init__(self, path: Path, stack: str, parameters: Mapping[str, str]) -> None:
        template = load_yaml(path)
        self.stack = stack
        self.folder = path.parent.resolve()
        self.globals: Mapping[str, Any] = template.get("Globals", {})
        self.parameters = _parameter_values(path, template.get("Parameters", {}), parameters)
        self._pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::NoValue": NO_VALUE,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{stack}/{uuid.uuid5(uuid.NAMESPACE_URL, stack)}",
            "AWS::StackName": stack,
            "AWS::URLSuffix": "amazonaws.com",
        }
        self._resolver = Resolver(self._reference, self._attribute, template.get("Conditions", {}))
        self._check_rules(template.get("Rules", {}))
        self._resources = {
            logical_id: Resource(logical_id, entry.get("Type", ""), entry.get("Properties") or {})
            for logical_id, entry in template.get("Resources", {}).items()
            if "Condition" not in entry or self._resolver.condition(entry["Condition"], f"Resource {logical_id}")
        }

    @property
    def stack_id(self) -> str:
        return str(self._pseudo["AWS::StackId"])

    def of_type(self, *types: str) -> Iterator[Resource]:
        """Yield the resources of one of these types."""
        return (resource for resource in self._resources.values() if resource.type in types)

    def custom(self) -> Iterator[Resource]:
        """Yield the custom resources."""
        return (resource for resource in self._resources.values() if resource.type.startswith("Custom::"))

    def value(self, resource: Resource, name: str, default: Any = None) -> Any:
        """Return the property `name` with its intrinsic functions computed, or `default` if the resource doesn't have it."""
        if name not in resource.properties:
            return default
        value = self.resolve(resource.properties[name], f"Resource {resource.logical_id}, property {name}")
        return default if value is NO_VALUE else value

    def resolve(self, value: Any, where: str) -> Any:
        """Return `value` with its intrinsic functions computed. Raises `StackError` naming `where` for what can't be."""
        return self._resolver.resolve(value, where)

    def physical_id(self, resource: Resource) -> str:
        """Return what `Ref` gives for `resource`."""
        logical_id = resource.logical_id
        match resource.type:
            case "AWS::KMS::Key":
                # The same at every start, so that what outlives the process still names its key.
                return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.stack}/{logical_id}"))
            case "AWS::Serverless::LayerVersion":
                return str((self.folder / self.value(resource, "ContentUri")).resolve())
            case "AWS::SQS::Queue":
                return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self.stack}-{logical_id}"
            case "AWS::Events::EventBus":
                return str(self.value(resource, "Name"))
            case "AWS::DynamoDB::Table":
                return str(self.value(resource, "TableName", f"{self.stack}-{logical_id}"))
            case "AWS::Serverless::Function":
                return str(self.value(resource, "FunctionName", f"{self.stack}-{logical_id}"))
            case type_ if type_ in (*HTTP_APIS, REST_API):
                return hashlib.sha256(f"{self.stack}/{logical_id}".encode()).hexdigest()[:10]
        return f"{self.stack}-{logical_id}"

    def queue_name(self, queue: Resource) -> str:
        """Return the name of `queue`, which is the last part of its URL."""
        return self.physical_id(queue).rpartition("/")[2]

    def arn(self, resource: Resource) -> str:
        """Return the ARN of `resource`. Raises `KeyError` for a type whose ARN nothing here needs."""
        name = self.physical_id(resource)
        return {
            "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}",
            "AWS::Events::EventBus": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}",
            "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}",
            "AWS::Serverless::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
            "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.queue_name(resource)}",
        }[resource.type]

    def named_by(self, arn: str, type_: str, where: str) -> str:
        """Return the logical id of the resource of this type whose ARN `arn` is or contains (an alias, a stream …).

        Raises:
            StackError: if the template has no such resource.
        """
        for resource in self.of_type(type_):
            if re.search(rf"{re.escape(self.arn(resource))}(?![\w-])", arn):
                return resource.logical_id
        raise StackError(f"{where}: {arn} is no {type_} of this template, and the local stack has no other.")

    def _check_rules(self, rules: Mapping[str, Any]) -> None:
        """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html"""
        for name, rule in rules.items():
            if not self.resolve(rule.get("RuleCondition", True), f"Rule {name}"):
                continue
            for assertion in rule["Assertions"]:
                if not self.resolve(assertion["Assert"], f"Rule {name}"):
                    raise StackError(f"Rule {name}: {assertion['AssertDescription']}")

    def _reference(self, name: str) -> Any:
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        if name == IMPLICIT_API and name not in self._resources:
            return self.physical_id(Resource(name, HTTP_APIS[1], {}))
        logical_id, _, of_sam = name.partition(".")
        return self._attribute(logical_id, of_sam) if of_sam else self.physical_id(self._resources[name])

    def _attribute(self, name: str, attribute: str) -> str:
        resource = self._resources[name]
        match resource.type, attribute:
            case _, "Arn":
                return self.arn(resource)
            case "AWS::DynamoDB::Table", "StreamArn":
                # DynamoDB labels a stream by the time it was made; nothing but the event source mapping looks at it.
                return f"{self.arn(resource)}/stream/local"
            case "AWS::Serverless::Function", "Alias":
                # There is one version of a function here.
                alias = {**self.globals.get("Function", {}), **resource.properties}["AutoPublishAlias"]
                return f"{self.arn(resource)}:{alias}"
            case "AWS::SSM::Parameter", "Value":
                return str(self.value(resource, "Value"))
            case "AWS::SQS::Queue", "QueueUrl":
                return self.physical_id(resource)
            case "AWS::SQS::Queue", "QueueName":
                return self.queue_name(resource)
            case type_, "ApiId" if type_ in HTTP_APIS:
                return self.physical_id(resource)
        raise KeyError(attribute)


def _parameter_values(path: Path, declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Return the value of every declared parameter: the given one, else its default."""
    unknown = given.keys() - declared.keys()
    missing = [name for name, parameter in declared.items() if name not in given and "Default" not in parameter]
    if unknown:
        raise StackError(f"{path} has no parameter {', '.join(sorted(unknown))}. It has: {', '.join(declared)}.")
    if missing:
        raise StackError(f"{path} needs a value for the parameter {', '.join(missing)}; it has no default.")
    values = {name: given.get(name, parameter.get("Default")) for name, parameter in declared.items()}
    return {
        name: value.split(",") if declared[name]["Type"] == "CommaDelimitedList" else value for name, value in values.items()
    }
