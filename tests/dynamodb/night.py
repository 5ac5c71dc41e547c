"""The night of the restore drill: what there is in the evening, and what happens until tables are lost."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import time_machine

from gatepost.access.roles import Role
from local.functions import LambdaFunction
from local.stack import Stack
from local.tables import create_table, create_table_arguments
from tests.cli.support import Operator
from tests.integration.accounts import User, mailed_reset, new_user, outcome, reset
from tests.integration.administrators import Staff, administrator, new_role, user_with_roles
from tests.integration.api_keys import ApiKey, new_api_key
from tests.integration.single_use import SINGLE_USE, Use

TABLES = {
    "users": "UsersTable",
    "roles": "RolesTable",
    "clients": "ClientsTable",
    "audit": "AuditTable",
    "keys": "KeysTable",
    "sessions": "SessionsTable",
}
"""The tables of the drill. Of the Outbox, nothing is left to restore: its mails are sent."""

Item = Mapping[str, Any]
Held = Mapping[str, list[Item]]
_BATCH = 25


@dataclass(frozen=True)
class People:
    """Who there is in the evening. All have a session; `admin` and `ada` keep theirs until the restore."""

    admin: Staff
    ada: User
    bob: User
    carl: User
    dora: User
    eve: User
    demoted: Staff
    kept: ApiKey
    ended: ApiKey
    single_use: Mapping[str, Use]

    @property
    def sessions(self) -> list[User]:
        """One session of each."""
        return [self.admin, self.ada, self.bob, self.carl, self.dora, self.eve, self.demoted]


@dataclass
class Night:
    """The deployment in the drill: what its tables held `then`, as a backup has it, and `at_last`, when they were lost."""

    stack: Stack
    operator: Operator
    traveller: time_machine.Traveller
    people: People = field(init=False)
    then: Held = field(init=False)
    at_last: Held = field(init=False)
    client_id: str = field(init=False)
    stolen: str = field(init=False)
    token_by_the_stolen: str = field(init=False)
    zed: User = field(init=False)
    late: Staff = field(init=False)
    ended_at: float = field(init=False)

    def fall(self) -> None:
        """Make what there is in the evening."""
        admin, ada, bob = administrator(self.stack), new_user(self.stack), new_user(self.stack)
        carl, dora, eve = (new_user(self.stack) for _ in range(3))
        new_role(self.stack, Role("clerk", "", ("stock:read",)))
        assert admin.admin("PUT", f"/users/{ada.id}/roles/clerk").status == 204
        body = {"name": "Web shop", "type": "public", "redirect_uris": ["https://shop.example.com/cb"]}
        self.client_id = admin.admin("POST", "/clients", body).json()["client_id"]
        self.people = People(
            admin=admin,
            ada=ada.refreshed(),
            bob=bob,
            carl=carl,
            dora=dora,
            eve=eve,
            demoted=administrator(self.stack),
            kept=new_api_key(ada),
            ended=new_api_key(bob),
            single_use={kind: issue(self.stack) for kind, (issue, _) in SINGLE_USE.items()},
        )
        self.stolen = self.operator.json("keys", "list")["keys"][0]["kid"]
        self.then = held(self.stack)

    def pass_by(self) -> None:
        """Let happen what a restore to the evening would undo."""
        people, admin = self.people, self.people.admin
        self.traveller.shift(60)
        assert people.bob.call("DELETE", f"/api-keys/{people.ended.id}").status == 204
        assert people.bob.api.post("/logout", {"refresh_token": people.bob.refresh_token}).status == 204
        assert outcome(reset(people.carl.api, mailed_reset(people.carl.api, people.carl.email)))[0] == 204
        assert people.dora.erase().status == 204
        assert admin.admin("PATCH", f"/users/{people.eve.id}", {"status": "disabled"}).status == 200
        assert admin.admin("DELETE", f"/users/{people.demoted.id}/roles/admin").status == 204
        for kind, use in people.single_use.items():
            assert use()[0] in (200, 204), kind
        assert admin.admin("DELETE", "/roles/clerk").status == 204
        self.late = user_with_roles(self.stack, new_role(self.stack, Role("auditor", "", ("audit:read",))))
        assert admin.admin("DELETE", f"/clients/{self.client_id}").status == 204
        self.zed = new_user(self.stack)
        self.token_by_the_stolen = people.ada.access_token
        self.operator.run("keys", "remove", self.stolen, "--yes")
        self.traveller.shift(540)
        self.people = replace(people, ada=people.ada.refreshed(), admin=admin.refreshed())
        self.late = self.late.refreshed()
        self.at_last, self.ended_at = held(self.stack), time.time()

    def lose(self, *tables: str) -> None:
        """Let the night end as it did, with none of these tables: they're there, as CloudFormation names them, and empty."""
        self.traveller.move_to(self.ended_at)
        for table in TABLES:
            fill(self.stack, table, [] if table in tables else self.at_last[table])
        self.deploy()

    def beside(self, table: str) -> str:
        """Make a table beside that is what a table was in the evening, as DynamoDB restores it in AWS; return its name."""
        of = self.stack.template.tables[TABLES[table]]
        name, dynamodb = f"{of.name}-as-of-the-evening", boto3.client("dynamodb")
        dynamodb.create_table(**{**create_table_arguments(of), "TableName": name})
        _put_all(name, self.then[table])
        return name

    def restore(self, table: str, *how: str) -> Any:
        """Restore a table to the evening by `gatepost restore copy`; return what it prints."""
        beside = self.beside(table)
        copied = self.operator.json("restore", "copy", table, "--from", beside, *how, "--yes")
        self.forget(beside)
        return copied

    def bring_back_by_hand(self, table: str) -> None:
        """Let a table be what it was in the evening, by no command of ours."""
        fill(self.stack, table, self.then[table])

    def forget(self, beside: str) -> None:
        """Delete a table beside."""
        boto3.client("dynamodb").delete_table(TableName=beside)

    def deploy(self, sessions_not_before: int = 0) -> None:
        """Start all functions anew, with this parameter."""
        told = {"GATEPOST_SESSIONS_NOT_BEFORE": str(sessions_not_before)}
        for function in self.stack.functions:
            self.stack.functions[function] = LambdaFunction(self.stack.functions[function].definition, told)


def held(stack: Stack) -> Held:
    """What the tables hold, in DynamoDB's own notation."""
    return {table: _items(stack.template.tables[logical_id].name) for table, logical_id in TABLES.items()}


def fill(stack: Stack, table: str, items: list[Item]) -> None:
    """Let a table be a new one with these items."""
    of = stack.template.tables[TABLES[table]]
    boto3.client("dynamodb").delete_table(TableName=of.name)
    create_table(of)
    _put_all(of.name, items)


def in_order(items: list[Item]) -> list[str]:
    """Items so that they can be compared, sets as well."""
    return sorted(repr(sorted((name, _sorted(value)) for name, value in item.items())) for item in items)


def _sorted(value: Any) -> Any:
    ((kind, content),) = value.items()
    return (kind, sorted(content)) if kind.endswith("S") and len(kind) > 1 else (kind, content)


def _items(name: str) -> list[Item]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
    return [item for page in pages for item in page["Items"]]


def _put_all(name: str, items: list[Item]) -> None:
    for start in range(0, len(items), _BATCH):
        left: Any = {name: [{"PutRequest": {"Item": item}} for item in items[start : start + _BATCH]]}
        while left:
            left = boto3.client("dynamodb").batch_write_item(RequestItems=left)["UnprocessedItems"]
