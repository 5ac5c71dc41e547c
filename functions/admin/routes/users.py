"""Users."""

from typing import Annotated

from fastapi import Depends, Query

from functions.admin.bodies import NewUser, UpdateUser, UserQuery
from functions.admin.models import Accepted, UserPage, UserView
from gatepost.administration import invitations, password_resets, users
from gatepost.authentication import Principal
from gatepost.storage.invitations import Invitation
from gatepost.storage.user_index import Search
from gatepost.web.app import router as new_router
from gatepost.web.call import Call
from gatepost.web.dependencies import permitted
from gatepost.web.lists import decode_cursor, encode_cursor
from gatepost.web.problems import responses

router = new_router(prefix="/v1/admin/users", tags=["users"])

Reader = Annotated[Principal, Depends(permitted("users:read"))]
Writer = Annotated[Principal, Depends(permitted("users:write"))]


@router.get("", responses=responses(400, 401, 403, 422, body=False))
async def list_users(me: Reader, call: Call, query: Annotated[UserQuery, Query()]) -> UserPage:
    """List users by address, or search them. A page may be short or empty while a cursor follows."""
    name = query.named("users")
    search = Search(query.email.lower(), query.status, query.role)
    found, last = users.page(call.service, search, query.limit, decode_cursor(name, me.user, query.cursor))
    views = [UserView.of(user, me.catalogue) for user in found]
    return UserPage(items=views, next_cursor=encode_cursor(name, me.user, last))


@router.post("", status_code=201, responses=responses(401, 403, 409, 429))
async def create_user(body: NewUser, me: Writer, call: Call) -> UserView:
    """Make a user, who is mailed a link that sets a password; or, with `invite`, an invitation, and no user before it's
    accepted.
    """
    roles = tuple(dict.fromkeys(body.roles))
    if body.invite:
        invitation = invitations.invite(call.service, me, body.email, body.name, roles, call.caller)
        return UserView.of_invited(invitation, me.catalogue)
    return UserView.of(invitations.create(call.service, me, body.email, body.name, roles, call.caller), me.catalogue)


@router.get("/{user_id}", responses=responses(401, 403, 404, 422, body=False))
async def read_user(user_id: str, me: Reader, call: Call) -> UserView:
    """Read a user, or who is invited to be one."""
    found = invitations.known(call.service, me, user_id)
    if isinstance(found, Invitation):
        return UserView.of_invited(found, me.catalogue)
    return UserView.of(found, me.catalogue)


@router.patch("/{user_id}", responses=responses(401, 403, 404, 409))
async def update_user(user_id: str, body: UpdateUser, me: Writer, call: Call) -> UserView:
    """Change a user; members that are not given stay as they are. Who is disabled is signed out everywhere."""
    user = users.find(call.service, me, user_id)
    changed = users.update(call.service, me, user, call.caller, **body.over(user))
    return UserView.of(changed, me.catalogue)


@router.delete("/{user_id}", status_code=204, responses=responses(401, 403, 404, 409, 422, body=False))
async def delete_user(user_id: str, me: Writer, call: Call) -> None:
    """Delete a user, whose address is free then; they get a mail. Or withdraw an invitation."""
    found = invitations.known(call.service, me, user_id)
    if isinstance(found, Invitation):
        invitations.withdraw(call.service, me, found, call.caller)
    else:
        users.delete(call.service, me, found, call.caller)


@router.post("/{user_id}/password-reset", status_code=202, responses=responses(401, 403, 404, 409, 422, body=False))
async def demand_password_reset(user_id: str, me: Writer, call: Call) -> Accepted:
    """Make a user choose a new password by a link that they are mailed. The old one stops working, and all sessions end."""
    password_resets.demand_reset(call.service, me, users.find(call.service, me, user_id), call.caller)
    return Accepted()
