"""CloudFormation as moto imitates it, with stand-ins for what it doesn't know: they have a name and any attribute, so that what
refers to them gets a value.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import boto3
import moto
from moto.awslambda.models import LayerVersion
from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.events.models import EventBus

from local.resources import ACCOUNT, REGION
from tests.deploy.transformation import BUCKET, CODE, Document


@dataclass(frozen=True)
class CreatedStack:
    """A stack that is there; its resources by their logical ids."""

    status: str
    outputs: Mapping[str, str]
    physical_ids: Mapping[str, str]


class StandIn(CloudFormationModel):
    """A resource that moto doesn't know."""

    def __init__(self, name: str) -> None:
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_type() -> str:
        return "of any type"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return bool(attr)

    def get_cfn_attribute(self, attribute_name: str) -> str:
        return f"arn:aws:stand-in:{REGION}:{ACCOUNT}:{self.physical_resource_id}:{attribute_name}"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
    ) -> "StandIn":
        return cls(resource_name)

    def is_created(self) -> bool:
        return True


class Alias(StandIn):
    """An alias of a function, which is there for who calls it."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
    ) -> "Alias":
        names = ("Name", "FunctionName", "FunctionVersion")
        created = boto3.client("lambda").create_alias(**{name: cloudformation_json["Properties"][name] for name in names})
        return cls(created["AliasArn"])


# moto wants a record's zone to be there.
_INSTEAD: dict[str, Any] = {"AWS::Lambda::Alias": Alias, "AWS::Route53::RecordSet": StandIn}


def unknown_types(document: Document) -> set[str]:
    """Return the types of resources that moto has no idea of."""
    types = {str(resource["Type"]) for resource in document["Resources"].values()}
    return {type_ for type_ in types if not type_.startswith("Custom::") and type_ not in parsing.get_model_map()}


@contextmanager
def created(document: Document, stack_name: str, parameters: Mapping[str, str]) -> Iterator[CreatedStack]:
    """Create a stack in a moto of its own, which boto3 talks to inside the block.

    None of its functions runs, so custom resources are stand-ins too; what they make, the local stack proves.
    """
    known = parsing.get_model_map() | dict.fromkeys(unknown_types(document), StandIn) | _INSTEAD
    with (
        moto.mock_aws(),
        patch.object(parsing, "get_model_map", lambda: known),
        patch.object(parsing, "CustomModel", StandIn),
        patch.object(CloudFormationModel, "get_cfn_attribute", _attribute, create=True),
        patch.object(LayerVersion, "physical_resource_id", property(lambda layer: layer.arn), create=True),
        patch.object(EventBus, "physical_resource_id", property(lambda bus: bus.name), create=True),
        patch.dict("os.environ", {"AWS_DEFAULT_REGION": REGION}),
    ):
        _upload_code()
        cloudformation = boto3.client("cloudformation")
        cloudformation.create_stack(
            StackName=stack_name,
            TemplateBody=json.dumps(document),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        (stack,) = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
        summaries = cloudformation.list_stack_resources(StackName=stack_name)["StackResourceSummaries"]
        yield CreatedStack(
            status=stack["StackStatus"],
            outputs={output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]},
            physical_ids={each["LogicalResourceId"]: each["PhysicalResourceId"] for each in summaries},
        )


def _attribute(model: CloudFormationModel, name: str) -> str:
    """Return an attribute of a resource of which moto knows none, such as a parameter's `Value` or a version's `Version`."""
    return str(getattr(model, name.lower()))


def _upload_code() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("app.py", "")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key=CODE, Body=archive.getvalue())
