"""The templates of the built service and of the orders example, as `sam local start-api` (1.170) understands them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.intrinsics import load_yaml
from local.model import Function, Template
from tests.e2e.built import PROCESSOR


def service_for_sam(template: Template, aws: Mapping[str, str]) -> dict[str, Any]:
    """Return the functions and routes of the service as `sam local` understands them, with `aws` in every environment.

    It reads routes that are resources only where their API comes before any function. It knows no tables, so `Ref` is a
    logical id to it, and it sets no variable that the template doesn't have: the environments stand here with their values.
    """
    layers = {layer for function in template.functions.values() for layer in function.layers}
    api = {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "gatepost", "ProtocolType": "HTTP"}},
        "Stage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default"}},
    }
    resources: dict[str, Any] = api | {layer.name: _layer(layer) for layer in layers}
    for logical_id in {route.function for route in template.routes}:
        resources[logical_id] = _function(template.functions[logical_id], aws)
        resources[f"{logical_id}Integration"] = _integration(logical_id)
    for number, route in enumerate(template.routes):
        resources[f"Route{number}"] = {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": route.key,
                "Target": {"Fn::Sub": f"integrations/${{{route.function}Integration}}"},
            },
        }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": resources,
    }


def _layer(layer: Path) -> dict[str, Any]:
    return {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": str(layer)}}


def _function(function: Function, aws: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Architectures": [PROCESSOR],
            "Handler": function.handler,
            "CodeUri": str(function.code),
            "Layers": [{"Ref": layer.name} for layer in function.layers],
            "MemorySize": function.memory,
            "Timeout": function.timeout,
            "Environment": {"Variables": {**function.environment, **aws}},
        },
    }


def _integration(function: str) -> dict[str, Any]:
    return {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": {"Fn::GetAtt": [function, "Arn"]},
            "PayloadFormatVersion": "2.0",
        },
    }


def orders_for_sam(built: Path) -> dict[str, Any]:
    """Return the built template of the orders without the identity sources that `sam local` doesn't find in its own context.

    It takes their absence for a missing token. It keeps no results either, which is what they are for.
    """
    template = load_yaml(built)
    for authorizer in template["Resources"]["OrdersApi"]["Properties"]["Auth"]["Authorizers"].values():
        del authorizer["Identity"]["Context"]
    return template
