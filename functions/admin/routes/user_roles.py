"""The roles of users."""

from typing import Annotated

from fastapi import Depends

from gatepost.administration import user_roles, users
from gatepost.authentication import Principal
from gatepost.web.app import router as new_router
from gatepost.web.call import Call
from gatepost.web.dependencies import permitted
from gatepost.web.problems import responses

router = new_router(prefix="/v1/admin/users/{user_id}/roles", tags=["users"])

Assigner = Annotated[Principal, Depends(permitted("roles:assign"))]


@router.put("/{role}", status_code=204, responses=responses(401, 403, 404, 409, 422, body=False))
async def assign_role(user_id: str, role: str, me: Assigner, call: Call) -> None:
    """Give a user a role. You must hold all that it permits, and all that the user may do."""
    user_roles.assign(call.service, me, users.find(call.service, me, user_id), role, call.caller)


@router.delete("/{role}", status_code=204, responses=responses(401, 403, 404, 409, 422, body=False))
async def unassign_role(user_id: str, role: str, me: Assigner, call: Call) -> None:
    """Take a role from a user. You must hold all that the user may do."""
    user_roles.unassign(call.service, me, users.find(call.service, me, user_id), role, call.caller)
