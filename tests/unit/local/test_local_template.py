"""Reading templates: the shop of the tests, and the one that is deployed."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from local.errors import StackError
from local.model import Authorizer, Route, Schedule, StreamSource, Template
from local.template import read_template

DEPLOYED = Path(__file__).parents[3] / "template.yaml"


@pytest.fixture
def shop(shop_template: Path) -> Template:
    return read_template(shop_template, "shop", {"Greeting": "Hello"})


def test_functions_have_their_globals_environment_and_layers(shop: Template, shop_template: Path) -> None:
    function = shop.functions["ApiFunction"]
    assert (function.name, function.handler, function.code) == ("shop-ApiFunction", "app.handler", shop_template.parent / "api")
    assert (function.timeout, function.memory) == (7, 256)
    assert function.layers == (shop_template.parent / "layer" / "python",)
    assert function.environment == {
        "STAGE": "dev",
        "SHOUT": "false",
        "GREETING": "Hello, tester!",
        "TABLE": "shop-OrdersTable",
    }


def test_events_become_streams_and_schedules(shop: Template) -> None:
    mailer = shop.functions["MailerFunction"]
    assert mailer.streams == (
        StreamSource("OrdersTable", batch_size=10, filters=({"eventName": ["INSERT"]},), report_failures=True, max_retries=2),
    )
    assert mailer.schedules == (Schedule("MailerFunction.Daily", "rate(1 day)", {"daily": True}),)


def test_sam_routes_take_the_default_authorizer_unless_they_decline(shop: Template) -> None:
    door = Authorizer("Door", "DoorFunction", ("request.header.Authorization", "context.httpMethod", "context.path"), ttl=60)
    assert shop.routes == (
        Route("GET", "/status", "ApiFunction"),
        Route("GET", "/orders/{id}", "ApiFunction", door),
        Route("POST", "/orders", "ApiFunction"),
        Route("ANY", "/odd/{proxy+}", "ApiFunction"),
    )


def test_conditions_decide_which_resources_there_are(shop: Template, shop_template: Path) -> None:
    assert set(shop.tables) == {"OrdersTable"}
    production = read_template(shop_template, "shop", {"Greeting": "Hello", "Stage": "prod"})
    assert set(production.tables) == {"OrdersTable", "OnlyInProduction"}
    assert production.functions["ApiFunction"].environment["GREETING"] == "Hello, world!"
    assert production.functions["ApiFunction"].environment["NOWHERE"] == "somewhere"


def test_custom_resources_know_their_function(shop: Template) -> None:
    (setup,) = shop.custom_resources
    assert (setup.logical_id, setup.type, setup.function) == ("Setup", "Custom::Setup", "SetupFunction")
    assert setup.properties["Retries"] == 3


def test_keys_and_apis_keep_their_ids_from_start_to_start(shop: Template, shop_template: Path) -> None:
    again = read_template(shop_template, "shop", {"Greeting": "Hi"})
    assert (again.keys, again.api) == (shop.keys, shop.api)
    assert shop.functions["MailerFunction"].environment["KEY"].endswith(f":key/{shop.keys[0]}")


def test_a_missing_or_unknown_parameter_is_named(shop_template: Path) -> None:
    with pytest.raises(StackError, match="needs a value for the parameter Greeting"):
        read_template(shop_template, "shop")
    with pytest.raises(StackError, match=r"has no parameter Greting. It has: Greeting, MailFrom, Stage, SetupReason\."):
        read_template(shop_template, "shop", {"Greeting": "Hello", "Greting": "typo"})


def test_the_deployed_template_with_its_plain_api_gateway_resources() -> None:
    template = read_template(
        DEPLOYED,
        "gatepost-local",
        {
            "Issuer": "http://localhost:3000",
            "Audience": "https://api.example.com",
            "FirstAdminEmail": "first@example.com",
            "MailFrom": "no-reply@example.com",
        },
    )
    assert Route("POST", "/v1/auth/register", "AccountFunction") in template.routes
    assert Route("OPTIONS", "/{proxy+}", "AccountFunction") in template.routes
    assert template.tables["UsersTable"].name == "gatepost-local-UsersTable"
    account = template.functions["AccountFunction"]
    assert account.environment["GATEPOST_ISSUER"] == "http://localhost:3000"
    assert account.environment["GATEPOST_KMS_KEY_ID"].endswith(template.keys[0])
    assert [layer.name for layer in account.layers] == ["runtime", "api", "python", "python"]


def test_without_an_issuer_it_is_the_apis_own_address() -> None:
    template = read_template(
        DEPLOYED,
        "s",
        {"Audience": "https://api.example.com", "FirstAdminEmail": "first@example.com", "MailFrom": "no-reply@example.com"},
    )
    issuer = template.functions["AccountFunction"].environment["GATEPOST_ISSUER"]
    assert issuer == f"https://{template.api.id}.execute-api.eu-west-1.amazonaws.com"


def _function(**events: Any) -> dict[str, Any]:
    return {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": ".", "Handler": "app.handler", "Events": events}}


def _http(**properties: Any) -> dict[str, Any]:
    return {"Type": "HttpApi", "Properties": {"Path": "/a", "Method": "GET", **properties}}


_INTEGRATION = {
    "Type": "AWS::ApiGatewayV2::Integration",
    "Properties": {
        "IntegrationType": "AWS_PROXY",
        "PayloadFormatVersion": "2.0",
        "IntegrationUri": {"Fn::Sub": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${F.Arn}/invocations"},
    },
}
_ROUTE = {
    "Type": "AWS::ApiGatewayV2::Route",
    "Properties": {"RouteKey": "$default", "Target": {"Fn::Sub": "integrations/${I}"}},
}


def _read(tmp_path: Path, resources: dict[str, Any], **sections: Any) -> Template:
    (tmp_path / "template.yaml").write_text(yaml.safe_dump({"Resources": resources, **sections}))
    return read_template(tmp_path / "template.yaml", "stack")


def test_an_integration_uri_may_name_the_invocation(tmp_path: Path) -> None:
    template = _read(tmp_path, {"F": _function(), "I": _INTEGRATION, "R": _ROUTE})
    assert template.routes == (Route("", "$default", "F"),)
    assert template.routes[0].key == "$default"


def test_sams_implicit_api_takes_its_authorizers_from_the_globals(tmp_path: Path) -> None:
    door = {
        "FunctionArn": {"Fn::GetAtt": ["F", "Arn"]},
        "AuthorizerPayloadFormatVersion": "2.0",
        "EnableSimpleResponses": True,
    }
    globals_ = {"HttpApi": {"Auth": {"DefaultAuthorizer": "Door", "Authorizers": {"Door": door}}}}
    template = _read(tmp_path, {"F": _function(A=_http())}, Globals=globals_)
    assert template.routes == (Route("GET", "/a", "F", Authorizer("Door", "F", (), ttl=300)),)


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"F": _function(A={"Type": "SQS"})}, "Resource F, event A: the local stack has no SQS events"),
        ({"F": _function(A=_http(PayloadFormatVersion="3.0"))}, "the payload format is 1.0 or 2.0, not 3.0"),
        ({"F": _function(A=_http(Auth={"AuthorizationScopes": ["a"]}))}, "event A, Auth: .* doesn't know AuthorizationScopes"),
        ({"F": _function(A=_http(Cors=True))}, "event A: the local stack doesn't know Cors"),
        (
            {"F": _function(A={"Type": "Api", "Properties": {"Path": "/a", "Method": "GET"}})},
            "an Api event, but the API",
        ),
        ({"F": _function(A=_http(Auth={"Authorizer": "Door"}))}, "its API has no authorizer Door"),
        (
            {"F": _function(), "I": _INTEGRATION, "R": {**_ROUTE, "Properties": {"RouteKey": "GET /", "Target": "x"}}},
            "its Target x",
        ),
        (
            {"F": _function(), "I": _INTEGRATION, "R": {**_ROUTE, "Properties": {"AuthorizationType": "JWT"}}},
            "Resource R: the local stack has no JWT authorizer None",
        ),
        ({"F": _function(A={"Type": "DynamoDB", "Properties": {"Stream": "arn:x"}})}, "arn:x is no AWS::DynamoDB::Table"),
        (
            {"A": {"Type": "AWS::Serverless::HttpApi"}, "B": {"Type": "AWS::ApiGatewayV2::Api"}},
            "has 2 APIs",
        ),
    ],
)
def test_what_would_run_otherwise_here_than_there_is_refused(tmp_path: Path, resources: dict[str, Any], message: str) -> None:
    with pytest.raises(StackError, match=message):
        _read(tmp_path, resources)
