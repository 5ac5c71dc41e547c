"""The routes of a template's API: plain API Gateway resources, or SAM's `HttpApi` and `Api` events with SAM's authorizers.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-route.html
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-httpapi.html
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-api.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from local.apis import known
from local.declared_authorizers import gateway_authorizers, sam_authorizers
from local.errors import StackError
from local.model import Api, Route
from local.resources import Resource, Resources

_FUNCTION = "AWS::Serverless::Function"
_FORMATS: Mapping[str, Literal["1.0", "2.0"]] = {"1.0": "1.0", "2.0": "2.0"}
_OF_EVENTS = {
    "HttpApi": ("ApiId", "Auth", "Method", "Path", "PayloadFormatVersion", "RouteSettings", "TimeoutInMillis"),
    "Api": ("Auth", "Method", "Path", "RestApiId", "TimeoutInMillis"),
}


def read_routes(resources: Resources, api: Api) -> tuple[Route, ...]:
    """Return the routes of the template.

    Raises:
        StackError: if a route asks for something that the local stack doesn't do, such as another kind of authorizer.
    """
    return (*_gateway_routes(resources, api), *_sam_routes(resources, api))


def _gateway_routes(resources: Resources, api: Api) -> Iterator[Route]:
    targets = {
        f"integrations/{resources.physical_id(integration)}": _integration(resources, integration, api)
        for integration in resources.of_type("AWS::ApiGatewayV2::Integration")
    }
    authorizers = gateway_authorizers(resources, api)
    answered = {str(resources.value(each, "RouteId")) for each in resources.of_type("AWS::ApiGatewayV2::RouteResponse")}
    for route in resources.of_type("AWS::ApiGatewayV2::Route"):
        where = f"Resource {route.logical_id}"
        kind, id_ = resources.value(route, "AuthorizationType", "NONE"), resources.value(route, "AuthorizerId")
        if kind != "NONE" and not (kind == "CUSTOM" and id_ in authorizers):
            raise StackError(f"{where}: the local stack has no {kind} authorizer {id_}.")
        target = resources.value(route, "Target")
        if target not in targets:
            raise StackError(f"{where}: its Target {target} is no integration of this template.")
        function, payload = targets[target]
        responds = bool(resources.value(route, "RouteResponseSelectionExpression")) and resources.physical_id(route) in answered
        method, _, path = str(resources.value(route, "RouteKey")).rpartition(" ")
        yield Route(method, path, function, authorizers.get(id_) if kind == "CUSTOM" else None, payload, responds)


def _integration(resources: Resources, integration: Resource, api: Api) -> tuple[str, Literal["1.0", "2.0"]]:
    """Return the function that `integration` calls, and with which payload format. WebSocket APIs know but one."""
    where = f"Resource {integration.logical_id}"
    kind = resources.value(integration, "IntegrationType")
    payload = "1.0" if api.protocol == "WEBSOCKET" else str(resources.value(integration, "PayloadFormatVersion"))
    if kind != "AWS_PROXY" or payload not in _FORMATS:
        raise StackError(f"{where}: the local stack serves AWS_PROXY integrations of format 1.0 or 2.0, not {kind} {payload}.")
    uri = str(resources.value(integration, "IntegrationUri"))
    return resources.named_by(uri, _FUNCTION, where), _FORMATS[payload]


def _sam_routes(resources: Resources, api: Api) -> Iterator[Route]:
    authorizers, default = sam_authorizers(resources, api)
    for function in resources.of_type(_FUNCTION):
        for name, event in function.properties.get("Events", {}).items():
            if event["Type"] not in _OF_EVENTS:
                continue
            where = f"Resource {function.logical_id}, event {name}"
            if (event["Type"] == "Api") != (api.protocol == "REST"):
                raise StackError(f"{where}: an {event['Type']} event, but the API is of the kind {api.protocol}.")
            properties: dict[str, Any] = resources.resolve(event.get("Properties", {}), where)
            known(properties, _OF_EVENTS[event["Type"]], where)
            known(properties.get("Auth", {}), ("Authorizer",), f"{where}, Auth")
            chosen = properties.get("Auth", {}).get("Authorizer", default)
            if chosen not in (None, "NONE", *authorizers):
                raise StackError(f"{where}: its API has no authorizer {chosen}.")
            payload = "1.0" if event["Type"] == "Api" else str(properties.get("PayloadFormatVersion", "2.0"))
            if payload not in _FORMATS:
                raise StackError(f"{where}: the payload format is 1.0 or 2.0, not {payload}.")
            method, path = str(properties.get("Method", "ANY")).upper(), str(properties.get("Path", "$default"))
            method = "" if path == "$default" else method
            yield Route(method, path, function.logical_id, authorizers.get(chosen), _FORMATS[payload])
