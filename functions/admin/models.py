"""What the admin function gives."""

from typing import Literal, Self

from pydantic import BaseModel, Field

from gatepost import clock
from gatepost.access.roles import Catalogue, Role, is_built_in
from gatepost.administration import clients
from gatepost.clients.metadata import Client, ClientType, GrantType
from gatepost.storage.invitations import Invitation
from gatepost.storage.users import User


class RoleView(BaseModel):
    """A role."""

    name: str
    description: str
    permissions: list[str] = Field(description="what it permits itself")
    includes: list[str] = Field(description="the roles whose permissions it has too")
    effective_permissions: list[str] = Field(description="what it permits with all that it includes, nothing twice")
    built_in: bool

    @classmethod
    def of(cls, role: Role, catalogue: Catalogue) -> Self:
        """Return the view of a role of `catalogue`."""
        return cls(
            name=role.name,
            description=role.description,
            permissions=list(role.permissions),
            includes=list(role.includes),
            effective_permissions=list(catalogue.permissions_of([role.name])),
            built_in=is_built_in(role.name),
        )


class RolePage(BaseModel):
    """Roles in the order of their names."""

    items: list[RoleView]
    next_cursor: str | None


class UserView(BaseModel):
    """A user, as administrators see them: never with anything that signs in."""

    id: str
    email: str
    email_verified: bool
    name: str | None
    status: Literal["active", "disabled", "invited"]
    created_at: str = Field(description="RFC 3339, UTC")
    roles: list[str]
    permissions: list[str] = Field(description="what their roles permit together")

    @classmethod
    def of(cls, user: User, catalogue: Catalogue) -> Self:
        """Return the view of `user`, whose roles are those of `catalogue`."""
        return cls(
            id=user.id,
            email=user.email,
            email_verified=user.email_verified,
            name=user.name,
            status=user.status,
            created_at=clock.rfc3339(user.created_at),
            roles=list(catalogue.existing(user.roles)),
            permissions=list(catalogue.permissions_of(user.roles)),
        )

    @classmethod
    def of_invited(cls, invitation: Invitation, catalogue: Catalogue) -> Self:
        """Return the view of who is invited, and is no user yet."""
        return cls(
            id=invitation.user_id,
            email=invitation.email,
            email_verified=False,
            name=invitation.name,
            status="invited",
            created_at=clock.rfc3339(invitation.invited_at),
            roles=list(catalogue.existing(invitation.roles)),
            permissions=list(catalogue.permissions_of(invitation.roles)),
        )


class UserPage(BaseModel):
    """Users in the order of their addresses."""

    items: list[UserView]
    next_cursor: str | None


class SessionView(BaseModel):
    """A session of a user. Times are RFC 3339 in UTC."""

    id: str
    device_name: str | None
    ip: str
    created_at: str
    last_used_at: str
    current: bool = Field(description="whether it's the one that asks")


class SessionPage(BaseModel):
    """Sessions."""

    items: list[SessionView]
    next_cursor: str | None


class Accepted(BaseModel):
    """It's done, and the user gets a mail."""

    status: Literal["accepted"] = "accepted"


class SecretView(BaseModel):
    """That a client has a secret, and until when it works; None for the newest. Times are RFC 3339 in UTC."""

    created_at: str
    expires_at: str | None


class ClientView(BaseModel):
    """An OAuth client. `created_at` is RFC 3339 in UTC."""

    client_id: str
    name: str
    type: ClientType
    redirect_uris: list[str]
    grant_types: list[GrantType]
    scopes: list[str]
    created_at: str
    secrets: list[SecretView] = Field(description="those that work, the newest last; none of a public client")

    @classmethod
    def of(cls, client: Client) -> Self:
        """Return the view of a client."""
        return cls(**clients.described(client))


class ClientWithSecret(ClientView):
    """An OAuth client with its newest secret, which is never shown again; none if it's public."""

    client_secret: str | None = Field(repr=False)

    @classmethod
    def showing(cls, client: Client, secret: str | None) -> Self:
        """Return the view of a client with its secret."""
        return cls(client_secret=secret, **clients.described(client))


class ClientPage(BaseModel):
    """Clients in the order of their ids."""

    items: list[ClientView]
    next_cursor: str | None


class AuditedEvent(BaseModel):
    """Something that happened: to the account `user_id` if there is one, by `actor_id`, a user if they had proven who they
    are, or an operator by their ARN. `at` is RFC 3339 in UTC.
    """

    id: str
    event: str
    at: str
    user_id: str | None
    actor_id: str | None
    ip: str
    user_agent: str
    result: Literal["success", "failure"]
    reason: str | None
    role: str | None
    client_id: str | None
    api_key_id: str | None
    kid: str | None
    request_id: str


class AuditedEventPage(BaseModel):
    """Security events, newest first."""

    items: list[AuditedEvent]
    next_cursor: str | None


class SigningKeyView(BaseModel):
    """A key, which stands by, signs, or is retired and verifies what it has signed. Times are RFC 3339 in UTC."""

    kid: str
    algorithm: str
    state: Literal["standby", "signing", "retired"]
    since: str = Field(description="when it entered its state")
    created_at: str


class SigningKeyList(BaseModel):
    """All keys; there are never so many that they'd need pages."""

    items: list[SigningKeyView]
    next_cursor: None = None
    rotation_pending: bool


class RotationAccepted(BaseModel):
    """A new key is published, and one signs as soon as it may."""

    status: Literal["accepted"] = "accepted"
