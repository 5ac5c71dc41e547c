"""What was put on event buses on this machine, newest first. There are no rules here: nobody else listens.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import boto3
from moto.events.models import EventsBackend

from local.resources import ACCOUNT, REGION

_KEPT = 500

Event = dict[str, Any]


class EventBus:
    """Keeps the newest 500 events of a bus in memory, as its rules' targets would get them. May be used by several threads."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def take(self, entry: Mapping[str, Any], event_id: str) -> None:
        """Keep an entry of PutEvents, to which EventBridge gave the id `event_id`."""
        event = {
            "version": "0",
            "id": event_id,
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": ACCOUNT,
            "time": datetime.fromtimestamp(float(entry["Time"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": entry.get("Resources", []),
            "detail": json.loads(entry["Detail"]),
        }
        with self._lock:
            self._events.appendleft(event)

    def newest_first(self, type_: str | None = None) -> list[Event]:
        """Return the events, those of one `detail-type` alone if it's given."""
        with self._lock:
            events = list(self._events)
        return [event for event in events if type_ in (None, event["detail-type"])]


_buses: dict[str, EventBus] = {}


def create_bus(name: str) -> EventBus:
    """Create the bus `name`, inside `event_buses`. One that is there already is the same."""
    if name not in _buses:
        boto3.client("events").create_event_bus(Name=name)
        _buses[name] = EventBus()
    return _buses[name]


@contextmanager
def event_buses() -> Iterator[None]:
    """Keep what is put on buses inside the block. moto itself hands events to rules alone."""
    put_events: Callable[..., list[dict[str, Any]]] = EventsBackend.put_events

    def keeping(self: EventsBackend, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        outcomes = put_events(self, events)
        for entry, outcome in zip(events, outcomes, strict=True):
            if "EventId" in outcome and entry.get("EventBusName") in _buses:
                _buses[entry["EventBusName"]].take(entry, outcome["EventId"])
        return outcomes

    with patch.object(EventsBackend, "put_events", keeping):
        try:
            yield
        finally:
            _buses.clear()
