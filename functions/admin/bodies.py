"""What the admin function takes."""

from typing import Any, Literal

from pydantic import Field

from gatepost.access import roles
from gatepost.administration.invitations import DEFAULT_ROLES
from gatepost.administration.wanted import RoleName
from gatepost.fields import Email, Line, RequestBody
from gatepost.storage.users import User
from gatepost.web.lists import PageQuery


class UserQuery(PageQuery):
    """Which users to list."""

    email: str = Field(default="", max_length=254, description="what their address begins with")
    status: Literal["active", "disabled"] | None = None
    role: RoleName | None = None


class NewUser(RequestBody):
    """Who is to be a user, and with which roles, which must be ones that you hold all of."""

    email: Email
    name: Line | None = None
    roles: list[RoleName] = Field(default=list(DEFAULT_ROLES), max_length=roles.MAX_ROLES_OF_USER)
    invite: bool = Field(
        default=False,
        description="invite them by mail: there's no account before they accept; else it's made at once, and they're mailed a "
        "link that sets a password",
    )


def _without_default(schema: dict[str, Any]) -> None:
    """A member that isn't given stays as it is."""
    del schema["default"]


class UpdateUser(RequestBody):
    """What of a user to change; `null` removes the name."""

    name: Line | None = None
    status: Literal["active", "disabled"] = Field(default="active", json_schema_extra=_without_default)
    email_verified: bool = Field(default=False, json_schema_extra=_without_default)

    def over(self, user: User) -> dict[str, Any]:
        """Return what all these members are to be, those of `user` where they were not given."""
        as_is = {name: getattr(user, name) for name in type(self).model_fields}
        return as_is | self.model_dump(exclude_unset=True)
