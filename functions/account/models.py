"""What the account function takes and gives."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field

from gatepost.access.roles import effective_permissions
from gatepost.access_tokens import LIFETIME
from gatepost.clock import rfc3339
from gatepost.sessions import SignedIn
from gatepost.storage.users import User
from gatepost.web.fields import Audience, Email, Line, NewPassword, OpaqueToken, Password, RequestBody


class Register(RequestBody):
    """A registration."""

    email: Email
    password: NewPassword
    name: Line | None = None


class VerifyEmail(RequestBody):
    """The answer to a registration's mail: its token, and the password given at registration."""

    token: OpaqueToken
    password: Password
    audience: Audience | None = None


class ResendVerification(RequestBody):
    """Whose verification mail to send again."""

    email: Email


class Login(RequestBody):
    """A sign-in by password."""

    email: Email
    password: Password
    device_name: Line | None = None
    audience: Audience | None = None


class Refresh(RequestBody):
    """A refresh token to exchange."""

    refresh_token: OpaqueToken
    audience: Audience | None = None


class Logout(RequestBody):
    """A refresh token whose session is to end."""

    refresh_token: OpaqueToken


class UpdateProfile(RequestBody):
    """What of the profile to change; `null` removes the name."""

    name: Line | None = None


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


class Profile(BaseModel):
    """A user, as they see themselves."""

    id: str
    email: str
    email_verified: bool
    name: str | None
    created_at: datetime | str = Field(description="RFC 3339, UTC")
    roles: list[str]
    permissions: list[str]
    mfa: SecondFactors = SecondFactors()

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the profile of `user`."""
        return cls(
            id=user.id,
            email=user.email,
            email_verified=user.email_verified,
            name=user.name,
            created_at=rfc3339(user.created_at),
            roles=list(user.roles),
            permissions=list(effective_permissions(user.roles)),
        )


class Authenticated(BaseModel):
    """The tokens of a new session (RFC 6749, section 5.1, and more)."""

    status: Literal["authenticated"] = "authenticated"
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (RFC 6750)
    expires_in: int = Field(description="seconds")
    refresh_token: str
    session_id: str
    user: Profile

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        """Return the answer for `signed_in`."""
        return cls(
            access_token=signed_in.access_token,
            expires_in=LIFETIME,
            refresh_token=signed_in.refresh_token,
            session_id=signed_in.session.id,
            user=Profile.of(signed_in.user),
        )


class Jwk(BaseModel, extra="allow"):
    """A public signing key (RFC 7517)."""

    kid: str
    kty: str
    alg: str
    use: Literal["sig"]


class JwkSet(BaseModel):
    """The public signing keys."""

    keys: list[Jwk]


class Health(BaseModel):
    """The function runs."""

    status: Literal["ok"] = "ok"
