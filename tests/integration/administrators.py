"""Users with roles as tests want them, signed in for the admin API: written straight into the tables, so that a test of the
admin API needs no other part of it.
"""

import secrets
from dataclasses import dataclass, replace
from typing import Any

from gatepost import clock
from gatepost.access.roles import ADMIN, Role, with_role
from gatepost.accounts import email_addresses
from gatepost.aws.clients import client
from gatepost.credentials.passwords import hash_password
from gatepost.identifiers import new_id
from gatepost.storage import administrators, roles, users
from gatepost.storage.table import Database
from local.events import Response
from local.stack import Stack
from tests.integration.accounts import User
from tests.support import ISSUER, PASSWORD, Api, new_email

_HASH = hash_password(PASSWORD)


@dataclass(frozen=True)
class Staff(User):
    """A user whose access token is for the issuer alone, as the admin API wants it."""

    def admin(self, method: str, path: str, body: Any = None, **options: Any) -> Response:
        """Send a request to `/v1/admin` + `path`."""
        return self.api.call(method, f"/v1/admin{path}", body, token=self.access_token, **options)


def administrator(stack: Stack) -> Staff:
    """Return a new user with the role `admin`, who is in the set of administrators."""
    return user_with_roles(stack, ADMIN)


def user_with(stack: Stack, *permissions: str) -> Staff:
    """Return a new user who has exactly these permissions, by a role of their own."""
    return user_with_roles(stack, new_role(stack, Role("", "", permissions)))


def user_with_roles(stack: Stack, *names: str) -> Staff:
    """Return a new user with the roles of these names, whether they exist or not."""
    api, email, db = Api(stack), new_email(), Database(client("dynamodb"))
    address, table = email_addresses.parse(email), api.table_name("UsersTable")
    user = users.User(
        id=new_id(),
        email=address.address,
        email_digest=address.digest,
        email_verified=True,
        name=None,
        password_hash=_HASH,
        status="active",
        roles=names,
        epoch=0,
        version=0,
        created_at=clock.now(),
    )
    db.transact(*users.create(table, user), *([administrators.add(table, user.id)] if ADMIN in names else []))
    answer = api.login(email, audience=ISSUER)
    assert answer.status == 200, answer.body
    return Staff(api, email, PASSWORD, answer.json())


def new_role(stack: Stack, role: Role) -> str:
    """Write `role`, under a new name if it has none, and return its name."""
    named = replace(role, name=role.name or f"role-{secrets.token_hex(4)}")
    db, table = Database(client("dynamodb")), stack.template.tables["RolesTable"].name
    db.transact(*roles.write(table, with_role(roles.read(db, table), named)))
    return named.name
