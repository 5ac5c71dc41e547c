"""Losing what a table holds, and bringing it back by `gatepost restore`."""

from collections.abc import Callable
from typing import Any

import boto3

from gatepost import clock
from gatepost.storage import keys
from gatepost.storage.writes import from_dynamodb, to_dynamodb
from local.stack import Stack
from tests.cli.support import Operator
from tests.integration.accounts import User
from tests.support import Api

Beside = Callable[[str], str]


def now() -> str:
    return clock.rfc3339(clock.now())


def copied(operator: Operator, table: str, copy: str, *how: str) -> Any:
    return operator.json("restore", "copy", table, "--from", copy, *how, "--yes")


def lose(user: User) -> None:
    """Delete what is the user's in the Users table as an accident does: without an event."""
    dynamodb, table = boto3.client("dynamodb"), user.api.table_name("UsersTable")
    for item in user.api.table("UsersTable"):
        if item["pk"] == keys.user(user.id)["pk"] or item.get("user_id") == user.id:
            dynamodb.delete_item(TableName=table, Key=to_dynamodb({part: item[part] for part in ("pk", "sk")}))
    dynamodb.update_item(
        TableName=table,
        Key=to_dynamodb(keys.administrators()),
        UpdateExpression="DELETE ids :ids",
        ExpressionAttributeValues=to_dynamodb({":ids": {user.id}}),
    )


def administrators_of(stack: Stack) -> set[str]:
    found: set[str] = next(item["ids"] for item in Api(stack).table("UsersTable") if item["sk"] == keys.administrators()["sk"])
    return found


def held(name: str) -> list[Any]:
    """What a table holds, in an order of its own."""
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=name)
    return sorted(
        (from_dynamodb(item) for page in pages for item in page["Items"]), key=lambda item: (item["pk"], item.get("sk"))
    )
