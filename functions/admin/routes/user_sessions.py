"""The sessions of users."""

from typing import Annotated

from fastapi import Depends

from functions.admin.models import SessionPage, SessionView
from gatepost import session_list
from gatepost.administration import users
from gatepost.authentication import Principal
from gatepost.web.app import router as new_router
from gatepost.web.call import Call
from gatepost.web.dependencies import permitted
from gatepost.web.lists import Cursor, Limit, decode_cursor, encode_cursor
from gatepost.web.problems import responses

router = new_router(prefix="/v1/admin/users/{user_id}/sessions", tags=["users"])

Manager = Annotated[Principal, Depends(permitted("sessions:write"))]


@router.get("", responses=responses(400, 401, 403, 404, 422, body=False))
async def list_sessions(user_id: str, me: Manager, call: Call, limit: Limit = 25, cursor: Cursor = None) -> SessionPage:
    """List a user's sessions."""
    user, name = users.find(call.service, me, user_id), f"sessions {user_id}"
    sessions, last = session_list.page(call.service, user, limit, decode_cursor(name, me.user, cursor))
    views = [SessionView(**session_list.described(session, me.sid)) for session in sessions]
    return SessionPage(items=views, next_cursor=encode_cursor(name, me.user, last))


@router.delete("", status_code=204, responses=responses(401, 403, 404, 409, 422, body=False))
async def end_sessions(user_id: str, me: Manager, call: Call) -> None:
    """End all sessions of a user, at once."""
    users.end_sessions(call.service, me, users.find(call.service, me, user_id), call.caller)
