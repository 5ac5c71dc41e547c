"""What may stand in a user's fields, whichever system they come from: what the API takes, and sign-in can use."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from gatepost import clock
from gatepost.access.roles import MAX_ROLES_OF_USER, NAME_PATTERN
from gatepost.accounts import email_addresses
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.credentials import legacy_hashes
from gatepost.plain_text import MAX_NAME, one_line

_MAX_SOURCE_ID = 256
# As many seconds are in the year 5138, as many milliseconds in 1973: what is less counts seconds.
_FIRST_MILLISECONDS = 10**11
_DIGITS = re.compile(r"\d{1,16}", re.ASCII)
_ROLE = re.compile(NAME_PATTERN, re.ASCII)
_DAY = 86_400


class Unfit(Exception):
    """A user can't be imported. The text says why, and never repeats what may be a secret."""


def email(value: object) -> EmailAddress:
    """Return the address of a user. Raises `Unfit`."""
    if value is None or value == "":
        raise Unfit("has no e-mail address, which is what users sign in by")
    try:
        return email_addresses.parse(_text(value, "the e-mail address"))
    except ValueError as exc:
        raise Unfit(f"the e-mail address {exc}") from exc


def name(value: object) -> str | None:
    """Return a name as it's kept, without blanks around it, None for one that's empty. Raises `Unfit`."""
    if value is None or not (stripped := _text(value, "the name").strip()):
        return None
    if len(stripped) > MAX_NAME:
        raise Unfit(f"the name has more than {MAX_NAME} characters")
    try:
        return one_line(stripped)
    except ValueError as exc:
        raise Unfit(f"the name {exc}") from exc


def full_name(*names: object) -> str | None:
    """Return the name that given name and family name make, in this order. Raises `Unfit`."""
    return name(" ".join(part for each in names if (part := name(each))))


def password_hash(value: object) -> str | None:
    """Return a hash that sign-in can verify, at a cost it may have (docs/decisions/0007-legacy-hashes.md). Raises `Unfit`."""
    if value is None or value == "":
        return None
    stored = _text(value, "the password hash")
    try:
        legacy_hashes.parse(stored)
    except legacy_hashes.UnknownHash as exc:
        raise Unfit(f"the password hash can't be taken over: {exc}") from exc
    return stored


def flag(value: object, what: str, *, default: bool) -> bool:
    """Return a truth value, `default` where there's none. Raises `Unfit`."""
    if value is None:
        return default
    if not isinstance(value, bool):
        raise Unfit(f"{what} is neither true nor false")
    return value


def status(value: object) -> Literal["active", "disabled"]:
    """Return a status, `active` where there's none. Raises `Unfit`."""
    if value is None or value in ("", "active"):
        return "active"
    if value == "disabled":
        return "disabled"
    raise Unfit("the status is neither active nor disabled")


def roles(value: object) -> tuple[str, ...]:
    """Return names of roles, each once. Raises `Unfit`."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) and _ROLE.fullmatch(each) for each in value):
        raise Unfit("the roles are not a list of names of roles (letters, digits, `.`, `_` and `-`, 64 at most)")
    names = tuple(dict.fromkeys(value))
    if len(names) > MAX_ROLES_OF_USER:
        raise Unfit(f"has more than {MAX_ROLES_OF_USER} roles")
    return names


def created_at(value: object) -> int | None:
    """Return a time in seconds since the epoch: of such, of milliseconds, or of RFC 3339, as text too. Raises `Unfit`."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, str):
        try:
            return _past(clock.from_rfc3339(value) // 1000)
        except ValueError as exc:
            raise Unfit("the time of creation is neither in RFC 3339 nor in seconds or milliseconds") from exc
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit("the time of creation is neither text nor a number")
    return _past(int(value // 1000 if value >= _FIRST_MILLISECONDS else value))


def source_id(value: object) -> str | None:
    """Return the id that the other system knew the user by. Raises `Unfit`."""
    if value is None or value == "":
        return None
    text = _text(value, "the id")
    if len(text) > _MAX_SOURCE_ID:
        raise Unfit(f"the id has more than {_MAX_SOURCE_ID} characters")
    try:
        return one_line(text)
    except ValueError as exc:
        raise Unfit(f"the id {exc}") from exc


def object_member(members: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the object under `key`, an empty one where there's none. Raises `Unfit`."""
    value = members.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unfit(f"`{key}` is not an object")
    return value


def list_of_objects(members: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the list of objects under `key`, an empty one where there's none. Raises `Unfit`."""
    value = members.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Unfit(f"`{key}` is not a list of objects")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise Unfit(f"{what} is not text")
    return value


def _past(seconds: int) -> int:
    """Clocks of two systems may differ, not by more than a day."""
    if not 0 <= seconds <= clock.now() + _DAY:
        raise Unfit("the time of creation is no time that has been since 1970")
    return seconds
