"""Security events: what happened, to whom, by whom, from where. Append-only, and never with a secret in them."""

from dataclasses import dataclass
from enum import StrEnum

from gatepost import clock
from gatepost.caller import Caller
from gatepost.identifiers import new_id
from gatepost.storage import keys
from gatepost.storage.writes import Write, put


class Event(StrEnum):
    """The catalogue of events."""

    REGISTRATION_REQUESTED = "registration.requested"
    VERIFICATION_RESENT = "registration.verification_resent"
    USER_REGISTERED = "user.registered"
    PROFILE_UPDATED = "user.profile_updated"
    SIGN_IN_SUCCEEDED = "sign_in.succeeded"
    SIGN_IN_FAILED = "sign_in.failed"
    SIGNED_OUT = "session.signed_out"
    REFRESH_TOKEN_REUSED = "session.refresh_token_reused"  # noqa: S105 (a name)


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
        reason: str | None = None,
    ) -> Write:
        """Return the write of `event`, to go into the transaction of what it tells.

        It belongs to `user_id`, or, where no account is concerned, to the address with `email_digest`. `reason` marks a
        failure.
        """
        now, event_id = clock.now(), new_id()
        if user_id is not None:
            key = keys.audit_event_of_user(user_id, now, event_id)
        elif email_digest is not None:
            key = keys.audit_event_of_address(email_digest, now, event_id)
        else:
            raise ValueError("an event belongs to a user or to an address")
        item = {
            "id": event_id,
            "event": str(event),
            "at": now,
            "ip": caller.ip,
            "user_agent": caller.user_agent,
            "request_id": caller.request_id,
            "result": "failure" if reason else "success",
            "expires_at": now + self.retention_days * 86400,
        }
        return put(self.table, {**key, **item, **({"reason": reason} if reason else {})})
