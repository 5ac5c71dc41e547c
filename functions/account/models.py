"""What the account function gives."""

from typing import Literal, Self

from pydantic import BaseModel, Field

from gatepost.access.roles import Rights
from gatepost.access_tokens import LIFETIME
from gatepost.clock import rfc3339
from gatepost.sessions import SignedIn
from gatepost.storage import suppressions
from gatepost.storage.users import User


class Registered(BaseModel):
    """A registration waits for its mail to be answered."""

    status: Literal["verification_required"] = "verification_required"


class Accepted(BaseModel):
    """Whatever was to be done is done; whether there was anything, nobody learns."""

    status: Literal["accepted"] = "accepted"


class SecondFactors(BaseModel):
    """The second factors of a user."""

    totp: bool = False
    passkeys: int = 0
    recovery_codes_left: int = 0


class MailStopped(BaseModel):
    """Why no mail goes to a user's address: it came back for good, or its recipient complained. Times are RFC 3339 in UTC."""

    reason: Literal["bounced", "complained"]
    at: str
    until: str


class Profile(BaseModel):
    """A user, as they see themselves."""

    id: str
    email: str
    email_verified: bool
    name: str | None
    created_at: str = Field(description="RFC 3339, UTC")
    roles: list[str]
    permissions: list[str]
    mfa: SecondFactors = SecondFactors()
    mail_stopped: MailStopped | None = Field(description="null while mail goes to the address")

    @classmethod
    def of(cls, user: User, rights: Rights) -> Self:
        """Return the profile of `user`, who has `rights`."""
        return cls(
            id=user.id,
            email=user.email,
            email_verified=user.email_verified,
            name=user.name,
            created_at=rfc3339(user.created_at),
            roles=list(rights.roles),
            permissions=list(rights.permissions),
            mail_stopped=MailStopped(**described) if (described := suppressions.described(user.mail_stopped)) else None,
        )


class AuthenticatedByCookie(BaseModel):
    """A session whose refresh token is in a cookie of the browser, and nowhere else."""

    status: Literal["authenticated"] = "authenticated"
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (RFC 6750)
    expires_in: int = Field(description="seconds")
    session_id: str
    user: Profile

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        """Return the answer for `signed_in`."""
        return cls(
            access_token=signed_in.access_token,
            expires_in=LIFETIME,
            session_id=signed_in.session.id,
            user=Profile.of(signed_in.user, signed_in.rights),
        )


class Authenticated(AuthenticatedByCookie):
    """The tokens of a session (RFC 6749, section 5.1, and more)."""

    refresh_token: str

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        """Return the answer for `signed_in`."""
        return cls(**vars(AuthenticatedByCookie.of(signed_in)), refresh_token=signed_in.refresh_token)


class SessionView(BaseModel):
    """A session, as its user sees it. Times are RFC 3339 in UTC."""

    id: str
    device_name: str | None
    ip: str
    created_at: str
    last_used_at: str
    current: bool


class SessionPage(BaseModel):
    """Sessions."""

    items: list[SessionView]
    next_cursor: str | None


class SecurityEvent(BaseModel):
    """Something that happened to the account. `at` is RFC 3339 in UTC; `ip` and `user_agent` are null where an administrator
    did it.
    """

    id: str
    event: str
    at: str
    ip: str | None
    user_agent: str | None
    result: Literal["success", "failure"]
    reason: str | None
    role: str | None
    client_id: str | None
    api_key_id: str | None
    request_id: str


class SecurityEventPage(BaseModel):
    """Security events, newest first."""

    items: list[SecurityEvent]
    next_cursor: str | None


class Revocations(BaseModel):
    """Whose still-unexpired access tokens must no longer be taken: hashes of sessions; by hash of a user the least good `ver`;
    where signing keys were removed in an emergency, hashes of their `kid`.
    """

    sessions: list[str]
    users: dict[str, int]
    complete: bool
    keys: list[str] | None = None


class Jwk(BaseModel, extra="allow"):
    """A public signing key (RFC 7517)."""

    kid: str
    kty: str
    alg: str
    use: Literal["sig"]


class JwkSet(BaseModel):
    """The public signing keys."""

    keys: list[Jwk]


class Ready(BaseModel):
    """The deployment can serve."""

    status: Literal["ready"] = "ready"


class Health(BaseModel):
    """The function runs."""

    status: Literal["ok"] = "ok"
