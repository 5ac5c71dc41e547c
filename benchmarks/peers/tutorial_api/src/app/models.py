from typing import Literal

from pydantic import BaseModel, EmailStr, Field


class Message(BaseModel):
    status: str


class RegisterRequest(BaseModel):
    email: EmailStr
    password: str = Field(min_length=12, max_length=256)
    name: str | None = Field(default=None, max_length=100)


class LoginRequest(BaseModel):
    email: EmailStr
    password: str = Field(min_length=1, max_length=256)
    device_name: str | None = Field(default=None, max_length=100)


class EmailRequest(BaseModel):
    email: EmailStr


class TokenRequest(BaseModel):
    token: str = Field(min_length=16, max_length=256)


class CodeRequest(BaseModel):
    email: EmailStr
    code: str = Field(pattern=r"^\d{6}$")


class RefreshRequest(BaseModel):
    refresh_token: str = Field(min_length=16, max_length=512)


class ResetPasswordRequest(TokenRequest):
    new_password: str = Field(min_length=12, max_length=256)


class ChangePasswordRequest(BaseModel):
    current_password: str
    new_password: str = Field(min_length=12, max_length=256)


class ChangeEmailRequest(BaseModel):
    new_email: EmailStr
    password: str


class UpdateProfileRequest(BaseModel):
    name: str | None = Field(default=None, max_length=100)


class UserResponse(BaseModel):
    id: str
    email: EmailStr
    name: str | None = None
    email_verified: bool = False
    status: Literal["active", "disabled"] = "active"
    roles: list[str] = []
    created_at: int


class TokenResponse(BaseModel):
    access_token: str
    refresh_token: str
    token_type: str = "bearer"
    expires_in: int
    user: UserResponse


class SessionResponse(BaseModel):
    id: str
    device_name: str | None = None
    ip: str | None = None
    created_at: int


class UserPage(BaseModel):
    items: list[UserResponse]
    next_cursor: str | None = None


class SessionPage(BaseModel):
    items: list[SessionResponse]


class ApiKeyRequest(BaseModel):
    name: str = Field(min_length=1, max_length=100)
    scopes: list[str] = []


class ApiKeyResponse(BaseModel):
    id: str
    name: str
    scopes: list[str]
    created_at: int


class ApiKeyCreated(ApiKeyResponse):
    secret: str


class ApiKeyPage(BaseModel):
    items: list[ApiKeyResponse]


class RoleRequest(BaseModel):
    name: str = Field(pattern=r"^[a-z0-9-]{1,64}$")
    description: str | None = Field(default=None, max_length=200)
    permissions: list[str] = Field(default=[], max_length=100)


class RoleUpdate(BaseModel):
    description: str | None = Field(default=None, max_length=200)
    permissions: list[str] = Field(default=[], max_length=100)


class RoleResponse(RoleRequest):
    created_at: int


class RolePage(BaseModel):
    items: list[RoleResponse]


class ClientRequest(BaseModel):
    name: str = Field(min_length=1, max_length=100)
    redirect_uris: list[str] = Field(default=[], max_length=10)
    scopes: list[str] = []


class ClientResponse(ClientRequest):
    id: str
    created_at: int


class ClientCreated(ClientResponse):
    client_secret: str


class ClientPage(BaseModel):
    items: list[ClientResponse]


class InvitationRequest(BaseModel):
    email: EmailStr
    roles: list[str] = []


class AcceptInvitationRequest(TokenRequest):
    password: str = Field(min_length=12, max_length=256)
    name: str | None = Field(default=None, max_length=100)


class AdminUserUpdate(BaseModel):
    name: str | None = Field(default=None, max_length=100)
    status: Literal["active", "disabled"] | None = None


class AuditEvent(BaseModel):
    id: str
    event: str
    at: int
    email: str | None = None
    ip: str | None = None


class AuditPage(BaseModel):
    items: list[AuditEvent]
    next_cursor: str | None = None


class Health(BaseModel):
    status: str = "ok"
