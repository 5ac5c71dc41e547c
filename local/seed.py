"""What a new local stack holds: its administrator."""

import os

from gatepost import clock
from gatepost.access.roles import ADMIN
from gatepost.accounts import email_addresses
from gatepost.aws.clients import client
from gatepost.credentials.passwords import hash_password, refusal
from gatepost.identifiers import new_id
from gatepost.storage import administrators, keys, users
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.table import Database
from gatepost.storage.users import User
from gatepost.storage.writes import update
from local.administrator import ADMINISTRATOR, PASSWORD_VARIABLE, new_password
from local.errors import StackError
from local.stack import Stack


def administrator_password() -> str:
    """Return the password of the administrator: the one of the environment, else a new one.

    Raises:
        StackError: if the one of the environment is not acceptable.
    """
    password = os.environ.get(PASSWORD_VARIABLE) or new_password()
    if reason := refusal(password):
        raise StackError(f"{PASSWORD_VARIABLE} {reason}. Set it to another, or unset it to have one made.")
    return password


def ensure_administrator(stack: Stack, password: str) -> None:
    """Make sure that the administrator exists and has this password."""
    email = email_addresses.parse(ADMINISTRATOR)
    administrator = User(
        id=new_id(),
        email=email.address,
        email_digest=email.digest,
        email_verified=True,
        name="Administrator",
        password_hash=hash_password(password),
        status="active",
        roles=(ADMIN,),
        epoch=0,
        version=0,
        created_at=clock.now(),
    )
    db, table = Database(client("dynamodb")), stack.template.tables["UsersTable"].name
    try:
        db.transact(*users.create(table, administrator), administrators.add(table, administrator.id))
    except ConditionFailed as refused:
        # The tables have outlived the process that made them.
        claim = refused.items[0] or {}
        key = keys.user(claim["user_id"])
        db.transact(
            update(table, key, "SET password_hash = :hash", hash=administrator.password_hash),
            administrators.add(table, claim["user_id"]),
        )
