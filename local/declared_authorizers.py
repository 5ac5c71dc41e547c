"""Reads the Lambda authorizers that a template declares, by SAM or as API Gateway's own resources.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-lambdaauthorizer.html
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-lambdatokenauthorizer.html
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-lambdarequestauthorizer.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-authorizer.html
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from local.apis import known
from local.authorizers.identity_sources import CONTEXT
from local.errors import StackError
from local.model import Api, Authorizer
from local.resources import HTTP_APIS, REST_API, Resource, Resources

_FUNCTION = "AWS::Serverless::Function"
_TTL = 300  # what API Gateway takes when none is given

# Where SAM's Identity members look.
_IDENTITY = {
    "Headers": "request.header.{}",
    "QueryStrings": "request.querystring.{}",
    "StageVariables": "stageVariables.{}",
    "Context": "context.{}",
}
_PREFLIGHT = ("AddDefaultAuthorizerToCorsPreflight", "AddApiKeyRequiredToCorsPreflight")
_PERMISSIONS = ("EnableFunctionDefaultPermissions", "FunctionInvokeRole")


def sam_authorizers(resources: Resources, api: Api) -> tuple[Mapping[str, Authorizer], str | None]:
    """Return the authorizers of the template's SAM API by name, and the name of the default one.

    Raises:
        StackError: if one asks for something that the local stack doesn't do, such as another kind of authorizer.
    """
    kind, section = (REST_API, "Api") if api.protocol == "REST" else (HTTP_APIS[1], "HttpApi")
    resource = next(resources.of_type(kind), Resource("Globals", kind, {}))
    auth = {
        **resources.resolve(resources.globals.get(section, {}).get("Auth", {}), f"Globals.{section}.Auth"),
        **resources.value(resource, "Auth", {}),
    }
    known(auth, ("Authorizers", "DefaultAuthorizer", *_PREFLIGHT), f"Resource {resource.logical_id}, Auth")
    read = _of_rest_api if api.protocol == "REST" else _of_http_api
    authorizers = {
        name: read(resources, name, properties, f"Resource {resource.logical_id}, authorizer {name}")
        for name, properties in auth.get("Authorizers", {}).items()
    }
    return authorizers, auth.get("DefaultAuthorizer")


def gateway_authorizers(resources: Resources, api: Api) -> Mapping[str, Authorizer]:
    """Return the `AWS::ApiGatewayV2::Authorizer` resources by their id. Raises `StackError` as `sam_authorizers` does."""
    return {
        resources.physical_id(resource): _of_gateway(resources, resource, api)
        for resource in resources.of_type("AWS::ApiGatewayV2::Authorizer")
    }


def _of_http_api(resources: Resources, name: str, properties: Mapping[str, Any], where: str) -> Authorizer:
    members = ("FunctionArn", "AuthorizerPayloadFormatVersion", "EnableSimpleResponses", "Identity", *_PERMISSIONS)
    known(properties, members, where)
    payload, simple = _http_format(properties, where)
    identity = properties.get("Identity", {})
    return Authorizer(
        name=name,
        function=_function(resources, properties.get("FunctionArn"), where),
        identity_sources=_sam_sources(identity, where),
        ttl=int(identity.get("ReauthorizeEvery", _TTL)),
        payload=payload,
        simple=simple,
    )


def _of_rest_api(resources: Resources, name: str, properties: Mapping[str, Any], where: str) -> Authorizer:
    members = ("FunctionArn", "FunctionPayloadType", "Identity", "DisableFunctionDefaultPermissions", *_PERMISSIONS)
    known(properties, members, where)
    function = _function(resources, properties.get("FunctionArn"), where)
    identity = properties.get("Identity", {})
    ttl = int(identity.get("ReauthorizeEvery", _TTL))
    payload = properties.get("FunctionPayloadType", "TOKEN")
    if payload == "TOKEN":
        known(identity, ("Header", "ReauthorizeEvery", "ValidationExpression"), f"{where}, Identity")
        sources: tuple[str, ...] = (f"request.header.{identity.get('Header', 'Authorization')}",)
    elif payload == "REQUEST":
        sources = _sam_sources(identity, where)
    else:
        raise StackError(f"{where}: FunctionPayloadType is TOKEN or REQUEST, not {payload}.")
    if ttl and not sources:
        raise StackError(f"{where}: without identity sources, ReauthorizeEvery must be 0.")
    validation = str(identity.get("ValidationExpression", ""))
    try:
        re.compile(validation)
    except re.error as exc:
        raise StackError(f"{where}: {validation} is no regular expression here: {exc}.") from exc
    return Authorizer(name, function, sources, ttl, payload, simple=False, validation=validation)


def _of_gateway(resources: Resources, resource: Resource, api: Api) -> Authorizer:
    where = f"Resource {resource.logical_id}"
    properties = {name: resources.value(resource, name) for name in resource.properties}
    members = ("ApiId", "AuthorizerType", "AuthorizerUri", "IdentitySource", "Name")
    of_http = ("AuthorizerPayloadFormatVersion", "AuthorizerResultTtlInSeconds", "EnableSimpleResponses")
    known(properties, (*members, *(of_http if api.protocol == "HTTP" else ())), where)
    if properties.get("AuthorizerType") != "REQUEST":
        raise StackError(f"{where}: the local stack knows authorizers of the type REQUEST alone.")
    function = _function(resources, properties.get("AuthorizerUri"), where)
    name = str(properties.get("Name", resource.logical_id))
    sources = _sources((str(source) for source in properties.get("IdentitySource", [])), where)
    if api.protocol == "WEBSOCKET":
        # Kept results are for HTTP and REST APIs alone.
        return Authorizer(name, function, sources, ttl=0, payload="REQUEST", simple=False)
    payload, simple = _http_format(properties, where)
    return Authorizer(name, function, sources, int(properties.get("AuthorizerResultTtlInSeconds", _TTL)), payload, simple)


def _http_format(properties: Mapping[str, Any], where: str) -> tuple[Literal["1.0", "2.0"], bool]:
    simple = str(properties.get("EnableSimpleResponses", False)).lower() == "true"
    match str(properties.get("AuthorizerPayloadFormatVersion")), simple:
        case "1.0", False:
            return "1.0", False
        case "2.0", _:
            return "2.0", simple
    raise StackError(f"{where}: AuthorizerPayloadFormatVersion is 2.0, or 1.0 without EnableSimpleResponses.")


def _sam_sources(identity: Mapping[str, Any], where: str) -> tuple[str, ...]:
    known(identity, (*_IDENTITY, "ReauthorizeEvery"), f"{where}, Identity")
    return _sources((form.format(name) for kind, form in _IDENTITY.items() for name in identity.get(kind, ())), where)


def _sources(expressions: Iterable[str], where: str) -> tuple[str, ...]:
    """Return identity sources without the prefix that tells APIs apart: ``$``, ``method.`` or ``route.``."""
    sources = tuple(each.removeprefix("$").removeprefix("method.").removeprefix("route.") for each in expressions)
    for source in sources:
        kind, _, name = source.rpartition(".")
        in_context = source.startswith("context.") and source.removeprefix("context.") in CONTEXT
        if not in_context and not (kind in ("request.header", "request.querystring", "stageVariables") and name):
            raise StackError(f"{where}: the local stack doesn't know the identity source {source}.")
    return sources


def _function(resources: Resources, arn: Any, where: str) -> str:
    if arn is None:
        raise StackError(f"{where}: the local stack knows Lambda authorizers alone.")
    return resources.named_by(str(arn), _FUNCTION, where)
