"""APIs and authorizers as templates declare them: what's read, and what's refused since the local stack would leave it out."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from local.errors import StackError
from local.model import Api, Authorizer, Route, Template
from local.template import read_template

FUNCTION = {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": ".", "Handler": "app.handler"}}
ARN = {"Fn::GetAtt": ["F", "Arn"]}
URI = {"Fn::Sub": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${F.Arn}/invocations"}


def _read(tmp_path: Path, **resources: Any) -> Template:
    (tmp_path / "template.yaml").write_text(yaml.safe_dump({"Resources": {"F": FUNCTION, **resources}}))
    return read_template(tmp_path / "template.yaml", "stack")


def _with_event(kind: str, **properties: Any) -> dict[str, Any]:
    events = {"E": {"Type": kind, "Properties": {"Path": "/a", "Method": "get", **properties}}}
    return {**FUNCTION, "Properties": {**FUNCTION["Properties"], "Events": events}}  # type: ignore[dict-item]


def _http(authorizer: dict[str, Any], **auth: Any) -> dict[str, Any]:
    door = {"FunctionArn": ARN, "AuthorizerPayloadFormatVersion": "2.0", **authorizer}
    return {"Type": "AWS::Serverless::HttpApi", "Properties": {"Auth": {"Authorizers": {"Door": door}, **auth}}}


def _rest(authorizer: dict[str, Any], **properties: Any) -> dict[str, Any]:
    auth = {"DefaultAuthorizer": "Door", "Authorizers": {"Door": {"FunctionArn": ARN, **authorizer}}}
    return {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "live", "Auth": auth, **properties}}


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"EnableSimpleResponses": True}, Authorizer("Door", "F", (), 300, "2.0", simple=True)),
        ({}, Authorizer("Door", "F", (), 300, "2.0", simple=False)),
        ({"AuthorizerPayloadFormatVersion": 1.0}, Authorizer("Door", "F", (), 300, "1.0", simple=False)),
        (
            {"Identity": {"Headers": ["A"], "QueryStrings": ["q"], "StageVariables": ["v"], "Context": ["stage"]}},
            Authorizer(
                "Door",
                "F",
                ("request.header.A", "request.querystring.q", "stageVariables.v", "context.stage"),
                300,
                "2.0",
                simple=False,
            ),
        ),
        ({"Identity": {"ReauthorizeEvery": 0}}, Authorizer("Door", "F", (), 0, "2.0", simple=False)),
    ],
)
def test_an_authorizer_of_an_http_api(tmp_path: Path, declared: dict[str, Any], expected: Authorizer) -> None:
    template = _read(tmp_path, F=_with_event("HttpApi", Auth={"Authorizer": "Door"}), Api=_http(declared))
    assert template.routes == (Route("GET", "/a", "F", expected, "2.0"),)
    assert (template.api.protocol, template.api.stage) == ("HTTP", "$default")


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({}, Authorizer("Door", "F", ("request.header.Authorization",), 300, "TOKEN", simple=False)),
        (
            {"Identity": {"Header": "X-Token", "ValidationExpression": "[a-z]+", "ReauthorizeEvery": 5}},
            Authorizer("Door", "F", ("request.header.X-Token",), 5, "TOKEN", simple=False, validation="[a-z]+"),
        ),
        (
            {"FunctionPayloadType": "REQUEST", "Identity": {"Headers": ["A"], "Context": ["httpMethod"]}},
            Authorizer("Door", "F", ("request.header.A", "context.httpMethod"), 300, "REQUEST", simple=False),
        ),
        (
            {"FunctionPayloadType": "REQUEST", "Identity": {"ReauthorizeEvery": 0}},
            Authorizer("Door", "F", (), 0, "REQUEST", simple=False),
        ),
    ],
)
def test_an_authorizer_of_a_rest_api(tmp_path: Path, declared: dict[str, Any], expected: Authorizer) -> None:
    template = _read(tmp_path, F=_with_event("Api"), Api=_rest(declared, Variables={"v": 1}))
    assert template.routes == (Route("GET", "/a", "F", expected, "1.0"),)
    assert template.api == Api(template.api.id, "REST", "live", {"v": "1"})
    without = _read(tmp_path, F=_with_event("Api", Auth={"Authorizer": "NONE"}), Api=_rest(declared))
    assert without.routes == (Route("GET", "/a", "F", None, "1.0"),)


def _gateway_api(protocol: str, authorizer: dict[str, Any], **route: Any) -> dict[str, Any]:
    api = {"Ref": "Api"}
    integration = {"IntegrationType": "AWS_PROXY", "IntegrationUri": URI, "PayloadFormatVersion": "1.0"}
    properties = {"AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": "Door"}, "Target": {"Fn::Sub": "integrations/${I}"}}
    selection = {"RouteSelectionExpression": "$request.body.a.b"}
    door = {"ApiId": api, "AuthorizerType": "REQUEST", "AuthorizerUri": URI, **authorizer}
    return {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": protocol, **selection}},
        "Stage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"StageName": "live", "StageVariables": {"v": 1}}},
        "I": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": integration},
        "Door": {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": door},
        "R": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"RouteKey": "$connect", **properties, **route}},
    }


def test_a_websocket_api_with_its_authorizer(tmp_path: Path) -> None:
    source = {"IdentitySource": ["route.request.header.Authorization", "context.identity.sourceIp"]}
    template = _read(tmp_path, **_gateway_api("WEBSOCKET", source))
    door = Authorizer("Door", "F", ("request.header.Authorization", "context.identity.sourceIp"), 0, "REQUEST", simple=False)
    assert template.routes == (Route("", "$connect", "F", door, "1.0"),)
    assert template.api == Api(template.api.id, "WEBSOCKET", "live", {"v": "1"}, "a.b")


def test_an_http_api_of_plain_resources_with_its_authorizer(tmp_path: Path) -> None:
    declared = {
        "Name": "Gate",
        "AuthorizerPayloadFormatVersion": "2.0",
        "EnableSimpleResponses": True,
        "IdentitySource": ["$request.header.A", "$stageVariables.v"],
        "AuthorizerResultTtlInSeconds": 7,
    }
    template = _read(tmp_path, **_gateway_api("HTTP", declared, RouteKey="GET /a"))
    door = Authorizer("Gate", "F", ("request.header.A", "stageVariables.v"), 7, "2.0", simple=True)
    assert template.routes == (Route("GET", "/a", "F", door, "1.0"),)


def test_a_route_responds_if_it_and_a_response_say_so(tmp_path: Path) -> None:
    resources = _gateway_api("WEBSOCKET", {}, RouteKey="say", RouteResponseSelectionExpression="$default")
    (without,) = _read(tmp_path, **resources).routes
    response = {
        "Type": "AWS::ApiGatewayV2::RouteResponse",
        "Properties": {"RouteId": {"Ref": "R"}, "RouteResponseKey": "$default"},
    }
    (route,) = _read(tmp_path, **resources, Response=response).routes
    assert (without.responds, route.responds) == (False, True)


EVENT = _with_event("HttpApi")
REQUEST = {"FunctionPayloadType": "REQUEST"}


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"Api": _http({"AuthorizerPayloadFormatVersion": "1.0", "EnableSimpleResponses": True})}, "is 2.0, or 1.0 without"),
        ({"Api": _http({"AuthorizerPayloadFormatVersion": None})}, "is 2.0, or 1.0 without"),
        ({"Api": _http({"JwtConfiguration": {}})}, "authorizer Door: the local stack doesn't know JwtConfiguration"),
        ({"Api": _http({"Identity": {"Context": ["colour"]}})}, "doesn't know the identity source context.colour"),
        ({"Api": _http({"Identity": {"Cookies": ["a"]}})}, "Identity: the local stack doesn't know Cookies"),
        ({"Api": _http({}, EnableIamAuthorizer=True)}, "Auth: the local stack doesn't know EnableIamAuthorizer"),
        ({"Api": _rest(REQUEST)}, "without identity sources, ReauthorizeEvery must be 0"),
        ({"Api": _rest({"FunctionPayloadType": "2.0"})}, "FunctionPayloadType is TOKEN or REQUEST, not 2.0"),
        ({"Api": _rest({"UserPoolArn": "x"})}, "doesn't know UserPoolArn"),
        ({"Api": _rest({"Identity": {"Headers": ["A"]}})}, "Identity: the local stack doesn't know Headers"),
        ({"Api": _rest({"Identity": {"ValidationExpression": "["}})}, r"\[ is no regular expression here"),
        ({"Api": _rest({}, BinaryMediaTypes=["*/*"])}, "Resource Api: the local stack doesn't know BinaryMediaTypes"),
        ({"F": _with_event("Api", Auth={"ApiKeyRequired": True}), "Api": _rest({})}, "doesn't know ApiKeyRequired"),
        ({"F": _with_event("HttpApi"), "Api": _rest({})}, "an HttpApi event, but the API is of the kind REST"),
        (_gateway_api("WEBSOCKET", {"AuthorizerResultTtlInSeconds": 7}), "doesn't know AuthorizerResultTtlInSeconds"),
        (_gateway_api("WEBSOCKET", {"AuthorizerType": "JWT"}), "authorizers of the type REQUEST alone"),
        (_gateway_api("WEBSOCKET", {"AuthorizerUri": None}), "knows Lambda authorizers alone"),
        (_gateway_api("WEBSOCKET", {"IdentitySource": ["route.request.body.a"]}), "the identity source request.body.a"),
        (_gateway_api("WEBSOCKET", {}, AuthorizerId="other"), "has no CUSTOM authorizer other"),
        (_gateway_api("WEBSOCKET", {}, AuthorizationType="AWS_IAM"), "has no AWS_IAM authorizer"),
        (
            {"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "WEBSOCKET"}}},
            r"selects routes by \$request.body.NAME, not None",
        ),
    ],
)
def test_what_would_run_otherwise_here_than_there_is_refused(tmp_path: Path, resources: dict[str, Any], message: str) -> None:
    with pytest.raises(StackError, match=message):
        _read(tmp_path, **resources)
