"""Publishing what happened: at least once, by the id of its security event, which stays the same however often it's told."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gatepost.aws.clients import client
from gatepost.aws.eventbridge import Entry, EventBus
from gatepost.config import EventsSettings
from gatepost.domain_events.announcement import NotYetKnown, announcement
from gatepost.storage.writes import Item, from_dynamodb

_logger = logging.getLogger(__name__)


class NotPublished(Exception):
    """Nothing of what should have been published was. Lambda counts it as a failure, and tries again."""


@dataclass(frozen=True)
class Publisher:
    """What publishing takes: in whose name, and where."""

    issuer: str
    bus: EventBus


def connect(settings: EventsSettings) -> Publisher:
    """Return the publisher for `settings`. Makes a client, but calls nothing."""
    return Publisher(settings.issuer, EventBus(client("events"), settings.event_bus))


def publish_records(publisher: Publisher, records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Publish what records of the Audit table's stream tell, and return the sequence numbers of those that must come again.

    Raises:
        NotPublished: that is all of them.
    """
    refused = publish(publisher, [from_dynamodb(record["dynamodb"].get("NewImage", {})) for record in records])
    if refused and len(refused) == len(records):
        raise NotPublished(f"{len(refused)} events could not be published")
    return [records[position]["dynamodb"]["SequenceNumber"] for position in refused]


def publish(publisher: Publisher, items: Sequence[Item]) -> list[int]:
    """Publish those of the security events `items` that are published, and return the positions of those that could not be.

    One that can't be holds up no other. One of a kind that only newer code knows is passed over rather than refused: during an
    update and after a rollback there are such, and no try of this version would end otherwise. Newer code publishes it when an
    operator has it replayed.
    """
    refused: list[int] = []
    entries: dict[int, Entry] = {}
    for position, item in enumerate(items):
        try:
            entry = announcement(item, publisher.issuer)
        except NotYetKnown as kind:
            _logger.warning("%s is not published: this version does not know %s", item.get("id"), kind)
            continue
        except KeyError:
            _logger.exception("%s is no security event", item.get("id"))
            refused.append(position)
            continue
        if entry is not None:
            entries[position] = entry
    for position, outcome in zip(entries, publisher.bus.put(list(entries.values())), strict=True):
        if outcome is not None:
            _logger.error("%s was not published: %s", items[position]["id"], outcome)
            refused.append(position)
    return sorted(refused)
