"""Names and values of resources: aliases, parameters of SSM, and the rules that a template has for its own parameters."""

from pathlib import Path

import pytest

from local.errors import StackError
from local.resources import Resources

TEMPLATE = """
Parameters:
  Kind: { Type: String, Default: plain }
  Secret: { Type: String, Default: "" }
Rules:
  SecretKind:
    RuleCondition: !Equals [!Ref Kind, secret]
    Assertions:
      - Assert: !Not [!Equals [!Ref Secret, ""]]
        AssertDescription: A secret kind needs Secret.
  Always:
    Assertions:
      - Assert: !Not [!Equals [!Ref Kind, none]]
        AssertDescription: There has to be a kind.
Globals:
  Function: { AutoPublishAlias: live }
Resources:
  Shop: { Type: AWS::Serverless::Function }
  Shopper:
    Type: AWS::Serverless::Function
    Properties: { AutoPublishAlias: next, FunctionName: !Sub "${AWS::StackName}-shop" }
  Address: { Type: AWS::SSM::Parameter, Properties: { Value: !Sub "https://${Kind}.example.com" } }
"""
FUNCTION = "AWS::Serverless::Function"
SHOP = "arn:aws:lambda:eu-west-1:123456789012:function:x-Shop"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    return file


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "Shop.Alias"}, f"{SHOP}:live"),
        ({"Fn::Sub": "${Shop.Alias}/invocations"}, f"{SHOP}:live/invocations"),
        ({"Ref": "Shopper.Alias"}, "arn:aws:lambda:eu-west-1:123456789012:function:x-shop:next"),
        ({"Fn::GetAtt": ["Address", "Value"]}, "https://plain.example.com"),
    ],
)
def test_aliases_and_parameters_have_their_values(path: Path, value: dict[str, object], resolved: str) -> None:
    assert Resources(path, "x", {}).resolve(value, "here") == resolved


@pytest.mark.parametrize("reference", ["Nobody.Alias", "Shop.Version", "Address.Alias"])
def test_what_has_no_such_thing_is_told(path: Path, reference: str) -> None:
    with pytest.raises(StackError, match=f"here: !Ref {reference} names no"):
        Resources(path, "x", {}).resolve({"Ref": reference}, "here")


@pytest.mark.parametrize("arn", [SHOP, f"{SHOP}:live", f"{SHOP}:7", f"arn:aws:apigateway:x:path/{SHOP}:live/invocations"])
def test_a_function_is_known_by_its_arn_and_by_what_contains_it(path: Path, arn: str) -> None:
    assert Resources(path, "x", {}).named_by(arn, FUNCTION, "here") == "Shop"


def test_a_longer_name_is_another_function(path: Path) -> None:
    with pytest.raises(StackError, match="is no AWS::Serverless::Function of this template"):
        Resources(path, "x", {}).named_by(f"{SHOP}-2", FUNCTION, "here")


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"Kind": "secret"}, "Rule SecretKind: A secret kind needs Secret"),
        ({"Kind": "none"}, "Rule Always: There has to be a kind"),
    ],
)
def test_a_template_refuses_what_its_rules_refuse(path: Path, parameters: dict[str, str], why: str) -> None:
    with pytest.raises(StackError, match=why):
        Resources(path, "x", parameters)
    assert Resources(path, "x", {"Kind": "secret", "Secret": "s"})
