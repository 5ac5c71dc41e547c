"""The rights that Lambda needs of a function's role, for what it does in the function's name around the handler."""

from collections.abc import Iterator
from typing import Any

from local.model import Template
from local.resources import ACCOUNT, REGION, Resource, Resources
from tests.deploy.iam import Need


def rights_of_lambda(template: Template, resources: Resources, function: Resource) -> Iterator[Need]:
    """Yield what the role of `function` must allow whatever its handler does.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    """
    name = template.functions[function.logical_id].name
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{name}"
    # The group is there: the template makes it.
    yield from (Need(f"logs:{action}", f"{group}:log-stream:a") for action in ("CreateLogStream", "PutLogEvents"))
    if _property(resources, function, "Tracing") == "Active":
        yield from (Need(f"xray:{action}", "*") for action in ("PutTraceSegments", "PutTelemetryRecords"))
    if key := _property(resources, function, "KmsKeyArn"):
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        yield Need("kms:Decrypt", key, (("kms:EncryptionContext:aws:lambda:FunctionArn", (arn,)),))
    if queue := _property(resources, function, "DeadLetterQueue"):
        yield Need("sqs:SendMessage", queue["TargetArn"])
    for event in function.properties.get("Events", {}).values():
        if event["Type"] == "DynamoDB":
            properties = resources.resolve(event["Properties"], function.logical_id)
            yield from _to_read(properties["Stream"])
            yield Need("sqs:SendMessage", properties["DestinationConfig"]["OnFailure"]["Destination"])


def _to_read(stream: str) -> Iterator[Need]:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html"""
    for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"):
        yield Need(f"dynamodb:{action}", stream)


def _property(resources: Resources, function: Resource, name: str) -> Any:
    """Return a property of a function, its own or that of all functions."""
    return resources.value(function, name) or resources.resolve(resources.globals["Function"].get(name), "Globals")
