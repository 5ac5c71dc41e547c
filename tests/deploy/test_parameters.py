"""Every value that a deployer may want is a parameter that says what it is; samconfig.toml gives what they ask for."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from local.resources import Resources
from tests.deploy import deployments
from tests.deploy.written import DOCUMENTS, PATHS, SERVICE, name_of, referred_to
from tests.support import ROOT

PARAMETERS: dict[str, dict[str, Any]] = DOCUMENTS[SERVICE]["Parameters"]


def parameters_of(path: Path) -> dict[str, dict[str, Any]]:
    """The parameters of a template."""
    declared: dict[str, dict[str, Any]] = DOCUMENTS[path].get("Parameters", {})
    return declared


def takes(parameter: dict[str, Any], value: str) -> bool:
    """Whether CloudFormation would take `value`.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
    """
    if parameter["Type"] == "Number":
        lowest, highest = parameter.get("MinValue", 0), parameter.get("MaxValue", float("inf"))
        return value.isdecimal() and float(lowest) <= int(value) <= float(highest)
    return (
        value in parameter.get("AllowedValues", [value])
        and re.fullmatch(parameter.get("AllowedPattern", ".*"), value) is not None
        and int(parameter.get("MinLength", 0)) <= len(value) <= int(parameter.get("MaxLength", 4096))
    )


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_every_parameter_is_described_and_used(path: Path) -> None:
    used = set(referred_to({name: part for name, part in DOCUMENTS[path].items() if name != "Parameters"}))
    for name, parameter in parameters_of(path).items():
        assert len(parameter["Description"]) > 20, name
        assert parameter["Description"].endswith("."), name
        assert name in used


@pytest.mark.parametrize("path", [path for path in PATHS if "examples" not in path.parts], ids=name_of)
def test_every_parameter_stands_in_one_group(path: Path) -> None:
    groups = DOCUMENTS[path]["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(parameters_of(path))
    assert all(group["Label"]["default"] for group in groups)


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_every_default_is_a_value_that_the_parameter_takes(path: Path) -> None:
    for name, parameter in parameters_of(path).items():
        if "Default" in parameter:
            assert takes(parameter, str(parameter["Default"])), name


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_no_parameter_is_asked_for_a_secret(path: Path) -> None:
    """What is given to CloudFormation can be read there. A digest or an ARN is no secret."""
    for name in parameters_of(path):
        assert not re.search(r"(Secret|Password|Token|PrivateKey)$", name)


@pytest.mark.parametrize("deployment", deployments.NAMES)
def test_a_deployment_gives_each_parameter_what_it_takes(deployment: str) -> None:
    given = deployments.parameters(deployment)
    assert given.keys() <= PARAMETERS.keys()
    assert {name for name, parameter in PARAMETERS.items() if "Default" not in parameter} <= given.keys()
    for name, value in given.items():
        assert takes(PARAMETERS[name], value), f"{name}={value}"


def test_every_option_can_be_on_at_once() -> None:
    """Reading the template evaluates its rules."""
    everything = deployments.parameters("prod") | deployments.EVERYTHING
    assert all(takes(PARAMETERS[name], value) for name, value in everything.items())
    assert Resources(SERVICE, "with-every-option", everything)


def test_the_deployments_are_three_of_their_own() -> None:
    assert deployments.NAMES == ("dev", "staging", "prod")
    assert len({deployments.stack_name(name) for name in deployments.NAMES}) == 3


def test_nobody_deletes_the_tables_of_staging_or_prod() -> None:
    default = PARAMETERS["DeletionProtection"]["Default"]
    for name in ("staging", "prod"):
        assert deployments.parameters(name).get("DeletionProtection", default) == "true"


@pytest.mark.parametrize("deployment", ["staging", "prod"])
def test_no_alarm_stops_the_deployment_that_ends_a_restore(deployment: str) -> None:
    """docs/backup.md, C: no function runs meanwhile, so alarms of requests are on. The next deployment has the alarms again."""
    given, overridden = deployments.parameters(deployment), overrides_of(ROOT / "docs" / "backup.md")
    assert alarms_that_stop(Resources(SERVICE, "restored", given | overridden)) == set()
    assert overridden["DeploymentPreference"] == "AllAtOnce"  # none of the traffic stays with sessions of before
    # SAM takes what isn't given from the deployment before, the overrides therefore included.
    assert overridden.keys() - given.keys() == {"SessionsNotBefore"}
    assert {"RequestsFailing", "AccountThrottles"} <= alarms_that_stop(Resources(SERVICE, "restored", overridden | given))


def overrides_of(page: Path) -> dict[str, str]:
    """The parameters that the page's call of SAM gives in place of those in samconfig.toml, as the shell and SAM read them."""
    (call,) = re.findall(r"sam deploy --config-env prod --parameter-overrides ((?:.*\\\n)*.*)", page.read_text("utf-8"))
    words = (word.split("=", 1) for word in shlex.split(call.replace('"$NOT_BEFORE"', "1795423800")) if word.strip())
    return {name: value.strip('"') for name, value in words}


def alarms_that_stop(resources: Resources) -> set[str]:
    """The alarms that take an update of a function back, by their logical ids."""
    preferences = [resources.value(each, "DeploymentPreference") for each in resources.of_type("AWS::Serverless::Function")]
    told = {alarm for preference in preferences for alarm in (preference or {}).get("Alarms") or []}
    return {each.logical_id for each in resources.of_type("AWS::CloudWatch::Alarm") if resources.physical_id(each) in told}
