"""A security event as others are told of it. No address, neither a client's nor one for mail, is in it, and no secret."""

import json
from typing import Any

from gatepost import clock
from gatepost.audit import Event, actor_shown_to_user
from gatepost.aws.eventbridge import Entry
from gatepost.domain_events.catalogue import PUBLISHED, UNPUBLISHED, VERSION
from gatepost.storage.writes import Item


class NotYetKnown(Exception):
    """A security event of newer code, of which this version can't tell what others should know of it."""


def announcement(item: Item, issuer: str) -> Entry | None:
    """Return what is published of the security event `item`; None for one that isn't. Attributes of newer code are passed over.

    Raises:
        NotYetKnown: it's of a kind that this version doesn't know.
        KeyError: `item` is no security event.
    """
    try:
        event = Event(item["event"])
    except ValueError as unknown:
        raise NotYetKnown(item["event"]) from unknown
    if event in UNPUBLISHED:
        return None
    how = PUBLISHED[event]
    if how.about is not None and how.about not in item:
        return None
    told = {
        "reason": how.reason,
        "actor": actor_shown_to_user(item),
        "sessions_ended": how.sessions_ended,
        **_of(item, *([how.about] if how.about else []), *how.also),
    }
    detail = {
        "version": VERSION,
        "id": item["id"],
        "type": how.type,
        "at": clock.rfc3339_ms(item["at_ms"]),
        "issuer": issuer,
        "request_id": item["request_id"],
        # What isn't there is left out rather than null: so rules can ask whether it exists.
        **{name: value for name, value in told.items() if value is not None},
    }
    return Entry(how.type, item["at_ms"], json.dumps(detail, separators=(",", ":")))


def _of(item: Item, *names: str) -> dict[str, Any]:
    """Return attributes of `item`. Roles stand side by side in one, as a list in what is told."""
    told: dict[str, Any] = {name: item.get(name) for name in names}
    if "role" in told:
        roles: str | None = told.pop("role")
        told["roles"] = roles.split(" ") if roles else None
    return told
