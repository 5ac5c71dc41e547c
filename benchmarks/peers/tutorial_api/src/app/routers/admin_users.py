from fastapi import APIRouter, Depends, HTTPException, status

from app import db, security
from app.models import (
    AdminUserUpdate,
    InvitationRequest,
    Message,
    SessionPage,
    UserPage,
    UserResponse,
)
from app.observability import LoggerRouteHandler, tracer
from app.security import require_admin

router = APIRouter(prefix="/v1/admin", tags=["admin"], route_class=LoggerRouteHandler, dependencies=[Depends(require_admin)])


def find(email: str) -> dict:
    user = db.get_user(email)
    if user is None:
        raise HTTPException(status_code=404, detail="User not found")
    return user


@router.get("/users", response_model=UserPage)
@tracer.capture_method
def list_users(limit: int = 50, cursor: str | None = None):
    page = db.query("USERS", limit=limit, cursor=cursor)
    users = [db.get_user(item["sk"]) for item in page["Items"]]
    return UserPage(items=[user for user in users if user], next_cursor=page.get("LastEvaluatedKey", {}).get("sk"))


@router.get("/users/{email}", response_model=UserResponse)
@tracer.capture_method
def read_user(email: str):
    return find(email)


@router.patch("/users/{email}", response_model=UserResponse)
@tracer.capture_method
def update_user(email: str, body: AdminUserUpdate):
    find(email)
    return db.update(f"USER#{email}", "PROFILE", **body.model_dump(exclude_none=True))


@router.delete("/users/{email}", status_code=status.HTTP_204_NO_CONTENT)
@tracer.capture_method
def delete_user(email: str):
    for item in db.query(f"USER#{email}")["Items"]:
        db.delete(item["pk"], item["sk"])
    db.delete("USERS", email)


@router.post("/users/{email}/disable", response_model=UserResponse)
@tracer.capture_method
def disable_user(email: str):
    find(email)
    return db.update(f"USER#{email}", "PROFILE", status="disabled")


@router.post("/users/{email}/enable", response_model=UserResponse)
@tracer.capture_method
def enable_user(email: str):
    find(email)
    return db.update(f"USER#{email}", "PROFILE", status="active")


@router.post("/users/{email}/password-reset", response_model=Message, status_code=status.HTTP_202_ACCEPTED)
@tracer.capture_method
def demand_password_reset(email: str):
    user = find(email)
    db.put_token("reset", security.hash_token(security.new_token()), 3600, email=user["email"])
    return Message(status="accepted")


@router.get("/users/{email}/sessions", response_model=SessionPage)
@tracer.capture_method
def read_user_sessions(email: str):
    return SessionPage(items=db.query(f"USER#{email}", "SESSION#")["Items"])


@router.delete("/users/{email}/sessions", status_code=status.HTTP_204_NO_CONTENT)
@tracer.capture_method
def delete_user_sessions(email: str):
    for item in db.query(f"USER#{email}", "SESSION#")["Items"]:
        db.delete(item["pk"], item["sk"])


@router.delete("/users/{email}/sessions/{session_id}", status_code=status.HTTP_204_NO_CONTENT)
@tracer.capture_method
def delete_user_session(email: str, session_id: str):
    db.delete(f"USER#{email}", f"SESSION#{session_id}")


@router.put("/users/{email}/roles/{role}", response_model=UserResponse)
@tracer.capture_method
def grant_role(email: str, role: str):
    user = find(email)
    return db.update(f"USER#{email}", "PROFILE", roles=sorted({*user.get("roles", []), role}))


@router.delete("/users/{email}/roles/{role}", response_model=UserResponse)
@tracer.capture_method
def revoke_role(email: str, role: str):
    user = find(email)
    return db.update(f"USER#{email}", "PROFILE", roles=sorted({*user.get("roles", [])} - {role}))


@router.post("/invitations", response_model=Message, status_code=status.HTTP_202_ACCEPTED)
@tracer.capture_method
def invite(body: InvitationRequest):
    token = security.new_token()
    db.put_token("invitation", security.hash_token(token), 7 * 86400, email=body.email.lower(), roles=body.roles)
    return Message(status="invited")


@router.get("/invitations", response_model=list[str])
@tracer.capture_method
def list_invitations():
    return [item["email"] for item in db.query("TOKEN#invitation")["Items"]]
