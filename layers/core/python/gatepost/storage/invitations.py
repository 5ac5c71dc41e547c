"""Invitations in the Sessions table: one item by the id of who is to be a user, and one by address that names the id."""

from dataclasses import dataclass

from gatepost.identifiers import digest
from gatepost.storage import keys, one_time_tokens
from gatepost.storage.one_time_tokens import OneTimeToken
from gatepost.storage.writes import Item, Write, delete, put


@dataclass(frozen=True)
class Invitation:
    """An invitation to have an account: the id, address, name and roles it is to have.

    `invited_by` is the id of the administrator, None where the deployment invites its first one. Times are seconds since the
    epoch.
    """

    user_id: str
    email: str
    email_digest: bytes
    name: str | None
    roles: tuple[str, ...]
    invited_by: str | None
    invited_at: int
    expires_at: int


def from_item(item: Item | None) -> Invitation | None:
    """Return the invitation that `item` holds."""
    if item is None:
        return None
    return Invitation(
        user_id=item["user_id"],
        email=item["email"],
        email_digest=item["email_digest"],
        name=item.get("name"),
        roles=tuple(item["roles"]),
        invited_by=item.get("invited_by"),
        invited_at=item["invited_at"],
        expires_at=item["expires_at"],
    )


def write(table: str, invitation: Invitation, token: OneTimeToken) -> tuple[Write, Write]:
    """Write an invitation that `token` opens, in place of any other of its id; the address must not be invited under another
    id.
    """
    item = {
        **token.key,
        "secret_digest": digest(token.secret),
        "user_id": invitation.user_id,
        "email": invitation.email,
        "email_digest": invitation.email_digest,
        "roles": list(invitation.roles),
        "invited_at": invitation.invited_at,
        "expires_at": invitation.expires_at,
    }
    optional = {"name": invitation.name, "invited_by": invitation.invited_by}
    item |= {name: value for name, value in optional.items() if value is not None}
    by_address = {
        **keys.invited_address(invitation.email_digest),
        "user_id": invitation.user_id,
        "roles": list(invitation.roles),
        "expires_at": invitation.expires_at,
    }
    free = "attribute_not_exists(pk) OR user_id = :id OR expires_at <= :now"
    return put(table, item), put(table, by_address, free, id=invitation.user_id, now=invitation.invited_at)


def use(table: str, invitation: Invitation, token: OneTimeToken) -> tuple[Write, Write]:
    """Delete an invitation, provided that it's still the one that `token` opens, and the only one of its address."""
    return one_time_tokens.use(table, token), _forget_address(table, invitation)


def withdraw(table: str, invitation: Invitation) -> tuple[Write, Write]:
    """Delete an invitation, provided that it's still there, and was not made anew meanwhile."""
    return (
        delete(table, keys.invitation(invitation.user_id), "invited_at = :at", at=invitation.invited_at),
        _forget_address(table, invitation),
    )


def _forget_address(table: str, invitation: Invitation) -> Write:
    return delete(table, keys.invited_address(invitation.email_digest), "user_id = :id", id=invitation.user_id)
