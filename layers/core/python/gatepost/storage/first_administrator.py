"""The invitation of the first administrator, an item of the Users table: there is one at a time, and once it's accepted there
is never another.
"""

from gatepost.storage import keys
from gatepost.storage.invitations import Invitation
from gatepost.storage.writes import Item, Write, check, put, update


def note(table: str, invitation: Invitation, *, replacing: Item | None) -> Write:
    """Note the invitation, provided that what stands there is still `replacing`, or nothing, and was not accepted."""
    item = {
        **keys.first_administrator(),
        "user_id": invitation.user_id,
        "email_digest": invitation.email_digest,
        "invited_until": invitation.expires_at,
    }
    if replacing is None:
        return put(table, item, "attribute_not_exists(pk)")
    unaccepted = "user_id = :previous AND attribute_not_exists(accepted_at)"
    return put(table, item, unaccepted, previous=replacing["user_id"])


def demand_none(table: str) -> Write:
    """Demand that there is no administrator."""
    return check(table, keys.administrators(), "attribute_not_exists(ids)")


def accept(table: str, invitation: Invitation, now: int) -> Write:
    """Note that the invitation was accepted, provided that it's the one that was noted, and for the first time."""
    return update(
        table,
        keys.first_administrator(),
        "SET accepted_at = :now",
        "user_id = :id AND attribute_not_exists(accepted_at)",
        now=now,
        id=invitation.user_id,
    )
