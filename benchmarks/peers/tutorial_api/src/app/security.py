import hashlib
import secrets
import time
import uuid

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import Depends, HTTPException, Request, status
from fastapi.security import OAuth2PasswordBearer

from app import config, db
from app.models import TokenResponse, UserResponse

password_hasher = PasswordHasher()
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="v1/auth/login")


def hash_password(password: str) -> str:
    return password_hasher.hash(password)


def verify_password(password: str, password_hash: str) -> bool:
    try:
        return password_hasher.verify(password_hash, password)
    except VerifyMismatchError:
        return False


def new_token() -> str:
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def create_access_token(user: dict, session_id: str) -> str:
    now = int(time.time())
    payload = {
        "iss": config.ISSUER,
        "sub": user["email"],
        "aud": config.AUDIENCE,
        "iat": now,
        "exp": now + config.ACCESS_TOKEN_SECONDS,
        "jti": str(uuid.uuid4()),
        "sid": session_id,
        "roles": list(user.get("roles", [])),
    }
    return jwt.encode(payload, config.JWT_PRIVATE_KEY, algorithm="RS256", headers={"kid": "auth"})


def decode_access_token(token: str) -> dict:
    try:
        return jwt.decode(token, config.JWT_PUBLIC_KEY, algorithms=["RS256"], audience=config.AUDIENCE, issuer=config.ISSUER)
    except jwt.InvalidTokenError:
        raise HTTPException(
            status_code=status.HTTP_401_UNAUTHORIZED,
            detail="Could not validate credentials",
            headers={"WWW-Authenticate": "Bearer"},
        ) from None


def start_session(user: dict, request: Request, device_name: str | None = None) -> TokenResponse:
    session_id = str(uuid.uuid4())
    refresh_token = new_token()
    db.put(
        f"USER#{user['email']}",
        f"SESSION#{session_id}",
        id=session_id,
        device_name=device_name,
        ip=client_ip(request),
        expires_at=int(time.time()) + config.REFRESH_TOKEN_SECONDS,
    )
    db.put_token("refresh", hash_token(refresh_token), config.REFRESH_TOKEN_SECONDS, email=user["email"], session_id=session_id)
    return TokenResponse(
        access_token=create_access_token(user, session_id),
        refresh_token=refresh_token,
        expires_in=config.ACCESS_TOKEN_SECONDS,
        user=UserResponse(**user),
    )


def client_ip(request: Request) -> str | None:
    return request.client.host if request.client else None


def get_current_user(token: str = Depends(oauth2_scheme)) -> dict:
    claims = decode_access_token(token)
    user = db.get_user(claims["sub"])
    if user is None or user.get("status") == "disabled":
        raise HTTPException(status_code=status.HTTP_401_UNAUTHORIZED, detail="Could not validate credentials")
    return {**user, "session_id": claims["sid"]}


def require_admin(user: dict = Depends(get_current_user)) -> dict:
    if "admin" not in user.get("roles", []):
        raise HTTPException(status_code=status.HTTP_403_FORBIDDEN, detail="Not enough permissions")
    return user
