"""What the admin function takes."""

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from gatepost.access import permissions, roles
from gatepost.administration.invitations import DEFAULT_ROLES
from gatepost.clients import metadata, redirect_uris
from gatepost.clients.metadata import ClientType, GrantType
from gatepost.plain_text import one_line
from gatepost.storage.users import User
from gatepost.web.fields import Email, Line, RequestBody
from gatepost.web.lists import PageQuery


def _redirect_uri(value: str) -> str:
    if reason := redirect_uris.refusal(value):
        raise ValueError(reason)
    return value


Description = Annotated[str, StringConstraints(max_length=200), AfterValidator(one_line)]
Permission = Annotated[str, StringConstraints(pattern=permissions.PATTERN)]
RoleName = Annotated[str, StringConstraints(pattern=roles.NAME_PATTERN)]
RedirectUri = Annotated[str, StringConstraints(max_length=redirect_uris.MAX_LENGTH), AfterValidator(_redirect_uri)]
RedirectUris = Annotated[
    list[RedirectUri], Field(max_length=metadata.MAX_REDIRECT_URIS, examples=[["https://app.example.com/callback"]])
]
GrantTypes = Annotated[list[GrantType], Field(min_length=1, max_length=8)]
Scope = Annotated[str, StringConstraints(pattern=metadata.SCOPE_PATTERN, max_length=metadata.MAX_SCOPE_LENGTH)]
Scopes = Annotated[list[Scope], Field(max_length=metadata.MAX_SCOPES, examples=[["openid", "orders:read"]])]


class PutRole(RequestBody):
    """What a role is to be, as a whole: members that are not given are empty."""

    description: Description = ""
    permissions: list[Permission] = Field(default=[], max_length=roles.MAX_PERMISSIONS, examples=[["orders:read"]])
    includes: list[RoleName] = Field(default=[], max_length=roles.MAX_INCLUDES, description="names of other roles")


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


class _ClientMembers(RequestBody):
    """What can be said of a client, and changed."""

    def members(self) -> dict[str, Any]:
        """Return the members that are given, as the rules have them: in tuples, nothing twice."""
        given = self.model_dump(exclude_none=True, exclude={"type"})
        return {name: tuple(dict.fromkeys(value)) if isinstance(value, list) else value for name, value in given.items()}


class CreateClient(_ClientMembers):
    """An application that is to ask for tokens."""

    name: Line
    type: ClientType
    redirect_uris: RedirectUris = Field(default=[])
    grant_types: GrantTypes = Field(default=list(metadata.DEFAULT_GRANT_TYPES))
    scopes: Scopes = Field(default=[])

    def canonical(self) -> str:
        """Return the one text that says the same."""
        return json.dumps(self.model_dump(), sort_keys=True)


class UpdateClient(_ClientMembers):
    """What is to change of a client."""

    name: Line | None = None
    redirect_uris: RedirectUris | None = None
    grant_types: GrantTypes | None = None
    scopes: Scopes | None = None
