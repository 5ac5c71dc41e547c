"""What a deployer says is refused where it contradicts itself, and told why; the rest follows from it."""

import json
import tomllib
from typing import Any

import pytest

from local.errors import StackError
from local.intrinsics import load_yaml
from local.resources import HTTP_APIS, Resource, Resources
from local.template import read_template
from tests.support import AUDIENCE, ISSUER, PARAMETERS, ROOT

PATH = ROOT / "template.yaml"
DIGEST = "0" * 64
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
DOMAIN = {"DomainName": "auth.example.com", "CertificateArn": CERTIFICATE}
REQUIRED = {"Audience": AUDIENCE, "MailFrom": "no-reply@example.com", "FirstAdminEmail": "admin@example.com"}
LEVELS: list[str] = load_yaml(PATH)["Parameters"]["LogLevel"]["AllowedValues"]


def issuer(**parameters: str) -> str:
    """The issuer of a deployment with these parameters, as its functions are told."""
    environments = [each.environment for each in read_template(PATH, "test", REQUIRED | parameters).functions.values()]
    (found,) = {environment["GATEPOST_ISSUER"] for environment in environments if "GATEPOST_ISSUER" in environment}
    return found


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"DomainName": "auth.example.com"}, "DomainName needs CertificateArn"),
        ({"CertificateArn": CERTIFICATE}, "are for DomainName, which is empty"),
        ({"HostedZoneId": "Z1"}, "are for DomainName, which is empty"),
        ({"Edge": "cloudfront"}, "needs EdgeSecretSha256"),
        ({"Edge": "cloudfront", "EdgeSecretSha256": DIGEST, "Issuer": ""}, "needs Issuer"),
        ({"Audience": ISSUER}, "Audience must not be Issuer"),
        ({"Alarms": "false", "DeploymentPreference": "AllAtOnce", "AlarmEmail": "a@example.com"}, "AlarmEmail is for Alarms"),
        ({"Alarms": "false"}, "nothing takes a bad update back"),
    ],
)
def test_a_contradiction_is_refused(parameters: dict[str, str], why: str) -> None:
    with pytest.raises(StackError, match=why):
        Resources(PATH, "test", PARAMETERS | parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        DOMAIN,
        DOMAIN | {"HostedZoneId": "Z1"},
        {"Edge": "cloudfront", "EdgeSecretSha256": DIGEST},
        {"Edge": "cloudfront", "EdgeSecretSha256": f"{DIGEST},{DIGEST}", **DOMAIN},
        {"Alarms": "false", "DeploymentPreference": "AllAtOnce"},
        {"AlarmEmail": "a@example.com"},
    ],
)
def test_what_goes_together_is_taken(parameters: dict[str, str]) -> None:
    assert Resources(PATH, "test", PARAMETERS | parameters)


def test_the_issuer_is_the_one_that_is_given_or_the_domain_or_the_apis_own_address() -> None:
    assert issuer(Issuer=ISSUER, **DOMAIN) == ISSUER
    assert issuer(**DOMAIN) == "https://auth.example.com"
    resources = Resources(PATH, "test", REQUIRED)
    (api,) = resources.of_type(*HTTP_APIS)
    assert issuer() == f"https://{resources.physical_id(api)}.execute-api.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(("parameters", "closed"), [({}, False), (DOMAIN, True)])
def test_with_a_domain_the_apis_own_address_is_closed(parameters: dict[str, str], closed: bool) -> None:
    resources = Resources(PATH, "test", REQUIRED | parameters)
    (api,) = resources.of_type(*HTTP_APIS)
    assert resources.value(api, "DisableExecuteApiEndpoint") is closed
    assert len(list(resources.of_type("AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::ApiMapping"))) == 2 * closed


def test_every_deployment_of_samconfig_is_taken_and_two_of_them_share_no_name() -> None:
    config: dict[str, Any] = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))
    names: list[str] = []
    for name in ("dev", "staging", "prod"):
        said = config[name]["global"]["parameters"]
        parameters = dict(each.split("=", 1) for each in said["parameter_overrides"])
        template = read_template(PATH, said["stack_name"], parameters)
        names += [function.name for function in template.functions.values()]
        assert template.functions.keys() == read_template(PATH, "test", PARAMETERS).functions.keys()
    assert len(names) == len(set(names))


def test_routes_that_hash_a_password_are_throttled_as_the_deployer_says_and_only_public_documents_more_freely() -> None:
    """CASES Z-19. A setting of a route wants the route to be there."""
    resources = Resources(PATH, "test", PARAMETERS | {"RequestsPerSecond": "7", "RequestsAtOnce": "9"})
    (stage,) = resources.of_type("AWS::ApiGatewayV2::Stage")
    assert resources.value(stage, "DefaultRouteSettings") == {"ThrottlingRateLimit": "7", "ThrottlingBurstLimit": "9"}
    freely = {"GET /.well-known/jwks.json", "GET /.well-known/gatepost/revocations"}
    assert resources.value(stage, "RouteSettings").keys() == freely
    routes = {str(resources.value(each, "RouteKey")): each.logical_id for each in resources.of_type("AWS::ApiGatewayV2::Route")}
    assert {routes[key] for key in freely} == set(depends_on(stage))


@pytest.mark.parametrize("level", LEVELS)
def test_no_level_of_the_log_makes_lambda_drop_the_lines_of_metrics(level: str) -> None:
    """They have no level, which Lambda takes for INFO.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    """
    resources = Resources(PATH, "test", REQUIRED | {"LogLevel": level})
    common = resources.globals["Function"]
    assert resources.resolve(common["Environment"], "Globals")["Variables"]["POWERTOOLS_LOG_LEVEL"] == level
    logging = resources.resolve(common["LoggingConfig"], "Globals")
    assert logging["ApplicationLogLevel"] == ("DEBUG" if level == "DEBUG" else "INFO")


def depends_on(resource: Resource) -> list[str]:
    """What a resource waits for."""
    found: list[str] = load_yaml(PATH)["Resources"][resource.logical_id]["DependsOn"]
    return found


def test_z19_the_access_log_has_neither_paths_nor_queries_nor_headers() -> None:
    fields = load_yaml(PATH)["Resources"]["HttpStage"]["Properties"]["AccessLogSettings"]["Format"]
    assert json.loads(fields)["route"] == "$context.routeKey"
    assert len(fields.splitlines()) == 1  # or API Gateway refuses the stage
    assert not [word for word in ("path", "Path", "query", "authorizer", "header", "Header") if f".{word}" in fields]
