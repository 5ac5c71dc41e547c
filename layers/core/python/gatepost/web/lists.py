"""Lists in pages: `?limit=` and `?cursor=`."""

import base64
import hashlib
import hmac
import json
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from gatepost.errors import InvalidCursor
from gatepost.identifiers import base64url
from gatepost.storage.users import User

_MAC_BYTES = 16
_MAX_LENGTH = 512  # a position may hold an address of 254 characters

Limit = Annotated[int, Query(ge=1, le=100, description="how many at the most; a page may be short while a cursor follows")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]


class PageQuery(BaseModel):
    """Base of the queries of lists that can be searched: no unknown parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    limit: int = Field(default=25, ge=1, le=100, description="how many at the most; a page may be short while a cursor follows")
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before, with the same search")

    def named(self, of: str) -> str:
        """Return the name of the list `of`, searched as this query does: cursors of another search are none of it."""
        search = json.dumps(self.model_dump(exclude={"limit", "cursor"}), sort_keys=True)
        return f"{of} {hashlib.sha256(search.encode()).hexdigest()}"


def encode_cursor(of: str, user: User, position: str | None) -> str | None:
    """Return the cursor that goes on behind `position` in the list named `of` of `user`; None at its end."""
    return None if position is None else base64url(_mac(of, user, position) + position.encode())


def decode_cursor(of: str, user: User, cursor: str | None) -> str | None:
    """Return the position that `cursor` holds; None without one.

    Raises:
        InvalidCursor: if it's not exactly a cursor that this list of this user gave, since the user's last new password.
    """
    if cursor is None:
        return None
    if len(cursor) > _MAX_LENGTH:
        raise InvalidCursor
    try:
        decoded = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position = decoded[_MAC_BYTES:].decode("ascii")
    except ValueError as exc:
        raise InvalidCursor from exc
    if not hmac.compare_digest(_mac(of, user, position), decoded[:_MAC_BYTES]) or base64url(decoded) != cursor:
        raise InvalidCursor
    return position


def _mac(of: str, user: User, position: str) -> bytes:
    """Bound to list and user by what only the Users table knows: the hash of their password, which is salted."""
    key = hashlib.sha256(f"cursor {user.id} {user.password_hash}".encode()).digest()
    return hmac.digest(key, f"{of}:{position}".encode(), "sha256")[:_MAC_BYTES]
