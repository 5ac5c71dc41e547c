"""Revocation lists made by hand."""

import json
from typing import Any

from gatepost_verifier.revocations import hashed
from tests.unit.authorizer.jwks_server import Answer, respond


def listed(*sessions: str, users: dict[str, int] | None = None, complete: bool = True, **more: Any) -> Answer:
    """An answer with the list of these ids."""
    return respond(document(*sessions, users=users, complete=complete), **more)


def document(*sessions: str, users: dict[str, int] | None = None, complete: bool = True, keys: tuple[str, ...] = ()) -> bytes:
    named = {hashed(user): least for user, least in (users or {}).items()}
    body = {"sessions": [hashed(session) for session in sessions], "users": named, "complete": complete}
    return json.dumps(body | ({"keys": [hashed(kid) for kid in keys]} if keys else {})).encode()
