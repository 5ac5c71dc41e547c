"""What was published: events of a bus by whom they're about, their schema, and records of the Audit table's stream."""

import itertools
import json
from typing import Any

from jsonschema import Draft202012Validator

from gatepost.identifiers import new_id
from gatepost.storage.writes import Item, to_dynamodb
from local.stack import Stack
from tests.support import ROOT

Detail = dict[str, Any]

SCHEMA: dict[str, Any] = json.loads((ROOT / "docs/events/v1.json").read_text("utf-8"))
_COMMON = set(SCHEMA["required"]) | {"actor"}
_validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
_numbers = itertools.count(1000)


def published(stack: Stack, user_id: str | None = None) -> list[Detail]:
    """Return the `detail` of what was published (about a user), oldest first, having checked that each is as documented."""
    events = [event for event in reversed(stack.events()) if user_id in (None, event["detail"].get("user_id"))]
    for event in events:
        assert (event["source"], event["detail-type"]) == ("gatepost", event["detail"]["type"])
        check(event["detail"])
    return [event["detail"] for event in events]


def check(detail: Detail) -> None:
    """Check that an event is as the schema has it, with nothing in it that the schema doesn't name for its type."""
    _validator.validate(detail)
    described = SCHEMA["$defs"][detail["type"]]["properties"]
    assert detail.keys() <= _COMMON | described.keys()
    if "reason" in detail:
        assert detail["reason"] in described["reason"]["examples"]


def security_event(event: str = "user.disabled", **attributes: Any) -> Item:
    """Return a security event of a user whom nothing else is about."""
    event_id = new_id()
    common = {"id": event_id, "event": event, "at_ms": 1_795_422_600_250, "request_id": "1", "user_id": new_id()}
    return common | {"pk": f"USER#{common['user_id']}", "sk": f"2026-11-23T08:30:00.250Z#{event_id}"} | attributes


def records(*items: Item) -> list[dict[str, Any]]:
    """Return the records that the Audit table's stream has for new items, as Lambda gets them."""
    return [
        {
            "eventID": (number := str(next(_numbers))),
            "eventName": "INSERT",
            "eventSource": "aws:dynamodb",
            "dynamodb": {"NewImage": to_dynamodb(item), "SequenceNumber": number, "StreamViewType": "NEW_IMAGE"},
        }
        for item in items
    ]


def number_of(record: dict[str, Any]) -> str:
    """Return the sequence number of a record."""
    return str(record["dynamodb"]["SequenceNumber"])


def deliver(stack: Stack, batch: list[dict[str, Any]]) -> set[str]:
    """Hand a batch to the events function; return the sequence numbers that it reports as failed."""
    answer = stack.functions["EventsFunction"].invoke({"Records": batch})
    return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
