"""The members of a user in Gatepost's own words: columns of CSV, members of JSON Lines."""

from collections.abc import Mapping
from typing import Any

from cli.importing.formats import fields
from cli.importing.formats.fields import Unfit
from cli.importing.records import Record

NAMES = ("email", "name", "password_hash", "email_verified", "roles", "status", "created_at", "id")


def record(line: int, members: Mapping[str, Any]) -> Record:
    """Return the user of these members, of which all but `email` may be missing. Raises `Unfit`."""
    if not members.keys() <= set(NAMES):
        raise Unfit(f"has a member of another name than {', '.join(NAMES)}")
    return Record(
        line=line,
        email=fields.email(members.get("email")),
        email_verified=fields.flag(members.get("email_verified"), "email_verified", default=False),
        name=fields.name(members.get("name")),
        password_hash=fields.password_hash(members.get("password_hash")),
        status=fields.status(members.get("status")),
        roles=fields.roles(members.get("roles")),
        created_at=fields.created_at(members.get("created_at")),
        source_id=fields.source_id(members.get("id")),
    )
