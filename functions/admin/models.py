"""What the admin function gives."""

from typing import Literal, Self

from pydantic import BaseModel, Field

from gatepost.access.roles import Catalogue, Role, is_built_in


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


class AuditedEvent(BaseModel):
    """Something that happened: to the account `user_id` if there is one, by the user `actor_id` if they had proven who they
    are. `at` is RFC 3339 in UTC.
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
    request_id: str


class AuditedEventPage(BaseModel):
    """Security events, newest first."""

    items: list[AuditedEvent]
    next_cursor: str | None
