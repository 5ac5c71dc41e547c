"""Which security events are published, and as what: the promise to whoever listens. docs/events.md says it in full, and
docs/events/v1.json as JSON Schema.

A public name is the security event's own, unless several say the same to who listens: those have one name, and a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gatepost.audit import Event

VERSION = "1"
"""Of the form of `detail`. Within it members and types may come, never go or mean something else."""


@dataclass(frozen=True)
class DomainEvent:
    """How a security event is published.

    `about` is the attribute that names what it is about; an event without it is about nobody whom a listener could know, and
    isn't published. `also` are the others that are told, where they are there. `sessions_ended` says which sessions of the user
    are over with it: the one of `session_id`, all but that one, or all.
    """

    type: str
    about: str | None = "user_id"
    also: tuple[str, ...] = ()
    reason: str | None = None
    sessions_ended: Literal["one", "others", "all"] | None = None


def _session(reason: str, ended: Literal["one", "others", "all"]) -> DomainEvent:
    return DomainEvent("session.revoked", also=("session_id",), reason=reason, sessions_ended=ended)


PUBLISHED: Mapping[Event, DomainEvent] = {
    Event.USER_REGISTERED: DomainEvent("user.registered", also=("session_id",), reason="address_verified"),
    Event.INVITATION_ACCEPTED: DomainEvent("user.registered", also=("session_id",), reason="invitation_accepted"),
    Event.USER_CREATED: DomainEvent("user.created", also=("role",)),
    Event.USER_IMPORTED: DomainEvent("user.imported", also=("role",)),
    Event.USER_RESTORED: DomainEvent("user.restored", sessions_ended="all"),
    Event.USER_INVITED: DomainEvent("user.invited", also=("role",)),
    Event.INVITATION_WITHDRAWN: DomainEvent("user.invitation_withdrawn"),
    Event.PROFILE_UPDATED: DomainEvent("user.profile_updated"),
    Event.EMAIL_CHANGED: DomainEvent("user.email_changed"),
    Event.EMAIL_BOUNCED: DomainEvent("user.mail_stopped", reason="bounced"),
    Event.EMAIL_COMPLAINED: DomainEvent("user.mail_stopped", reason="complained"),
    Event.EMAIL_RESUMED: DomainEvent("user.mail_resumed"),
    Event.PASSWORD_CHANGED: DomainEvent(
        "user.password_changed", also=("session_id",), reason="changed", sessions_ended="others"
    ),
    Event.PASSWORD_RESET: DomainEvent("user.password_changed", reason="reset", sessions_ended="all"),
    Event.PASSWORD_RESET_DEMANDED: DomainEvent("user.password_reset_demanded", sessions_ended="all"),
    Event.USER_DISABLED: DomainEvent("user.disabled", sessions_ended="all"),
    Event.USER_ENABLED: DomainEvent("user.enabled"),
    Event.ACCOUNT_DELETED: DomainEvent("user.deleted", sessions_ended="all"),
    Event.SIGN_IN_SUCCEEDED: DomainEvent("session.created", also=("session_id",)),
    Event.SIGNED_OUT: _session("signed_out", "one"),
    Event.SESSION_ENDED: _session("ended", "one"),
    Event.SESSION_DISPLACED: _session("displaced", "one"),
    Event.REFRESH_TOKEN_REUSED: _session("refresh_token_reused", "one"),
    Event.OTHER_SESSIONS_ENDED: _session("others_ended", "others"),
    Event.ALL_SESSIONS_ENDED: DomainEvent("session.revoked", reason="all_ended", sessions_ended="all"),
    Event.ROLE_ASSIGNED: DomainEvent("role.assigned", also=("role",)),
    Event.ROLE_UNASSIGNED: DomainEvent("role.unassigned", also=("role",)),
    Event.ROLE_CREATED: DomainEvent("role.created", about="role"),
    Event.ROLE_UPDATED: DomainEvent("role.updated", about="role"),
    Event.ROLE_DELETED: DomainEvent("role.deleted", about="role"),
    Event.CLIENT_CREATED: DomainEvent("client.created", about="client_id"),
    Event.CLIENT_UPDATED: DomainEvent("client.updated", about="client_id"),
    Event.CLIENT_SECRET_ROTATED: DomainEvent("client.secret_rotated", about="client_id"),
    Event.CLIENT_DELETED: DomainEvent("client.deleted", about="client_id"),
    Event.API_KEY_CREATED: DomainEvent("api_key.created", about="api_key_id", also=("user_id",)),
    Event.API_KEY_DELETED: DomainEvent("api_key.deleted", about="api_key_id", also=("user_id",)),
    Event.KEY_ROTATION_REQUESTED: DomainEvent("signing_key.rotation_requested", about=None),
    Event.KEY_REMOVED: DomainEvent("signing_key.removed", about="kid"),
}

_NOBODY_KNOWN = "asked for by anybody, any number of times, in the name of whose address it is; nothing has changed"
_FAILED = "an attempt: who attacks decides how many there are, and nothing has changed. Metrics and alarms are about these"

UNPUBLISHED: Mapping[Event, str] = {
    Event.REGISTRATION_REQUESTED: _NOBODY_KNOWN,
    Event.VERIFICATION_RESENT: _NOBODY_KNOWN,
    Event.PASSWORD_RESET_REQUESTED: _NOBODY_KNOWN,
    Event.EMAIL_CODE_REQUESTED: _NOBODY_KNOWN,
    Event.EMAIL_CHANGE_REQUESTED: "nothing has changed until the new address is confirmed",
    Event.PASSWORD_CHECK_FAILED: _FAILED,
    Event.SIGN_IN_FAILED: _FAILED,
    Event.API_KEY_REFUSED: _FAILED,
}
"""The other security events, and why nobody is told of them. The event source passes them over (template.yaml)."""
