"""The signed-in user's sessions."""

from functions.account.models import SessionPage, SessionView
from gatepost import session_list
from gatepost.web.app import router as new_router
from gatepost.web.call import Call
from gatepost.web.dependencies import SignedInUser
from gatepost.web.lists import Cursor, Limit, decode_cursor, encode_cursor
from gatepost.web.problems import responses

router = new_router(prefix="/v1/me/sessions", tags=["the signed-in user"])


@router.get("", responses=responses(400, 401, 403, 422, body=False))
async def list_sessions(me: SignedInUser, call: Call, limit: Limit = 25, cursor: Cursor = None) -> SessionPage:
    """List one's own sessions."""
    sessions, last = session_list.page(call.service, me.user, limit, decode_cursor("sessions", me.user, cursor))
    views = [SessionView(**session_list.described(session, me.sid)) for session in sessions]
    return SessionPage(items=views, next_cursor=encode_cursor("sessions", me.user, last))


@router.delete("", status_code=204, responses=responses(401, 403, body=False))
async def end_other_sessions(me: SignedInUser, call: Call) -> None:
    """End all of one's own sessions but this one."""
    session_list.end_others(call.service, me, call.caller)


@router.delete("/{session_id}", status_code=204, responses=responses(401, 403, 404, 422, body=False))
async def end_session(session_id: str, me: SignedInUser, call: Call) -> None:
    """End one of one's own sessions."""
    session_list.end(call.service, me, session_id, call.caller)
