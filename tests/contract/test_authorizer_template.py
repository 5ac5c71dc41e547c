"""The authorizer's own template: deployable alone, told all there is to tell, asked by whom it names and by nobody else."""

import pytest

from local.aws import embedded_aws
from local.errors import StackError
from local.intrinsics import load_yaml
from local.resources import Resources
from local.stack import Stack
from tests.support import AUDIENCE, ISSUER, ROOT

PATH = ROOT / "functions" / "authorizer" / "template.yaml"
REQUIRED = {"Issuer": ISSUER, "Audience": AUDIENCE, "Routes": "GET /me = authenticated"}
OWN = "arn:aws:execute-api:eu-west-1:123456789012:*/authorizers/*"


def _resources(**parameters: str) -> Resources:
    return Resources(PATH, "authorizer", REQUIRED | parameters)


@pytest.mark.parametrize("name", REQUIRED)
def test_it_is_not_deployed_without_what_it_needs(name: str) -> None:
    with pytest.raises(StackError, match=f"needs a value for the parameter {name}"):
        Resources(PATH, "authorizer", {key: value for key, value in REQUIRED.items() if key != name})


def test_its_function_starts_and_refuses_who_has_no_token() -> None:
    with embedded_aws() as mailbox, Stack(PATH, mailbox, name="authorizer", parameters=REQUIRED) as stack:
        function = stack.functions["AuthorizerFunction"]
        with pytest.raises(Exception, match=r"^Unauthorized$"):
            function.invoke({"version": "2.0", "type": "REQUEST"})
    # All that the contract knows, but for GATEPOST_JWKS: an environment is too small for keys beside rules.
    assert {name: value for name, value in function.definition.environment.items() if name.startswith("GATEPOST_")} == {
        "GATEPOST_ISSUER": ISSUER,
        "GATEPOST_AUDIENCE": AUDIENCE,
        "GATEPOST_ROUTES": "GET /me = authenticated",
        "GATEPOST_DEFAULT": "deny",
        "GATEPOST_V2_RESPONSE": "simple",
        "GATEPOST_REVOCATION_MAX_AGE": "10",
    }


@pytest.mark.parametrize(
    ("apis", "others"),
    [
        ("", []),
        ("111122223333:abc123", ["111122223333:abc123"]),
        ("111122223333:abc123,444455556666:*", ["111122223333:abc123", "444455556666:*"]),
        ("1:a,2:b,3:c", ["1:a", "2:b", "3:c"]),
    ],
)
def test_z19_the_authorizers_of_named_apis_may_ask_it_and_nobody_else(apis: str, others: list[str]) -> None:
    resources = _resources(Apis=apis)
    permissions = list(resources.of_type("AWS::Lambda::Permission"))
    assert {resources.value(each, "Principal") for each in permissions} == {"apigateway.amazonaws.com"}
    assert {resources.value(each, "Action") for each in permissions} == {"lambda:InvokeFunction"}
    expected = [OWN, *(f"arn:aws:execute-api:eu-west-1:{api}/authorizers/*" for api in others)]
    assert [resources.value(each, "SourceArn") for each in permissions] == expected


@pytest.mark.parametrize(
    ("readers", "granted"),
    [
        ("", set()),
        ("111122223333", {("111122223333", None)}),
        ("o-a1b2c3d4e5", {("*", "o-a1b2c3d4e5")}),
    ],
)
def test_z19_the_layers_are_for_those_that_are_named(readers: str, granted: set[tuple[str, str | None]]) -> None:
    resources = _resources(LayersFor=readers)
    permissions = list(resources.of_type("AWS::Lambda::LayerVersionPermission"))
    assert {(resources.value(each, "Principal"), resources.value(each, "OrganizationId")) for each in permissions} == granted
    assert len(permissions) == (2 if granted else 0)
    assert {resources.value(each, "Action") for each in permissions} <= {"lambda:GetLayerVersion"}


def test_each_level_of_the_log_is_one_that_lambda_knows() -> None:
    """Python's WARNING is none: the function could not be deployed."""
    template = load_yaml(PATH)
    (function,) = [each for each in template["Resources"].values() if each["Type"] == "AWS::Serverless::Function"]
    assert function["Properties"]["LoggingConfig"]["ApplicationLogLevel"] == {"Ref": "LogLevel"}
    assert {*template["Parameters"]["LogLevel"]["AllowedValues"]} <= {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}
