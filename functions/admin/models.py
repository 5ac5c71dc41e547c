"""What the admin function gives."""

from typing import Literal, Self

from pydantic import BaseModel, Field

from gatepost.access.roles import Catalogue, Role, is_built_in
from gatepost.clock import rfc3339
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
            created_at=rfc3339(user.created_at),
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
            created_at=rfc3339(invitation.invited_at),
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
