"""To which durable table a key belongs: that nothing is copied into another one's."""

from collections.abc import Mapping

from gatepost.storage import keys

_EVENT = "2"  # a time, of this millennium
# How the partition and the sort key of its items begin.
_BEGINNINGS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "users": (
        (keys.user("")["pk"], keys.user("")["sk"]),
        (keys.api_key("", "")["pk"], keys.api_key("", "")["sk"]),
        (keys.email_claim(b"")["pk"], keys.email_claim(b"")["sk"]),
        (keys.administrators()["pk"], ""),
    ),
    "roles": ((keys.role_catalogue()["pk"], ""), (keys.item_shapes()["pk"], "")),
    "clients": (keys.clients(),),
    "audit": (
        (keys.audit_trail_of_user(""), _EVENT),
        (keys.audit_event_of_address(b"", 0, "")["pk"], _EVENT),
        (keys.audit_event_of_operators(0, "")["pk"], _EVENT),
    ),
    "keys": ((keys.signing_key_ring()["pk"],),),
}


def is_of(table: str, *key: str) -> bool:
    """Return whether an item with this `key` (partition, and sort key if there's one) is one of a durable table: `users`,
    `roles`, `clients`, `audit` or `keys`. No item is one of two.
    """
    return any(
        len(key) == len(begins) and all(part.startswith(beginning) for part, beginning in zip(key, begins, strict=True))
        for begins in _BEGINNINGS[table]
    )
