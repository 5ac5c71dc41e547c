"""The routes of a template's HTTP API: plain API Gateway resources, or SAM's `HttpApi` events with SAM's authorizers.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-route.html
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-httpapi.html
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-lambdaauthorizer.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from local.errors import StackError
from local.model import Authorizer, Route
from local.resources import HTTP_APIS, Resource, Resources

_FUNCTION = "AWS::Serverless::Function"
_DEFAULT_TTL = 300  # what API Gateway takes when ReauthorizeEvery isn't given

# Where SAM's Identity members look: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-lambdaauthorizationidentity.html
_IDENTITY_SOURCES = {
    "Headers": "$request.header.{}",
    "QueryStrings": "$request.querystring.{}",
    "Context": "$context.{}",
}
_CONTEXT = ("httpMethod", "path", "routeKey", "identity.sourceIp")


def read_routes(resources: Resources) -> tuple[Route, ...]:
    """Return the routes of the template.

    Raises:
        StackError: if a route asks for something that the local stack doesn't do, such as another kind of authorizer.
    """
    return (*_gateway_routes(resources), *_sam_routes(resources))


def _gateway_routes(resources: Resources) -> Iterator[Route]:
    functions: dict[str, str] = {}
    for integration in resources.of_type("AWS::ApiGatewayV2::Integration"):
        where = f"Resource {integration.logical_id}"
        kind = (resources.value(integration, "IntegrationType"), str(resources.value(integration, "PayloadFormatVersion")))
        if kind != ("AWS_PROXY", "2.0"):
            raise StackError(f"{where}: the local stack serves AWS_PROXY integrations with payload format 2.0, not {kind}.")
        uri = str(resources.value(integration, "IntegrationUri"))
        functions[f"integrations/{resources.physical_id(integration)}"] = resources.named_by(uri, _FUNCTION, where)
    for route in resources.of_type("AWS::ApiGatewayV2::Route"):
        where = f"Resource {route.logical_id}"
        if resources.value(route, "AuthorizationType", "NONE") != "NONE":
            raise StackError(
                f"{where}: the local stack applies authorizers of AWS::Serverless::HttpApi alone. Declare it there."
            )
        target = resources.value(route, "Target")
        if target not in functions:
            raise StackError(f"{where}: its Target {target} is no integration of this template.")
        method, _, path = str(resources.value(route, "RouteKey")).rpartition(" ")
        yield Route(method, path, functions[target])


def _sam_routes(resources: Resources) -> Iterator[Route]:
    authorizers, default = _authorizers(resources)
    for function in resources.of_type(_FUNCTION):
        for name, event in function.properties.get("Events", {}).items():
            if event["Type"] != "HttpApi":
                continue
            where = f"Resource {function.logical_id}, event {name}"
            properties = resources.resolve(event.get("Properties", {}), where)
            if str(properties.get("PayloadFormatVersion", "2.0")) != "2.0":
                raise StackError(f"{where}: the local stack sends payload format 2.0 alone.")
            chosen = properties.get("Auth", {}).get("Authorizer", default)
            if chosen not in (None, "NONE", *authorizers):
                raise StackError(f"{where}: its API has no authorizer {chosen}.")
            method, path = str(properties.get("Method", "ANY")).upper(), str(properties.get("Path", "$default"))
            yield Route("" if path == "$default" else method, path, function.logical_id, authorizers.get(chosen))


def _authorizers(resources: Resources) -> tuple[Mapping[str, Authorizer], str | None]:
    """Return the authorizers of the template's API by name, and the name of the default one."""
    api = next(resources.of_type(HTTP_APIS[1]), Resource("Globals", HTTP_APIS[1], {}))
    auth = {
        **resources.resolve(resources.globals.get("HttpApi", {}).get("Auth", {}), "Globals.HttpApi.Auth"),
        **resources.value(api, "Auth", {}),
    }
    authorizers = {
        name: _authorizer(resources, name, properties, f"Resource {api.logical_id}, authorizer {name}")
        for name, properties in auth.get("Authorizers", {}).items()
    }
    return authorizers, auth.get("DefaultAuthorizer")


def _authorizer(resources: Resources, name: str, properties: Mapping[str, Any], where: str) -> Authorizer:
    simple = str(properties.get("EnableSimpleResponses", False)).lower() == "true"
    if "FunctionArn" not in properties or str(properties.get("AuthorizerPayloadFormatVersion")) != "2.0" or not simple:
        raise StackError(
            f"{where}: the local stack knows Lambda authorizers with AuthorizerPayloadFormatVersion 2.0 and "
            f"EnableSimpleResponses true."
        )
    identity = properties.get("Identity", {})
    unknown = [f"Context {member}" for member in identity.get("Context", ()) if member not in _CONTEXT]
    unknown += sorted(identity.keys() - _IDENTITY_SOURCES.keys() - {"ReauthorizeEvery"})
    if unknown:
        raise StackError(f"{where}: the local stack doesn't know the identity source {', '.join(unknown)}.")
    return Authorizer(
        name=name,
        function=resources.named_by(str(properties["FunctionArn"]), _FUNCTION, where),
        identity_sources=tuple(
            form.format(member) for kind, form in _IDENTITY_SOURCES.items() for member in identity.get(kind, ())
        ),
        ttl=int(identity.get("ReauthorizeEvery", _DEFAULT_TTL)),
    )
