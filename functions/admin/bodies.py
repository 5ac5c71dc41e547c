"""What the admin function takes."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from gatepost.access import permissions, roles
from gatepost.web.fields import RequestBody, plain_text

Description = Annotated[str, StringConstraints(max_length=200), AfterValidator(plain_text)]
Permission = Annotated[str, StringConstraints(pattern=permissions.PATTERN)]
RoleName = Annotated[str, StringConstraints(pattern=roles.NAME_PATTERN)]


class PutRole(RequestBody):
    """What a role is to be, as a whole: members that are not given are empty."""

    description: Description = ""
    permissions: list[Permission] = Field(default=[], max_length=roles.MAX_PERMISSIONS, examples=[["orders:read"]])
    includes: list[RoleName] = Field(default=[], max_length=roles.MAX_INCLUDES, description="names of other roles")
