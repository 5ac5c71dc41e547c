"""Reads a SAM template: which tables, event buses, functions, routes and custom resources it asks for.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy.html
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.alarms import read_alarms
from local.apis import read_api
from local.errors import StackError
from local.event_filters import check_pattern
from local.model import CustomResource, Function, Schedule, StreamSource, Table, Template
from local.resources import Resource, Resources
from local.routes import read_routes

_FUNCTION = "AWS::Serverless::Function"
_TABLE = "AWS::DynamoDB::Table"
_QUEUE = "AWS::SQS::Queue"
_SCHEDULES = ("Schedule", "ScheduleV2")
_EVENT_TYPES = ("Api", "DynamoDB", "HttpApi", *_SCHEDULES)


def read_template(path: Path, stack: str, parameters: Mapping[str, str] | None = None) -> Template:
    """Read the template at `path` for the stack `stack`; its tables are named like ``<stack>-UsersTable``.

    Raises:
        StackError: if a parameter has no value, or something in a part that the local stack runs is unknown to it.
    """
    resources = Resources(path, stack, parameters or {})
    functions = {
        resource.logical_id: _function(resources, _with_globals(resources, resource))
        for resource in resources.of_type(_FUNCTION)
    }
    api = read_api(resources, str(path))
    return Template(
        stack=stack,
        stack_id=resources.stack_id,
        api=api,
        parameters=resources.parameters,
        keys=tuple(resources.physical_id(resource) for resource in resources.of_type("AWS::KMS::Key")),
        tables={resource.logical_id: _table(resources, resource) for resource in resources.of_type(_TABLE)},
        queues={queue.logical_id: resources.queue_name(queue) for queue in resources.of_type(_QUEUE)},
        functions=functions,
        routes=read_routes(resources, api),
        custom_resources=tuple(_custom_resource(resources, resource) for resource in resources.custom()),
        alarms=read_alarms(resources),
        buses=tuple(resources.physical_id(resource) for resource in resources.of_type("AWS::Events::EventBus")),
    )


def _table(resources: Resources, resource: Resource) -> Table:
    properties = {name: resources.value(resource, name) for name in resource.properties}
    return Table(resource.logical_id, resources.physical_id(resource), properties)


def _custom_resource(resources: Resources, resource: Resource) -> CustomResource:
    properties = {name: resources.value(resource, name) for name in resource.properties}
    function = resources.named_by(
        str(properties.get("ServiceToken")), _FUNCTION, f"Resource {resource.logical_id}, ServiceToken"
    )
    return CustomResource(resource.logical_id, resource.type, function, properties)


def _with_globals(resources: Resources, resource: Resource) -> Resource:
    merged = _merge(resources.globals.get("Function", {}), resource.properties)
    return Resource(resource.logical_id, resource.type, merged)


def _merge(common: Any, own: Any) -> Any:
    """Return `own` on top of `common` by SAM's rules: maps are merged, lists put one after the other, anything else replaced.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
    """
    if _computed(common) or _computed(own):
        return own
    if isinstance(common, Mapping) and isinstance(own, Mapping):
        return {**common, **{name: _merge(common[name], value) if name in common else value for name, value in own.items()}}
    if isinstance(common, list) and isinstance(own, list):
        return common + own
    return own


def _computed(value: Any) -> bool:
    """Return whether `value` is an intrinsic function, which SAM doesn't look into."""
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))


def _function(resources: Resources, resource: Resource) -> Function:
    variables = resources.value(resource, "Environment", {}).get("Variables", {})
    events = resource.properties.get("Events", {})
    for name, event in events.items():
        if event["Type"] not in _EVENT_TYPES:
            raise StackError(f"Resource {resource.logical_id}, event {name}: the local stack has no {event['Type']} events.")
    layers = (Path(str(layer)) for layer in resources.value(resource, "Layers", []))
    concurrency = resources.value(resource, "ReservedConcurrentExecutions")
    unattended = resources.value(resource, "EventInvokeConfig", {})
    return Function(
        logical_id=resource.logical_id,
        name=resources.physical_id(resource),
        handler=str(resources.value(resource, "Handler")),
        code=(resources.folder / str(resources.value(resource, "CodeUri", "."))).resolve(),
        layers=tuple(layer for layer in layers if layer.is_absolute()),
        environment={name: _environment_text(value) for name, value in variables.items()},
        timeout=int(resources.value(resource, "Timeout", 3)),
        memory=int(resources.value(resource, "MemorySize", 128)),
        streams=tuple(
            _stream_source(resources, resource, name) for name, event in events.items() if event["Type"] == "DynamoDB"
        ),
        schedules=tuple(_schedule(resources, resource, name) for name, event in events.items() if event["Type"] in _SCHEDULES),
        concurrency=None if concurrency is None else int(concurrency),
        retries=int(unattended.get("MaximumRetryAttempts", 2)),
        dead_letters=_queue(resources, resources.value(resource, "DeadLetterQueue", {}).get("TargetArn"), resource.logical_id),
    )


def _queue(resources: Resources, arn: Any, where: str) -> str:
    """Return the name of the queue with this ARN, the empty text for none."""
    if arn is None:
        return ""
    named = resources.named_by(str(arn), _QUEUE, where)
    return next(resources.queue_name(queue) for queue in resources.of_type(_QUEUE) if queue.logical_id == named)


def _environment_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _event_properties(resources: Resources, function: Resource, name: str) -> tuple[dict[str, Any], str]:
    """Return the resolved properties of the event `name` of `function`, and where they stand for a message."""
    where = f"Resource {function.logical_id}, event {name}"
    return resources.resolve(function.properties["Events"][name].get("Properties", {}), where), where


def _stream_source(resources: Resources, function: Resource, name: str) -> StreamSource:
    properties, where = _event_properties(resources, function, name)
    patterns = [entry["Pattern"] for entry in properties.get("FilterCriteria", {}).get("Filters", [])]
    retries = int(properties.get("MaximumRetryAttempts", -1))
    return StreamSource(
        table=resources.named_by(str(properties.get("Stream")), _TABLE, where),
        batch_size=int(properties.get("BatchSize", 100)),
        filters=tuple(check_pattern(json.loads(pattern), where) for pattern in patterns),
        report_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
        max_retries=None if retries < 0 else retries,
        dead_letters=_queue(resources, properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"), where),
    )


def _schedule(resources: Resources, function: Resource, name: str) -> Schedule:
    properties, _ = _event_properties(resources, function, name)
    expression = properties.get("ScheduleExpression", properties.get("Schedule"))
    return Schedule(f"{function.logical_id}.{name}", str(expression), json.loads(properties.get("Input", "{}")))
