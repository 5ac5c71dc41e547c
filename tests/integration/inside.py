"""A look inside, where no call of the API shows it: items of the tables, and the service in a fresh process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from gatepost import clock
from gatepost.aws.clients import client
from gatepost.refresh_tokens import RefreshToken
from gatepost.storage import keys, signing_keys
from gatepost.storage.table import Database
from gatepost.storage.writes import Item, update
from local.functions import LambdaFunction
from local.stack import Stack
from tests.support import Api


def session_of(api: Api, signed_in: dict[str, Any]) -> Item | None:
    """Return the item of a session."""
    key = keys.session(signed_in["user"]["id"], signed_in["session_id"])
    return Database(client("dynamodb")).get(api.table_name("SessionsTable"), key)


def change_user(api: Api, user_id: str, **values: Any) -> None:
    """Set attributes of a user's item, as an administrator's call would."""
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
    Database(client("dynamodb")).write(update(api.table_name("UsersTable"), keys.user(user_id), expression, **values))


def events_of(api: Api, user_id: str) -> list[str]:
    """Return the names of a user's security events, oldest first."""
    items = Database(client("dynamodb")).query_all(api.table_name("AuditTable"), keys.audit_trail_of_user(user_id))
    return [item["event"] for item in items]


def parts(token: str) -> RefreshToken:
    """Return a refresh token taken apart."""
    return RefreshToken.decode(token)


def forget_rotation(stack: Stack) -> None:
    """Leave of the signing keys the one that signs and one that stands by, which was published right now."""
    db, table, now = Database(client("dynamodb")), stack.template.tables["KeysTable"].name, clock.now()
    ring = signing_keys.read(db, table)
    signing, standby = (next(key for key in ring.keys if key.state == state) for state in ("signing", "standby"))
    kept = replace(signing, state_since=now), replace(standby, state_since=now, created_at=now)
    db.write(signing_keys.write(table, replace(ring, version=ring.version + 1, keys=kept, rotation_due=False)))


@contextmanager
def fresh_process(stack: Stack, function: str = "AccountFunction") -> Iterator[None]:
    """Let a function that has only just started, and remembers nothing, answer inside the block."""
    fresh = LambdaFunction(stack.functions[function].definition)
    with patch.dict(stack.functions, {function: fresh}):
        yield
