"""What the calls about API keys take and give."""

import json
from typing import Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from gatepost import clock
from gatepost.access.roles import MAX_PERMISSION_CHARACTERS, MAX_PERMISSIONS
from gatepost.api_keys.own_keys import DAY, MAX_DAYS, described
from gatepost.fields import Audience, Line, OpaqueToken, OptionalTime, Permission, RequestBody
from gatepost.storage.api_keys import ApiKey


class CreateApiKey(RequestBody):
    """A new API key: what it may, of what you may; and until when it's good, 90 days if nothing is said."""

    name: Line
    permissions: list[Permission] = Field(max_length=MAX_PERMISSIONS, examples=[["orders:read"]])
    expires_at: OptionalTime = Field(default=None, description=f"RFC 3339, at most {MAX_DAYS} days from now")
    expires_in_days: int | None = Field(default=None, ge=1, le=MAX_DAYS, description="in place of `expires_at`")

    @field_validator("permissions")
    @classmethod
    def _fit_a_token(cls, value: list[str]) -> list[str]:
        if sum(map(len, value)) > MAX_PERMISSION_CHARACTERS:
            raise ValueError(f"have more than {MAX_PERMISSION_CHARACTERS} characters together: use `*`")
        return value

    @model_validator(mode="after")
    def _says_when_once(self) -> Self:
        if self.expires_at is not None and self.expires_in_days is not None:
            raise ValueError("give expires_at or expires_in_days, not both")
        return self

    def expiry(self) -> int | None:
        """Return when it's to expire, in seconds since the epoch; None if nothing is said."""
        return self.expires_at if self.expires_in_days is None else clock.now() + self.expires_in_days * DAY

    def canonical(self) -> str:
        """Return the one text that says the same."""
        return json.dumps(self.model_dump(), sort_keys=True)


class ApiKeyView(BaseModel):
    """An API key, as its owner sees it. Times are RFC 3339 in UTC."""

    id: str
    prefix: str = Field(description="what the key begins with")
    name: str
    permissions: list[str]
    audience: str | None = Field(description="whom alone its tokens are for, beside this API; null: whom they are asked for")
    created_at: str
    expires_at: str
    last_used_at: str | None = Field(description="when it was exchanged last, to five minutes; null if never")

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """Return the view of a key."""
        return cls(**described(key))


class NewApiKey(ApiKeyView):
    """An API key with its text, which is never shown again."""

    api_key: str | None = Field(repr=False, description="the key itself; null where the request was sent before")

    @classmethod
    def showing(cls, key: ApiKey, text: str | None) -> Self:
        """Return the view of a key with its text."""
        return cls(api_key=text, **described(key))


class ApiKeyPage(BaseModel):
    """API keys, newest first."""

    items: list[ApiKeyView]
    next_cursor: str | None


class ExchangeApiKey(RequestBody):
    """An API key to exchange."""

    api_key: OpaqueToken
    audience: Audience | None = None


class ApiKeyToken(BaseModel):
    """An access token (RFC 6749, section 5.1). There's no refresh token: exchange the key again."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (RFC 6750)
    expires_in: int = Field(description="seconds")
