"""Event buses: what was put on them is kept as rules' targets would get it, and shown newest first."""

import json
from typing import Any

import boto3
import pytest

from local.event_buses import _KEPT, create_bus
from local.events import Request
from local.mailbox import Mailbox
from local.pages import event_pages


def put(bus: str, *types: str, **more: Any) -> Any:
    common = {"EventBusName": bus, "Source": "shop", "Detail": '{"n": 1}', "Time": 1.0}
    entries: list[Any] = [common | {"DetailType": each} | more for each in types]
    return boto3.client("events").put_events(Entries=entries)


def test_events_are_kept_as_a_target_would_get_them(aws: Mailbox) -> None:
    bus = create_bus("shop")
    answer = put("shop", "order.placed", "order.paid")
    paid, placed = bus.newest_first()
    assert placed == {
        "version": "0",
        "id": answer["Entries"][0]["EventId"],
        "detail-type": "order.placed",
        "source": "shop",
        "account": "123456789012",
        "time": "1970-01-01T00:00:01Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": {"n": 1},
    }
    assert bus.newest_first("order.paid") == [paid]
    assert create_bus("shop") is bus


def test_what_eventbridge_refuses_and_what_is_for_another_bus_is_not_there(aws: Mailbox) -> None:
    bus, other = create_bus("shop"), create_bus("other")
    assert put("shop", "x", Detail="{")["FailedEntryCount"] == 1
    put("other", "y")
    assert (bus.newest_first(), len(other.newest_first())) == ([], 1)


def test_the_newest_are_kept(aws: Mailbox) -> None:
    bus = create_bus("shop")
    for start in range(0, _KEPT + 10, 10):
        put("shop", *(f"n{start + number}" for number in range(10)))
    kept = bus.newest_first()
    assert (len(kept), kept[0]["detail-type"], kept[-1]["detail-type"]) == (_KEPT, "n509", "n10")


@pytest.mark.parametrize(("query", "types"), [("", ["b", "a"]), ("?type=a", ["a"]), ("?type=c", [])])
def test_the_page_shows_them_of_a_type(aws: Mailbox, query: str, types: list[str]) -> None:
    bus = create_bus("shop")
    put("shop", "a", "b")
    (path, page), *_ = event_pages(bus.newest_first).items()
    answer = page(Request("GET", f"{path}{query}", (("host", "localhost"),), b"", "127.0.0.1"))
    assert answer.header("content-type") == "application/json"
    assert [event["detail-type"] for event in json.loads(answer.body)] == types
