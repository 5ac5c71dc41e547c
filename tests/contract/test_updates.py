"""An update reaches users as a new version of each function, whatever it changes, and can be taken back (decision 0024)."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from local.intrinsics import load_yaml
from tests.support import ROOT

TEMPLATES = [ROOT / "template.yaml", ROOT / "functions" / "authorizer" / "template.yaml"]
FUNCTION = "AWS::Serverless::Function"
# What isn't part of a version, but of the function or of its deployment.
NOT_OF_A_VERSION = {"DeploymentPreference", "Events", "Metadata", "ReservedConcurrentExecutions"}


def functions(template: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The functions of a template with what is said of all of them."""
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == FUNCTION:
            yield logical_id, {**template.get("Globals", {}).get("Function", {}), **resource["Properties"]}


def everything(template: Mapping[str, Any]) -> list[Any]:
    """What is said of all functions and of each, less what isn't of a version."""
    common = template.get("Globals", {}).get("Function", {})
    said = [common, *(each["Properties"] for each in template["Resources"].values() if each["Type"] == FUNCTION)]
    return [{name: value for name, value in properties.items() if name not in NOT_OF_A_VERSION} for properties in said]


def names(value: Any, template: Mapping[str, Any]) -> Iterator[str]:
    """What `value` refers to, also by conditions."""
    match value:
        case {"Ref": str() as name}:
            yield name
        case {"Fn::GetAtt": [str() as name, str()]}:
            yield name
        case {"Fn::Sub": str() as text}:
            yield from (name.partition(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text))
        case {"Fn::If": [str() as condition, yes, no]}:
            yield from names([template["Conditions"][condition], yes, no], template)
        case dict():
            yield from names(list(value.values()), template)
        case list():
            for member in value:
                yield from names(member, template)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.parent.name)
def test_whatever_functions_are_told_makes_new_settings(path: Path) -> None:
    """Else a changed parameter would change the function, and the alias would stay with the old version."""
    template = load_yaml(path)
    resources = template["Resources"]
    told = set(names(everything(template), template)) - {"Settings", "AWS::NoValue", "AWS::StackName"}
    # Layers are seen by SAM, a role's right counts at once, and a function's name is always the same.
    apart = ("::LayerVersion", "::Role", "::Function")
    told -= {name for name in told if name in resources and resources[name]["Type"].endswith(apart)}
    in_settings = set(names(resources["Settings"]["Properties"]["Content"], template))
    assert told - in_settings == set()
    assert in_settings <= template["Parameters"].keys() | resources.keys()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.parent.name)
def test_new_settings_make_another_function_of_which_a_version_is_published(path: Path) -> None:
    template = load_yaml(path)
    for logical_id, properties in functions(template):
        assert properties["AutoPublishAlias"] == "live", logical_id
        assert properties["AutoPublishAliasAllProperties"] is True
        assert properties["VersionDescription"] == {"Fn::Sub": "settings ${Settings}"}
        own = properties["Environment"]["Variables"]
        common = template.get("Globals", {}).get("Function", {}).get("Environment", {"Variables": {}})["Variables"]
        assert (common | own)["DEPLOYED_SETTINGS"] == {"Ref": "Settings"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.parent.name)
def test_new_layers_make_new_versions(path: Path) -> None:
    template = load_yaml(path)
    common = template.get("Globals", {}).get("LayerVersion", {})
    layers = [each for each in template["Resources"].values() if each["Type"] == "AWS::Serverless::LayerVersion"]
    assert layers
    assert all((common | each["Properties"])["PublishLambdaVersion"] is True for each in layers)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.parent.name)
def test_alarms_of_a_functions_own_take_its_update_back(path: Path) -> None:
    """The one that CloudFormation alone calls has no traffic, and fails the deployment itself."""
    template = load_yaml(path)
    for logical_id, properties in functions(template):
        preference = properties["DeploymentPreference"]
        if preference.get("Enabled") is False:
            assert logical_id == "SetupFunction"
            continue
        named = [name for name in names(preference["Alarms"], template) if name in template["Resources"]]
        alarms = [template["Resources"][name] for name in named]
        assert len(alarms) >= 2
        assert {each["Type"] for each in alarms} == {"AWS::CloudWatch::Alarm"}
        about = {name for alarm in alarms for name in names(alarm["Properties"].get("Dimensions", []), template)}
        assert logical_id in about


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.parent.name)
def test_nothing_calls_a_function_but_by_its_alias(path: Path) -> None:
    """What names a function itself is its log, its alarms, the dashboard, and what adds the alias to it."""
    template = load_yaml(path)
    of = {logical_id for logical_id, _ in functions(template)}
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] in ("AWS::Logs::LogGroup", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"):
            continue
        for value in leaves(resource.get("Properties", {})):
            for name in names(value, template):
                if name in of:
                    assert str(value).endswith((f"${{{name}}}:live'}}", f"${{{name}.Arn}}:live'}}")), f"{logical_id}: {value}"


def leaves(value: Any) -> Iterator[Any]:
    """The innermost intrinsic functions of `value`."""
    if isinstance(value, dict) and value.keys() & {"Ref", "Fn::GetAtt", "Fn::Sub"}:
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member)
