"""What the account function takes."""

from typing import Self

from pydantic import Field, model_validator

from gatepost.fields import (
    Audience,
    Email,
    Line,
    NewPassword,
    OpaqueToken,
    OptionalPassword,
    OptionalToken,
    Password,
    RequestBody,
)
from gatepost.identifiers import TokenKind, kind_of
from gatepost.web.refresh_cookie import RefreshTransport


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


class AcceptInvitation(RequestBody):
    """The answer to an invitation: its token, the password to have, and a name in place of the one it says."""

    token: OpaqueToken
    password: NewPassword
    name: Line | None = None
    audience: Audience | None = None
    refresh_transport: RefreshTransport = "body"


class Login(RequestBody):
    """A sign-in by password."""

    email: Email
    password: Password
    device_name: Line | None = None
    audience: Audience | None = None
    refresh_transport: RefreshTransport = "body"


class StartEmailCode(RequestBody):
    """Who wants to sign in by e-mail."""

    email: Email


class VerifyEmailCode(RequestBody):
    """A sign-in by the six digits that were mailed to an address, or by the token of the link in the same mail."""

    email: Email | None = None
    code: OpaqueToken = Field(description="six digits; or the token of the link, which needs no `email` beside it")
    device_name: Line | None = None
    audience: Audience | None = None
    refresh_transport: RefreshTransport = "body"

    @property
    def is_link(self) -> bool:
        """Whether `code` is the token of a link."""
        return kind_of(self.code) is TokenKind.EMAIL_CODE

    @model_validator(mode="after")
    def _says_whose(self) -> Self:
        if self.email is None and not self.is_link:
            raise ValueError("email is needed beside six digits")
        return self


class Refresh(RequestBody):
    """A refresh token to exchange, unless it comes as a cookie."""

    refresh_token: OptionalToken = Field(default=None, repr=False)
    audience: Audience | None = None


class Logout(RequestBody):
    """A refresh token whose session is to end, unless it comes as a cookie."""

    refresh_token: OptionalToken = Field(default=None, repr=False)


class ForgotPassword(RequestBody):
    """Whose password is forgotten."""

    email: Email


class ResetPassword(RequestBody):
    """A mailed token, and the password to set with it."""

    token: OpaqueToken
    new_password: NewPassword


class ChangePassword(RequestBody):
    """The password as it is and as it shall be."""

    current_password: Password
    new_password: NewPassword


class ChangeEmail(RequestBody):
    """The address to use instead."""

    new_email: Email
    password: Password


class EraseAccount(RequestBody):
    """The password, unless the sign-in is fresh."""

    password: OptionalPassword = Field(default=None, repr=False)


class UpdateProfile(RequestBody):
    """What of the profile to change; `null` removes the name."""

    name: Line | None = None
