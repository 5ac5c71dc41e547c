"""Lists in pages: `?limit=` and `?cursor=`."""

import base64
import re
from typing import Annotated

from fastapi import Query

from gatepost.errors import InvalidCursor
from gatepost.identifiers import base64url

_MAX_LENGTH = 256

Limit = Annotated[int, Query(ge=1, le=100, description="how many at the most; a page may be short while a cursor follows")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]


def encode_cursor(of: str, position: str | None) -> str | None:
    """Return the cursor that goes on behind `position` in the list named `of`; None at its end."""
    return None if position is None else base64url(f"{of}:{position}".encode())


def decode_cursor(of: str, cursor: str | None, position: re.Pattern[str]) -> str | None:
    """Return the position that `cursor` holds, which must be like the pattern `position`; None without one.

    Raises:
        InvalidCursor: if it's not a cursor of the list named `of`.
    """
    if cursor is None:
        return None
    if len(cursor) > _MAX_LENGTH:
        raise InvalidCursor
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError as exc:
        raise InvalidCursor from exc
    found = text.removeprefix(f"{of}:")
    if encode_cursor(of, found) != cursor or not position.fullmatch(found):
        raise InvalidCursor
    return found
