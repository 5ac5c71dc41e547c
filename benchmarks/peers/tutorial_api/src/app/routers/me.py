import uuid

from fastapi import APIRouter, Depends, HTTPException, status

from app import db, security
from app.models import (
    ApiKeyCreated,
    ApiKeyPage,
    ApiKeyRequest,
    ApiKeyResponse,
    AuditPage,
    ChangeEmailRequest,
    ChangePasswordRequest,
    Message,
    SessionPage,
    SessionResponse,
    UpdateProfileRequest,
    UserResponse,
)
from app.observability import LoggerRouteHandler, tracer
from app.security import get_current_user

router = APIRouter(prefix="/v1/me", tags=["me"], route_class=LoggerRouteHandler)


@router.get("", response_model=UserResponse)
@tracer.capture_method
def read_me(user: dict = Depends(get_current_user)):
    return user


@router.patch("", response_model=UserResponse)
@tracer.capture_method
def update_me(body: UpdateProfileRequest, user: dict = Depends(get_current_user)):
    return db.update(user["pk"], "PROFILE", name=body.name)


@router.delete("", status_code=status.HTTP_204_NO_CONTENT)
@tracer.capture_method
def delete_me(user: dict = Depends(get_current_user)):
    for item in db.query(user["pk"])["Items"]:
        db.delete(item["pk"], item["sk"])
    db.delete("USERS", user["email"])


@router.put("/password", response_model=Message)
@tracer.capture_method
def change_password(body: ChangePasswordRequest, user: dict = Depends(get_current_user)):
    if not security.verify_password(body.current_password, user["password_hash"]):
        raise HTTPException(status_code=403, detail="Incorrect password")
    db.update(user["pk"], "PROFILE", password_hash=security.hash_password(body.new_password))
    return Message(status="changed")


@router.put("/email", response_model=Message, status_code=status.HTTP_202_ACCEPTED)
@tracer.capture_method
def change_email(body: ChangeEmailRequest, user: dict = Depends(get_current_user)):
    if not security.verify_password(body.password, user["password_hash"]):
        raise HTTPException(status_code=403, detail="Incorrect password")
    token = security.new_token()
    db.put_token("email", security.hash_token(token), 3600, email=user["email"], new_email=body.new_email.lower())
    return Message(status="verification_required")


@router.get("/permissions", response_model=list[str])
@tracer.capture_method
def read_permissions(user: dict = Depends(get_current_user)):
    permissions: set[str] = set()
    for role in user.get("roles", []):
        permissions.update((db.get("ROLES", role) or {}).get("permissions", []))
    return sorted(permissions)


@router.get("/security-events", response_model=AuditPage)
@tracer.capture_method
def read_security_events(user: dict = Depends(get_current_user)):
    items = db.query("AUDIT", forward=False)["Items"]
    return AuditPage(items=[item for item in items if item.get("email") == user["email"]])


@router.get("/sessions", response_model=SessionPage)
@tracer.capture_method
def read_sessions(user: dict = Depends(get_current_user)):
    return SessionPage(items=db.query(user["pk"], "SESSION#")["Items"])


@router.get("/sessions/{session_id}", response_model=SessionResponse)
@tracer.capture_method
def read_session(session_id: str, user: dict = Depends(get_current_user)):
    session = db.get(user["pk"], f"SESSION#{session_id}")
    if session is None:
        raise HTTPException(status_code=404, detail="Session not found")
    return session


@router.delete("/sessions/{session_id}", status_code=status.HTTP_204_NO_CONTENT)
@tracer.capture_method
def delete_session(session_id: str, user: dict = Depends(get_current_user)):
    db.delete(user["pk"], f"SESSION#{session_id}")


@router.delete("/sessions", status_code=status.HTTP_204_NO_CONTENT)
@tracer.capture_method
def delete_sessions(user: dict = Depends(get_current_user)):
    for item in db.query(user["pk"], "SESSION#")["Items"]:
        db.delete(item["pk"], item["sk"])


@router.get("/api-keys", response_model=ApiKeyPage)
@tracer.capture_method
def read_api_keys(user: dict = Depends(get_current_user)):
    return ApiKeyPage(items=db.query(user["pk"], "APIKEY#")["Items"])


@router.post("/api-keys", response_model=ApiKeyCreated, status_code=status.HTTP_201_CREATED)
@tracer.capture_method
def create_api_key(body: ApiKeyRequest, user: dict = Depends(get_current_user)):
    key_id, secret = str(uuid.uuid4()), security.new_token()
    item = db.put(
        user["pk"],
        f"APIKEY#{key_id}",
        id=key_id,
        name=body.name,
        scopes=body.scopes,
        secret_hash=security.hash_token(secret),
    )
    return {**item, "secret": secret}


@router.get("/api-keys/{key_id}", response_model=ApiKeyResponse)
@tracer.capture_method
def read_api_key(key_id: str, user: dict = Depends(get_current_user)):
    item = db.get(user["pk"], f"APIKEY#{key_id}")
    if item is None:
        raise HTTPException(status_code=404, detail="API key not found")
    return item


@router.patch("/api-keys/{key_id}", response_model=ApiKeyResponse)
@tracer.capture_method
def update_api_key(key_id: str, body: ApiKeyRequest, user: dict = Depends(get_current_user)):
    return db.update(user["pk"], f"APIKEY#{key_id}", name=body.name, scopes=body.scopes)


@router.delete("/api-keys/{key_id}", status_code=status.HTTP_204_NO_CONTENT)
@tracer.capture_method
def delete_api_key(key_id: str, user: dict = Depends(get_current_user)):
    db.delete(user["pk"], f"APIKEY#{key_id}")
