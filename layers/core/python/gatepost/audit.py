"""Security events: what happened, to whom, by whom, from where. Append-only, and never with a secret in them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypedDict

from gatepost import clock
from gatepost.caller import Caller
from gatepost.identifiers import is_id, new_id
from gatepost.storage import keys
from gatepost.storage.table import Database
from gatepost.storage.writes import Item, Write, put

# Who did it: the id of a user, or an operator's ARN, which is `local` on a local stack.
ACTOR_PATTERN = r"^([0-9a-f]{32}|arn:[!-~]+|local)$"


class Event(StrEnum):
    """The catalogue of events."""

    REGISTRATION_REQUESTED = "registration.requested"
    VERIFICATION_RESENT = "registration.verification_resent"
    USER_REGISTERED = "user.registered"
    PROFILE_UPDATED = "user.profile_updated"
    PASSWORD_RESET_REQUESTED = "password.reset_requested"  # noqa: S105 (a name)
    PASSWORD_RESET = "password.reset"  # noqa: S105 (a name)
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 (a name)
    PASSWORD_CHECK_FAILED = "password.check_failed"  # noqa: S105 (a name)
    EMAIL_CHANGE_REQUESTED = "email.change_requested"
    EMAIL_CHANGED = "email.changed"
    EMAIL_BOUNCED = "email.bounced"
    EMAIL_COMPLAINED = "email.complained"
    ACCOUNT_DELETED = "user.deleted"
    EMAIL_CODE_REQUESTED = "sign_in.email_code_requested"
    SIGN_IN_SUCCEEDED = "sign_in.succeeded"
    SIGN_IN_FAILED = "sign_in.failed"
    SIGNED_OUT = "session.signed_out"
    SESSION_ENDED = "session.ended"
    SESSION_DISPLACED = "session.displaced"
    OTHER_SESSIONS_ENDED = "session.others_ended"
    REFRESH_TOKEN_REUSED = "session.refresh_token_reused"  # noqa: S105 (a name)
    USER_INVITED = "user.invited"
    INVITATION_WITHDRAWN = "user.invitation_withdrawn"
    INVITATION_ACCEPTED = "user.invitation_accepted"
    USER_CREATED = "user.created"
    USER_IMPORTED = "user.imported"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    PASSWORD_RESET_DEMANDED = "password.reset_demanded"  # noqa: S105 (a name)
    ALL_SESSIONS_ENDED = "session.all_ended"
    ROLE_ASSIGNED = "role.assigned"
    ROLE_UNASSIGNED = "role.unassigned"
    ROLE_CREATED = "role.created"
    ROLE_UPDATED = "role.updated"
    ROLE_DELETED = "role.deleted"
    KEY_ROTATION_REQUESTED = "signing_keys.rotation_requested"
    KEY_REMOVED = "signing_keys.key_removed"
    CLIENT_CREATED = "client.created"
    CLIENT_UPDATED = "client.updated"
    CLIENT_SECRET_ROTATED = "client.secret_rotated"  # noqa: S105 (a name)
    CLIENT_DELETED = "client.deleted"
    API_KEY_CREATED = "api_key.created"
    API_KEY_DELETED = "api_key.deleted"
    API_KEY_REFUSED = "api_key.refused"


class By(TypedDict, total=False):
    """Who did something, as its event says it: a user, and by which API key, if by one; or an operator."""

    actor_id: str
    api_key_id: str
    operator: str


@dataclass(frozen=True)
class Trail:
    """Where events go and how long they're kept."""

    table: str
    retention_days: int

    def event(
        self,
        event: Event,
        caller: Caller,
        *,
        user_id: str | None = None,
        email_digest: bytes | None = None,
        actor_id: str | None = None,
        operator: str | None = None,
        reason: str | None = None,
        role: str | None = None,
        client_id: str | None = None,
        api_key_id: str | None = None,
        kid: str | None = None,
        session_id: str | None = None,
    ) -> Write:
        """Return the write of `event`, to go into the transaction of what it tells.

        It belongs to `user_id`, or, where no account is concerned, to the address with `email_digest`. `actor_id` is the
        user who did it, if they had proven who they are, or `operator` the ARN of who did it from outside of the API. `reason`
        marks a failure. `role` is the name of the role that it's about, `client_id` the id of the OAuth client, `api_key_id`
        that of the API key, or of the one by which it was done, `kid` that of the signing key; what happens to a role, a client
        or a signing key alone belongs to the user who does it, or to all operators. `session_id` is that of the session which
        began or ended, or which alone goes on.
        """
        now_ms, event_id = clock.now_ms(), new_id()
        if user_id is not None:
            key = keys.audit_event_of_user(user_id, now_ms, event_id)
        elif email_digest is not None:
            key = keys.audit_event_of_address(email_digest, now_ms, event_id)
        elif operator is not None:
            key = keys.audit_event_of_operators(now_ms, event_id)
        else:
            raise ValueError("an event belongs to a user, to an address or to the operators")
        item = {
            "id": event_id,
            "event": str(event),
            "at_ms": now_ms,
            "ip": caller.ip,
            "user_agent": caller.user_agent,
            "request_id": caller.request_id,
            "result": "failure" if reason else "success",
            "expires_at": now_ms // 1000 + self.retention_days * 86400,
        }
        item |= keys.audit_indexed(event, event_id)
        actor = actor_id or operator
        optional = {"user_id": user_id, "actor_id": actor, "reason": reason}
        optional |= {"role": role, "client_id": client_id, "api_key_id": api_key_id, "kid": kid}
        optional |= {"session_id": session_id}
        return put(self.table, {**key, **item, **{name: value for name, value in optional.items() if value is not None}})


def described(item: Item) -> dict[str, Any]:
    """Return what a user sees of an event of theirs. From where an administrator did it, and with what, is none of it."""
    shown = ("id", "event", "ip", "user_agent", "result", "reason", "role", "client_id", "api_key_id", "request_id")
    by_another = item.get("actor_id", item.get("user_id")) != item.get("user_id")
    hidden = {"ip": None, "user_agent": None, "api_key_id": None} if by_another else {}
    return {"at": clock.rfc3339_ms(item["at_ms"])} | {name: item.get(name) for name in shown} | hidden


def actor_shown_to_user(item: Item) -> str | None:
    """Return what a user sees of who has caused an event of theirs: the id of a user, and of an operator that it was one."""
    actor: str | None = item.get("actor_id")
    return actor if actor is None or is_id(actor) else "operator"


def page(db: Database, table: str, user_id: str, limit: int, after: str | None) -> tuple[list[Item], str | None]:
    """Return a user's events, newest first, at most `limit`, those behind the position `after`; then the next position."""
    now = clock.now()
    items, last = db.query(table, keys.audit_trail_of_user(user_id), limit=limit, after=after, descending=True)
    return [item for item in items if now < item["expires_at"]], last
