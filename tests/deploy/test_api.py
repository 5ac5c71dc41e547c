"""The HTTP API from outside: throttled, logged without what nobody may read, named by a parameter."""

import json
import re

import pytest

from tests.deploy.resources import default, of_service
from tests.deploy.written import DOCUMENTS, SERVICE

pytestmark = pytest.mark.deploy

# Of a request, a log may tell these: no query, no path with ids or tokens in it, no header, nothing of the authorizer.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
MAY_BE_LOGGED = {
    "error.message",
    "error.responseType",
    "extendedRequestId",
    "httpMethod",
    "identity.sourceIp",
    "integration.error",
    "integration.integrationStatus",
    "integration.latency",
    "integration.requestId",
    "integration.status",
    "protocol",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "responseLatency",
    "responseLength",
    "routeKey",
    "stage",
    "status",
}


def test_z19_every_route_is_throttled() -> None:
    for stage in of_service("AWS::ApiGatewayV2::Stage").values():
        settings = [stage.properties["DefaultRouteSettings"], *stage.properties.get("RouteSettings", {}).values()]
        for setting in settings:
            for name in ("ThrottlingRateLimit", "ThrottlingBurstLimit"):
                assert 0 < default(SERVICE, setting[name]) <= 5000


def test_z19_a_route_with_a_throttle_of_its_own_is_one() -> None:
    routes = {route.properties["RouteKey"] for route in of_service("AWS::ApiGatewayV2::Route").values()}
    for stage in of_service("AWS::ApiGatewayV2::Stage").values():
        assert stage.properties.get("RouteSettings", {}).keys() <= routes


def test_z19_requests_are_logged_as_json_without_secrets() -> None:
    groups = of_service("AWS::Logs::LogGroup")
    for stage in of_service("AWS::ApiGatewayV2::Stage").values():
        log = stage.properties["AccessLogSettings"]
        assert log["DestinationArn"]["Fn::GetAtt"][0] in groups
        line = json.loads(log["Format"])
        variables = {str(value).removeprefix("$context.") for value in line.values()}
        assert variables <= MAY_BE_LOGGED
        assert {"requestId", "identity.sourceIp", "routeKey", "status"} <= variables


def test_no_output_or_parameter_of_other_stacks_holds_a_secret() -> None:
    names = [parameter.properties["Name"]["Fn::Sub"] for parameter in of_service("AWS::SSM::Parameter").values()]
    names += DOCUMENTS[SERVICE]["Outputs"]
    assert not [name for name in names if re.search(r"secret|password|token|private", name, re.IGNORECASE)]


def test_other_stacks_find_what_they_need() -> None:
    names = {parameter.properties["Name"]["Fn::Sub"] for parameter in of_service("AWS::SSM::Parameter").values()}
    prefix = "/gatepost/${AWS::StackName}/"
    tables = {name.removesuffix("Table").lower() for name in of_service("AWS::DynamoDB::Table")}
    wanted = {"issuer", "audience", "event-bus-arn", "layers/runtime-arn", "layers/verifier-arn"}
    assert names == {f"{prefix}{name}" for name in wanted | {f"tables/{table}" for table in tables}}


def test_every_output_says_what_it_is() -> None:
    outputs = DOCUMENTS[SERVICE]["Outputs"]
    assert {"Issuer", "ApiEndpoint", "Audience", "RuntimeLayerArn", "VerifierLayerArn", "EventBusArn"} <= outputs.keys()
    assert all(output["Description"] for output in outputs.values())
