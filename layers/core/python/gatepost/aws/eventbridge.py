"""Putting events on a bus of Amazon EventBridge. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gatepost.aws.clients import unavailable_on_failure
from gatepost.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "gatepost"
"""Who says it, for the rules of those who listen."""

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size
MAX_ENTRIES = 10
MAX_BYTES = 256 * 1024
_TIME_BYTES = 14

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """An event: its `detail-type`, when it happened (milliseconds since the epoch), and its `detail` in JSON."""

    type: str
    at_ms: int
    detail: str

    @property
    def size(self) -> int:
        """How many bytes it counts for, of those that a call may have."""
        return _TIME_BYTES + sum(len(text.encode()) for text in (SOURCE, self.type, self.detail))


class EventBus:
    """The bus of this name."""

    def __init__(self, events: "EventBridgeClient", name: str) -> None:
        self._events = events
        self._name = name

    def put(self, entries: Sequence[Entry]) -> list[str | None]:
        """Put `entries` on the bus, in their order, and return for each why it isn't there: None if it is, else a word of AWS's
        or ours. Those that are may be put again by a retry of the SDK whose first try's answer was lost.

        After a call that fails as a whole, no other is made: the caller may try later.
        """
        outcomes: list[str | None] = []
        for chunk in _chunks(entries):
            if chunk[0].size > MAX_BYTES:
                outcomes.append("TooLarge")
                continue
            try:
                outcomes += self._put(chunk)
            except Unavailable as exc:
                _logger.warning("events can't be put on the bus now", exc_info=exc)
                return outcomes + ["Unavailable"] * (len(entries) - len(outcomes))
        return outcomes

    def _put(self, chunk: Sequence[Entry]) -> list[str | None]:
        with unavailable_on_failure():
            answer = self._events.put_events(
                Entries=[
                    {
                        "EventBusName": self._name,
                        "Source": SOURCE,
                        "DetailType": entry.type,
                        "Time": datetime.fromtimestamp(entry.at_ms // 1000, UTC),
                        "Detail": entry.detail,
                    }
                    for entry in chunk
                ]
            )
        return [outcome.get("ErrorCode") for outcome in answer["Entries"]]


def _chunks(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Yield `entries` by as many as one call takes. One that is too large by itself is alone."""
    chunk: list[Entry] = []
    size = 0
    for entry in entries:
        if chunk and (len(chunk) == MAX_ENTRIES or size + entry.size > MAX_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += entry.size
    if chunk:
        yield chunk
