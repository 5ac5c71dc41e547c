"""docs/events.md and docs/events/v1.json say of domain events what the code does; the template passes over the others."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gatepost.domain_events.catalogue import PUBLISHED, UNPUBLISHED, VERSION, DomainEvent
from local.intrinsics import load_yaml
from tests.support import ROOT

SCHEMA: dict[str, Any] = json.loads((ROOT / "docs/events/v1.json").read_text("utf-8"))
PAGE = (ROOT / "docs/events.md").read_text("utf-8")
TYPES = {event.type for event in PUBLISHED.values()}


def of_type(type_: str) -> list[DomainEvent]:
    return [event for event in PUBLISHED.values() if event.type == type_]


def members(event: DomainEvent) -> set[str]:
    """What is told of an event beside what is told of all."""
    named = {event.about, *event.also} - {None}
    return {"roles" if name == "role" else str(name) for name in named}


def test_the_schema_is_one_and_describes_all_types_and_no_other() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$defs"].keys() == TYPES
    conditions = {entry["if"]["properties"]["type"]["const"]: entry["then"]["$ref"] for entry in SCHEMA["allOf"]}
    assert conditions == {type_: f"#/$defs/{type_}" for type_ in TYPES}
    assert SCHEMA["properties"]["version"] == {"const": VERSION, "description": "Of this form."}


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_the_schema_says_of_a_type_what_the_code_tells(type_: str) -> None:
    described, events = SCHEMA["$defs"][type_], of_type(type_)
    reasons = [event.reason for event in events if event.reason]
    ended = {event.sessions_ended for event in events if event.sessions_ended}
    given = {name for name in described["properties"] if name not in ("reason", "sessions_ended")}
    assert given == {name for event in events for name in members(event)}
    assert described["properties"].get("reason", {}).get("examples", []) == reasons
    assert set(described["properties"].get("sessions_ended", {}).get("enum", [])) == ended
    assert set(described["required"]) <= given | {"reason", "sessions_ended"}
    assert given <= SCHEMA["properties"].keys()


def test_within_a_version_members_and_types_may_come() -> None:
    """Who validates by this schema must not refuse what comes later."""
    later = {
        "version": "1",
        "id": "a" * 32,
        "type": "passkey.created",
        "at": "2026-11-23T08:30:00.250Z",
        "issuer": "https://auth.example.com",
        "request_id": "1",
        "colour": "green",
    }
    assert Draft202012Validator(SCHEMA).is_valid(later)
    assert not Draft202012Validator(SCHEMA).is_valid(later | {"version": "2"})
    assert not Draft202012Validator(SCHEMA).is_valid(later | {"type": "user.deleted"})


def test_the_page_has_a_line_for_each_type_with_its_reasons() -> None:
    lines = dict(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|(.*)\|$", PAGE, re.MULTILINE))
    assert lines.keys() == TYPES
    for type_, line in lines.items():
        described, _, reasons, ended = (cell.strip() for cell in line.rsplit("|", 3))
        assert described.startswith(SCHEMA["$defs"][type_]["description"])
        assert re.findall("`(.*?)`", reasons) == [event.reason for event in of_type(type_) if event.reason]
        assert set(re.findall("`(.*?)`", ended)) == {event.sessions_ended for event in of_type(type_) if event.sessions_ended}


def test_the_pages_example_is_one() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    event = json.loads(example)
    Draft202012Validator(SCHEMA).validate(event["detail"])
    assert event["detail-type"] == event["detail"]["type"]


def test_the_event_source_passes_over_what_is_not_published() -> None:
    """So that sign-ins that fail, of which an attacker decides how many there are, don't even call the function."""
    function = load_yaml(ROOT / "template.yaml")["Resources"]["EventsFunction"]["Properties"]
    (pattern,) = function["Events"]["Audit"]["Properties"]["FilterCriteria"]["Filters"]
    filtered = json.loads(pattern["Pattern"])
    assert filtered["eventName"] == ["INSERT"]
    (rule,) = filtered["dynamodb"]["NewImage"]["event"]["S"]
    assert set(rule["anything-but"]) == {str(event) for event in UNPUBLISHED}
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    assert len(pattern["Pattern"]) <= 4096
