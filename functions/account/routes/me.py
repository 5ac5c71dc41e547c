"""The signed-in user: profile, credentials, and what is held about them."""

from typing import Any

from functions.account.bodies import ChangeEmail, ChangePassword, EraseAccount, UpdateProfile
from functions.account.models import Accepted, Profile, SecurityEvent, SecurityEventPage
from gatepost import audit
from gatepost.accounts import email_change, erasure, password_change, profile
from gatepost.web.app import router as new_router
from gatepost.web.call import Call
from gatepost.web.dependencies import SignedInUser, UserOrApiKey
from gatepost.web.lists import Cursor, Limit, decode_cursor, encode_cursor
from gatepost.web.problems import responses

router = new_router(prefix="/v1/me", tags=["the signed-in user"])


@router.get("", responses=responses(401, body=False))
async def read_profile(me: UserOrApiKey) -> Profile:
    """Read one's own profile; with an API key, `permissions` are what it may."""
    return Profile.of(me.user, me.rights)


@router.patch("", responses=responses(401, 403))
async def update_profile(body: UpdateProfile, me: SignedInUser, call: Call) -> Profile:
    """Change one's own profile; members that are not given stay as they are."""
    if "name" not in body.model_fields_set:
        return Profile.of(me.user, me.rights)
    return Profile.of(profile.rename(call.service, me.user, body.name, call.caller), me.rights)


@router.delete("", status_code=204, responses=responses(401, 403, 409, 429))
async def erase_account(me: SignedInUser, call: Call, body: EraseAccount | None = None) -> None:
    """Erase one's own account, with the password or soon after a sign-in."""
    erasure.erase_account(call.service, me, body.password if body else None, call.caller)


@router.get("/export", responses=responses(401, 403, body=False))
async def export(me: SignedInUser, call: Call) -> dict[str, Any]:
    """Read everything that is held about oneself."""
    return erasure.export(call.service, me.user, me.sid)


@router.post("/password", status_code=204, responses=responses(401, 403, 429))
async def change_password(body: ChangePassword, me: SignedInUser, call: Call) -> None:
    """Change one's own password; other sessions end."""
    password_change.change_password(call.service, me, body.current_password, body.new_password, call.caller)


@router.post("/email", status_code=202, responses=responses(401, 403, 429))
async def change_email(body: ChangeEmail, me: SignedInUser, call: Call) -> Accepted:
    """Begin to change one's own address: a mail to the new one, a notice to the old one."""
    email_change.request_email_change(call.service, me, body.new_email, body.password, call.caller)
    return Accepted()


@router.get("/audit", responses=responses(400, 401, 403, 422, body=False))
async def read_audit_trail(me: SignedInUser, call: Call, limit: Limit = 25, cursor: Cursor = None) -> SecurityEventPage:
    """Read one's own security events, newest first."""
    after = decode_cursor("audit", me.user, cursor)
    items, last = audit.page(call.service.db, call.service.settings.audit_table, me.user.id, limit, after)
    events = [SecurityEvent(**audit.described(item)) for item in items]
    return SecurityEventPage(items=events, next_cursor=encode_cursor("audit", me.user, last))
