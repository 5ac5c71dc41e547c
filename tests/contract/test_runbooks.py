"""The runbooks and the alarms: each alarm has exactly one, which the alarm, the index and the runbook itself agree on."""

import re
from pathlib import Path

import click
import pytest

from cli.app import gatepost
from local.resources import Resources
from tests.support import PARAMETERS, ROOT

RUNBOOKS = ROOT / "docs/runbooks"
PAGES = sorted(path for path in RUNBOOKS.glob("*.md") if path.name != "README.md")
PARTS = ["Symptom", "Check", "Act", "Verify"]
_ALARM = re.compile(r"`([A-Z][A-Za-z]+)`")
_ROW = re.compile(r"^\| (`.*) \| \[(.*)\]\((.*)\) \|$", re.MULTILINE)


def alarms() -> dict[str, str]:
    """The alarms of the template, each with its description."""
    resources = Resources(ROOT / "template.yaml", "gatepost", PARAMETERS)
    return {
        alarm.logical_id: str(resources.value(alarm, "AlarmDescription"))
        for alarm in resources.of_type("AWS::CloudWatch::Alarm")
    }


def text(name: str) -> str:
    return (RUNBOOKS / name).read_text("utf-8")


def test_the_description_of_each_alarm_ends_with_a_runbook_and_the_index_has_the_same() -> None:
    named = {name: found[1] for name, told in alarms().items() if (found := re.search(r" docs/runbooks/([a-z-]+\.md)$", told))}
    assert named.keys() == alarms().keys()
    rows = [(alarm, page) for cells, _, page in _ROW.findall(text("README.md")) for alarm in _ALARM.findall(cells)]
    assert sorted(rows) == sorted(named.items())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_runbook_names_its_alarms_as_symptoms_and_those_alone(page: Path) -> None:
    name = page.name
    symptom = text(name).split("## Symptom")[1].split("## Check")[0]
    its = {alarm for alarm, told in alarms().items() if told.endswith(f"docs/runbooks/{name}")}
    assert {*_ALARM.findall(symptom)} & alarms().keys() == its


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_runbook_has_its_parts_in_order_and_is_in_the_index_by_its_title(page: Path) -> None:
    name = page.name
    parts = re.findall(r"^## (.*)$", text(name), re.MULTILINE)
    assert [part for part in parts if part in PARTS] == PARTS
    title = text(name).splitlines()[0].removeprefix("# ")
    assert f"[{title}]({name})" in text("README.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_runbook_would_have_deployed_is_a_parameter(page: Path) -> None:
    known = Resources(ROOT / "template.yaml", "gatepost", PARAMETERS).parameters
    assert {*re.findall(r'`"([A-Z][A-Za-z]+)=', text(page.name))} <= known.keys()


@pytest.mark.parametrize("page", [*PAGES, RUNBOOKS / "README.md"], ids=lambda page: page.name)
def test_links_lead_somewhere_and_commands_exist(page: Path) -> None:
    name = page.name
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", text(name)):
        linked = (RUNBOOKS / (target or name)).resolve()
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    commands = gatepost.list_commands(click.Context(gatepost))
    assert {*re.findall(r"\bgatepost ([a-z][a-z-]*)", text(name))} <= {*commands}
