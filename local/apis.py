"""Reads which API a template has, and at which stage.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-api.html
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-httpapi.html
"""

from collections.abc import Collection, Mapping
from typing import Any

from local.errors import StackError
from local.model import Api
from local.resources import HTTP_APIS, IMPLICIT_API, REST_API, Resource, Resources

# What changes nothing here, or is served.
_OF_REST_APIS = (
    *("AccessLogSetting", "AlwaysDeploy", "Auth", "Cors", "Description", "DisableExecuteApiEndpoint", "EndpointConfiguration"),
    *("MethodSettings", "Name", "OpenApiVersion", "SecurityPolicy", "StageName", "Tags", "TracingEnabled", "Variables"),
)
_BODY = "$request.body."


def read_api(resources: Resources, where: str) -> Api:
    """Return the API of the template `where`; SAM's implicit HTTP API if it declares none.

    Raises:
        StackError: if there are several, or it asks for something that the local stack doesn't do.
    """
    apis = list(resources.of_type(*HTTP_APIS, REST_API))
    if len(apis) > 1:
        raise StackError(f"{where} has {len(apis)} APIs. The local stack serves one a template: put the others into their own.")
    api = apis[0] if apis else Resource(IMPLICIT_API, HTTP_APIS[1], {})
    id_ = resources.physical_id(api)
    match api.type, resources.value(api, "ProtocolType"):
        case "AWS::Serverless::Api", _:
            known(api.properties, _OF_REST_APIS, f"Resource {api.logical_id}")
            return Api(id_, "REST", str(resources.value(api, "StageName")), _variables(resources, api, "Variables"))
        case "AWS::ApiGatewayV2::Api", "WEBSOCKET":
            stage, variables = _stage(resources)
            expression = str(resources.value(api, "RouteSelectionExpression"))
            if not expression.startswith(_BODY):
                raise StackError(f"Resource {api.logical_id}: the local stack selects routes by {_BODY}NAME, not {expression}.")
            return Api(id_, "WEBSOCKET", stage, variables, expression.removeprefix(_BODY))
        case "AWS::ApiGatewayV2::Api", _:
            return Api(id_, "HTTP", *_stage(resources))
    stage = str(resources.value(api, "StageName", "$default"))
    return Api(id_, "HTTP", stage, _variables(resources, api, "StageVariables"))


def known(properties: Mapping[str, Any], names: Collection[str], where: str) -> None:
    """Raise a `StackError` naming `where` if `properties` has another than `names`: it would be silently left out."""
    if unknown := sorted(properties.keys() - set(names)):
        raise StackError(f"{where}: the local stack doesn't know {', '.join(unknown)}.")


def _stage(resources: Resources) -> tuple[str, Mapping[str, str]]:
    stages = list(resources.of_type("AWS::ApiGatewayV2::Stage"))
    if not stages:
        return "$default", {}
    return str(resources.value(stages[0], "StageName")), _variables(resources, stages[0], "StageVariables")


def _variables(resources: Resources, resource: Resource, name: str) -> Mapping[str, str]:
    return {key: str(value) for key, value in resources.value(resource, name, {}).items()}
