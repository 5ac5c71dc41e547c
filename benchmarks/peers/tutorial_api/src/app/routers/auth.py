import secrets

from aws_lambda_powertools.metrics import MetricUnit
from fastapi import APIRouter, HTTPException, Request, status

from app import config, db, security
from app.models import (
    AcceptInvitationRequest,
    CodeRequest,
    EmailRequest,
    LoginRequest,
    Message,
    RefreshRequest,
    RegisterRequest,
    ResetPasswordRequest,
    TokenRequest,
    TokenResponse,
)
from app.observability import LoggerRouteHandler, metrics, tracer

router = APIRouter(prefix="/v1/auth", tags=["auth"], route_class=LoggerRouteHandler)


@router.post("/register", response_model=Message, status_code=status.HTTP_202_ACCEPTED)
@tracer.capture_method
def register(body: RegisterRequest, request: Request):
    if db.get_user(body.email) is None:
        token = security.new_token()
        db.put_user(
            body.email,
            name=body.name,
            password_hash=security.hash_password(body.password),
            email_verified=False,
            status="active",
            roles=["user"],
        )
        db.put_token("verify", security.hash_token(token), 86400, email=body.email.lower())
        db.audit("registered", body.email, security.client_ip(request))
    metrics.add_metric(name="Registrations", unit=MetricUnit.Count, value=1)
    return Message(status="verification_required")


@router.post("/verify-email", response_model=Message)
@tracer.capture_method
def verify_email(body: TokenRequest):
    item = db.take_token("verify", security.hash_token(body.token))
    if item is None:
        raise HTTPException(status_code=400, detail="Invalid or expired token")
    db.update(f"USER#{item['email']}", "PROFILE", email_verified=True)
    return Message(status="verified")


@router.post("/resend-verification", response_model=Message, status_code=status.HTTP_202_ACCEPTED)
@tracer.capture_method
def resend_verification(body: EmailRequest):
    user = db.get_user(body.email)
    if user and not user["email_verified"]:
        db.put_token("verify", security.hash_token(security.new_token()), 86400, email=user["email"])
    return Message(status="accepted")


@router.post("/login", response_model=TokenResponse)
@tracer.capture_method
def login(body: LoginRequest, request: Request):
    if db.count_attempt(body.email.lower()) > config.MAX_LOGIN_ATTEMPTS:
        raise HTTPException(status_code=429, detail="Too many attempts")
    user = db.get_user(body.email)
    if user is None or not security.verify_password(body.password, user["password_hash"]):
        metrics.add_metric(name="FailedLogins", unit=MetricUnit.Count, value=1)
        raise HTTPException(status_code=401, detail="Incorrect email or password")
    tokens = security.start_session(user, request, body.device_name)
    db.clear_attempts(body.email.lower())
    db.audit("logged_in", user["email"], security.client_ip(request))
    metrics.add_metric(name="Logins", unit=MetricUnit.Count, value=1)
    return tokens


@router.post("/refresh", response_model=TokenResponse)
@tracer.capture_method
def refresh(body: RefreshRequest, request: Request):
    item = db.take_token("refresh", security.hash_token(body.refresh_token))
    if item is None:
        raise HTTPException(status_code=401, detail="Invalid refresh token")
    user = db.get_user(item["email"])
    if user is None or user["status"] == "disabled":
        raise HTTPException(status_code=401, detail="Invalid refresh token")
    return security.start_session(user, request)


@router.post("/logout", status_code=status.HTTP_204_NO_CONTENT)
@tracer.capture_method
def logout(body: RefreshRequest):
    item = db.take_token("refresh", security.hash_token(body.refresh_token))
    if item is not None:
        db.delete(f"USER#{item['email']}", f"SESSION#{item['session_id']}")


@router.post("/password/forgot", response_model=Message, status_code=status.HTTP_202_ACCEPTED)
@tracer.capture_method
def forgot_password(body: EmailRequest):
    user = db.get_user(body.email)
    if user:
        db.put_token("reset", security.hash_token(security.new_token()), 3600, email=user["email"])
    return Message(status="accepted")


@router.post("/password/reset", response_model=Message)
@tracer.capture_method
def reset_password(body: ResetPasswordRequest):
    item = db.take_token("reset", security.hash_token(body.token))
    if item is None:
        raise HTTPException(status_code=400, detail="Invalid or expired token")
    db.update(f"USER#{item['email']}", "PROFILE", password_hash=security.hash_password(body.new_password))
    return Message(status="changed")


@router.post("/email-code/start", response_model=Message, status_code=status.HTTP_202_ACCEPTED)
@tracer.capture_method
def start_email_code(body: EmailRequest):
    user = db.get_user(body.email)
    if user:
        code = f"{secrets.randbelow(10**6):06}"
        db.put_token("code", security.hash_token(f"{user['email']}:{code}"), 600, email=user["email"])
    return Message(status="accepted")


@router.post("/email-code/verify", response_model=TokenResponse)
@tracer.capture_method
def verify_email_code(body: CodeRequest, request: Request):
    if db.count_attempt(f"code:{body.email.lower()}") > config.MAX_LOGIN_ATTEMPTS:
        raise HTTPException(status_code=429, detail="Too many attempts")
    item = db.take_token("code", security.hash_token(f"{body.email.lower()}:{body.code}"))
    user = db.get_user(item["email"]) if item else None
    if user is None:
        raise HTTPException(status_code=401, detail="Invalid code")
    return security.start_session(user, request)


@router.post("/accept-invitation", response_model=TokenResponse)
@tracer.capture_method
def accept_invitation(body: AcceptInvitationRequest, request: Request):
    item = db.take_token("invitation", security.hash_token(body.token))
    if item is None:
        raise HTTPException(status_code=400, detail="Invalid or expired token")
    user = db.put_user(
        item["email"],
        name=body.name,
        password_hash=security.hash_password(body.password),
        email_verified=True,
        status="active",
        roles=list(item.get("roles", [])),
    )
    return security.start_session(user, request)
