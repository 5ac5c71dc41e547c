"""Types of the members of what is asked for: in the bodies of requests, and in files of the command line."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, WithJsonSchema

from gatepost import clock
from gatepost.access import permissions
from gatepost.accounts import email_addresses
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.credentials import passwords
from gatepost.plain_text import MAX_NAME, one_line


class RequestBody(BaseModel):
    """Base of all request bodies: exact types, no unknown members."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


def _email(value: Any) -> EmailAddress:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return email_addresses.parse(value)


def _new_password(value: str) -> str:
    if reason := passwords.refusal(value):
        raise ValueError(reason)
    return value


def _password(value: str) -> str:
    if passwords.is_too_long(value):
        raise ValueError(f"has more than {passwords.MAX_LENGTH} characters")
    return value


def _optional_password(value: str | None) -> str | None:
    return None if value is None else _password(value)


def _time(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return clock.from_rfc3339(value) // 1000


Email = Annotated[EmailAddress, PlainValidator(_email), WithJsonSchema({"type": "string", "format": "email", "maxLength": 254})]
NewPassword = Annotated[
    str,
    AfterValidator(_new_password),
    Field(repr=False, json_schema_extra={"minLength": passwords.MIN_LENGTH, "maxLength": passwords.MAX_LENGTH}),
]
Password = Annotated[str, StringConstraints(min_length=1), AfterValidator(_password), Field(repr=False)]
OptionalPassword = Annotated[str | None, StringConstraints(min_length=1), AfterValidator(_optional_password)]
# Whatever a client may take for a token is judged, not called malformed.
OpaqueToken = Annotated[str, StringConstraints(min_length=1, max_length=8192), Field(repr=False)]
OptionalToken = Annotated[str | None, StringConstraints(min_length=1, max_length=8192)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME), AfterValidator(one_line)]
Permission = Annotated[str, StringConstraints(pattern=permissions.PATTERN)]
# In seconds since the epoch.
OptionalTime = Annotated[
    int | None,
    PlainValidator(_time),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}),
]
Audience = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[!-~]+$")]
