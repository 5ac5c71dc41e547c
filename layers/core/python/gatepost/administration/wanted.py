"""What a role or a client is to be, as who wants it writes it: in the body of a call, or in a file of the command line."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from gatepost import clock
from gatepost.access import roles
from gatepost.access.roles import Role
from gatepost.clients import metadata, redirect_uris
from gatepost.clients.metadata import Client, ClientType, GrantType
from gatepost.fields import Line, Permission, RequestBody
from gatepost.identifiers import new_id
from gatepost.plain_text import one_line


def _redirect_uri(value: str) -> str:
    if reason := redirect_uris.refusal(value):
        raise ValueError(reason)
    return value


Description = Annotated[str, StringConstraints(max_length=200), AfterValidator(one_line)]
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

    def role(self, name: str) -> Role:
        """Return the role that has this name, nothing in it twice."""
        return Role(name, self.description, tuple(dict.fromkeys(self.permissions)), tuple(dict.fromkeys(self.includes)))


class ClientMembers(RequestBody):
    """What can be said of a client, and changed."""

    def members(self) -> dict[str, Any]:
        """Return the members that are given, as the rules have them: in tuples, nothing twice."""
        given = self.model_dump(exclude_none=True, exclude={"type"})
        return {name: tuple(dict.fromkeys(value)) if isinstance(value, list) else value for name, value in given.items()}


class CreateClient(ClientMembers):
    """An application that is to ask for tokens."""

    name: Line
    type: ClientType
    redirect_uris: RedirectUris = Field(default=[])
    grant_types: GrantTypes = Field(default=list(metadata.DEFAULT_GRANT_TYPES))
    scopes: Scopes = Field(default=[])

    def client(self) -> Client:
        """Return the new client, which has no secret yet."""
        return Client(id=new_id(), type=self.type, secrets=(), created_at=clock.now(), **self.members())

    def canonical(self) -> str:
        """Return the one text that says the same."""
        return json.dumps(self.model_dump(), sort_keys=True)


class UpdateClient(ClientMembers):
    """What is to change of a client."""

    name: Line | None = None
    redirect_uris: RedirectUris | None = None
    grant_types: GrantTypes | None = None
    scopes: Scopes | None = None
