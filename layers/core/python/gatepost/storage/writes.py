"""Items and conditional writes in plain Python values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatepost.storage.values import notation, plain

if TYPE_CHECKING:
    from gatepost.storage.keys import HashKey, Key

Item = dict[str, Any]

_NAME = re.compile(r"#(\w+)")


@dataclass(frozen=True)
class Write:
    """One write, alone or in a transaction; made by `put`, `update`, `delete` and `check`."""

    operation: str
    request: dict[str, Any]


def put(table: str, item: Item, condition: str | None = None, **values: Any) -> Write:
    """Write `item`.

    In expressions here and below, `:name` stands for the value given as `name`, and `#name` for an attribute whose name is a
    reserved word of DynamoDB.
    """
    return Write("Put", {"TableName": table, "Item": to_dynamodb(item)} | _expressions(None, condition, values))


def update(table: str, key: "Key | HashKey", expression: str, condition: str | None = None, **values: Any) -> Write:
    """Change the item at `key` by an update expression."""
    return Write("Update", {"TableName": table, "Key": to_dynamodb(key)} | _expressions(expression, condition, values))


def delete(table: str, key: "Key | HashKey", condition: str | None = None, **values: Any) -> Write:
    """Delete the item at `key`."""
    return Write("Delete", {"TableName": table, "Key": to_dynamodb(key)} | _expressions(None, condition, values))


def check(table: str, key: "Key | HashKey", condition: str, **values: Any) -> Write:
    """Change nothing, but demand that `condition` holds for the item at `key`. For transactions only."""
    return Write("ConditionCheck", {"TableName": table, "Key": to_dynamodb(key)} | _expressions(None, condition, values))


def _expressions(update_expression: str | None, condition: str | None, values: Mapping[str, Any]) -> dict[str, Any]:
    request: dict[str, Any] = {}
    if update_expression:
        request["UpdateExpression"] = update_expression
    if condition:
        request["ConditionExpression"] = condition
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if values:
        request["ExpressionAttributeValues"] = to_dynamodb({f":{name}": value for name, value in values.items()})
    if names := attribute_names(f"{update_expression} {condition}"):
        request["ExpressionAttributeNames"] = names
    return request


def attribute_names(expression: str) -> dict[str, str]:
    """Return what each `#name` in `expression` stands for."""
    return {f"#{name}": name for name in _NAME.findall(expression)}


def to_dynamodb(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return `item` in DynamoDB's own notation."""
    return {name: notation(value) for name, value in item.items()}


def from_dynamodb(item: Mapping[str, Any]) -> Item:
    """Return an item given in DynamoDB's notation as plain values: numbers as int, binary as bytes."""
    return {name: plain(value) for name, value in item.items()}
