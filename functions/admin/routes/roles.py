"""Roles."""

from typing import Annotated

from fastapi import Depends, Path, Response

from functions.admin.models import RolePage, RoleView
from gatepost.access.roles import NAME_PATTERN
from gatepost.administration import roles
from gatepost.administration.wanted import PutRole
from gatepost.authentication import Principal
from gatepost.web.app import router as new_router
from gatepost.web.call import Call
from gatepost.web.dependencies import permitted
from gatepost.web.lists import Cursor, Limit, decode_cursor, encode_cursor
from gatepost.web.problems import responses

router = new_router(prefix="/v1/admin/roles", tags=["roles"])

Reader = Annotated[Principal, Depends(permitted("roles:read"))]
Writer = Annotated[Principal, Depends(permitted("roles:write"))]


@router.get("", responses=responses(400, 401, 403, 422, body=False))
async def list_roles(me: Reader, limit: Limit = 25, cursor: Cursor = None) -> RolePage:
    """List all roles by name, the built-in ones included."""
    after = decode_cursor("roles", me.user, cursor)
    behind = [role for role in me.catalogue.all() if after is None or role.name > after]
    shown, last = behind[:limit], behind[limit - 1].name if len(behind) > limit else None
    views = [RoleView.of(role, me.catalogue) for role in shown]
    return RolePage(items=views, next_cursor=encode_cursor("roles", me.user, last))


@router.get("/{name}", responses=responses(401, 403, 404, 422, body=False))
async def read_role(name: str, me: Reader) -> RoleView:
    """Read a role."""
    return RoleView.of(me.catalogue.role(name), me.catalogue)


@router.put("/{name}", responses=responses(401, 403, 409) | {201: {"description": "A new role.", "model": RoleView}})
async def put_role(
    name: Annotated[str, Path(pattern=NAME_PATTERN)], body: PutRole, me: Writer, call: Call, response: Response
) -> RoleView:
    """Write a role as a whole. You must hold all that it permits, before and after, and so of roles that include it."""
    role = body.role(name)
    catalogue, new = roles.put_role(call.service, me, role, call.caller)
    response.status_code = 201 if new else 200
    return RoleView.of(role, catalogue)


@router.delete("/{name}", status_code=204, responses=responses(401, 403, 404, 409, 422, body=False))
async def delete_role(name: str, me: Writer, call: Call) -> None:
    """Delete a role that no other includes; whoever has it loses it. You must hold all that it permits."""
    roles.delete_role(call.service, me, name, call.caller)
