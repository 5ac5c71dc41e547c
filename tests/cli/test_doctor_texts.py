"""What the checks of `gatepost doctor` say: of this template, in commands that there are, and as its page has it."""

import re
import shlex
from typing import Any

import pytest

from cli.diagnosis.checks import ALL
from cli.diagnosis.declared import FUNCTIONS, TABLES
from cli.diagnosis.findings import Check
from local.intrinsics import load_yaml
from tests.deploy.commands import check_aws, check_make
from tests.support import ROOT
from tools.doctor_table import PAGE, with_table

TEMPLATE_TEXT = (ROOT / "template.yaml").read_text("utf-8")
TEMPLATE = load_yaml(ROOT / "template.yaml")
RESOURCES = TEMPLATE["Resources"]
_OF_CHECKS = {name for check in ALL for name in (check.name, check.name.partition(".")[0])}
# A word of the template: a parameter with or without a value, an output, a resource.
_WORD = re.compile(r"([A-Z][A-Za-z0-9]+)(=[^ ]+)?")


def test_the_page_has_the_checks_as_they_are() -> None:
    """Where it doesn't: `.venv/bin/python tools/doctor_table.py`, with PYTHONPATH as the Makefile has it."""
    page = PAGE.read_text("utf-8")
    assert page == with_table(page)


def test_names_are_an_area_and_a_check_and_each_is_one() -> None:
    assert len({check.name for check in ALL}) == len(ALL)
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+(-[a-z]+)*", check.name) for check in ALL)
    areas = [check.name.partition(".")[0] for check in ALL]
    assert [area for place, area in enumerate(areas) if area not in areas[:place]] == [
        area for place, area in enumerate(areas) if area != areas[place - 1]
    ]


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.name)
def test_a_remedy_names_what_there_is(check: Check[Any]) -> None:
    quoted = re.findall(r"`([^`]+)`", check.remedy.format(stack="gatepost"))
    for name in re.findall(r"gatepost(-[a-z]+)", " ".join(quoted)):
        assert f'"${{AWS::StackName}}{name}"' in TEMPLATE_TEXT, name
    for text in quoted:
        words = shlex.split(text)
        if words[0] == "aws":
            check_aws([word.rstrip(",") for word in words[1:]])
        elif words[0] == "make":
            check_make(words[1:])
        elif word := _WORD.fullmatch(text):
            assert word[1] in {*TEMPLATE["Parameters"], *TEMPLATE["Outputs"], *RESOURCES}, text
        else:
            assert text in {*_OF_CHECKS, "iss", "aud", "date +%s", "GATEPOST_REVOCATION_MAX_AGE"} or words[0] == "gatepost", (
                text
            )


def test_the_functions_and_tables_are_those_of_the_template() -> None:
    of_type = {logical_id: resource["Type"] for logical_id, resource in RESOURCES.items()}
    assert set(FUNCTIONS) == {name for name, type_ in of_type.items() if type_ == "AWS::Serverless::Function"}
    assert set(TABLES) == {name for name, type_ in of_type.items() if type_ == "AWS::DynamoDB::Table"}


@pytest.mark.parametrize("logical_id", TABLES)
def test_a_table_is_as_the_template_has_it(logical_id: str) -> None:
    resource, table = RESOURCES[logical_id], TABLES[logical_id]
    properties = resource["Properties"]
    assert table.durable is (resource["DeletionPolicy"] == "Retain")
    assert table.durable is ("PointInTimeRecoverySpecification" in properties) is ("DeletionProtectionEnabled" in properties)
    assert table.expires is ("TimeToLiveSpecification" in properties)
    assert table.own_key is ("SSESpecification" in properties)
    assert table.indexes == tuple(index["IndexName"] for index in properties.get("GlobalSecondaryIndexes", ()))
    variables = RESOURCES["AccountFunction"]["Properties"]["Environment"]["Variables"]
    assert f"GATEPOST_{table.setting}" in variables
