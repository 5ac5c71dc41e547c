"""What newer code may do to the items of the tables during a deployment: to every one, and to whatever is in it, it adds
something that the code of today has never heard of.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import boto3
from botocore.client import BaseClient

from gatepost.storage.writes import Item, from_dynamodb, to_dynamodb

ADDED = "of_newer_code"
_VALUE = {"since": "tomorrow"}
# By these an element of a list is still known when it has changed.
_NAMES = ("kid", "digest", "name")

Place = tuple[str, str, str]
"""The name of a table, and the keys of an item in it."""


@contextmanager
def newer_code_writes() -> Iterator[dict[Place, Item]]:
    """Let newer code do what is done inside the block. Yields the items that it makes, as it makes them.

    What begins with an update has nothing of it; this service never writes such an item as a whole.
    """
    call_aws: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]
    made: dict[Place, Item] = {}

    def make_api_call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        puts = [parameters] if operation == "PutItem" else []
        puts += [write["Put"] for write in parameters.get("TransactItems", ()) if "Put" in write]
        for put in puts:
            item = with_additions(from_dynamodb(put["Item"]))
            put["Item"], made[_place(put["TableName"], item)] = to_dynamodb(item), item
        return call_aws(client, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", make_api_call):
        yield made


def add_to_all(tables: Iterable[str]) -> dict[Place, Item]:
    """Let newer code have written all that stands in `tables`; return it."""
    dynamodb, made = boto3.client("dynamodb"), dict[Place, Item]()
    for table in tables:
        for item in dynamodb.scan(TableName=table)["Items"]:
            added = with_additions(from_dynamodb(item))
            put_item(table, added)
            made[_place(table, added)] = added
    return made


def put_item(table: str, item: Item) -> None:
    """Write `item`, whatever stands in its place."""
    boto3.client("dynamodb").put_item(TableName=table, Item=to_dynamodb(item))


def lost(made: Mapping[Place, Item]) -> Iterator[str]:
    """Yield the kind of each item in `made` that is still there and has lost anything of what was added."""
    dynamodb = boto3.client("dynamodb")
    for (table, pk, sk), before in made.items():
        key = {"pk": pk} | ({"sk": sk} if sk else {})
        answer = dynamodb.get_item(TableName=table, Key=to_dynamodb(key))
        if "Item" in answer and not _kept(before, from_dynamodb(answer["Item"])):
            yield (sk or pk).partition("#")[0]


def with_additions(value: Any) -> Any:
    """Return `value` with what newer code adds, in it too. What is in a set, or is a set, stays as it is."""
    if isinstance(value, dict):
        return {name: with_additions(each) for name, each in value.items()} | {ADDED: _VALUE}
    return [with_additions(each) for each in value] if isinstance(value, list) else value


def _place(table: str, item: Item) -> Place:
    return table, item["pk"], item.get("sk", "")


def _kept(before: Any, after: Any) -> bool:
    """Return whether what was added is still in `after`, and in each element of its lists that was there `before`."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return True
    if ADDED in before and ADDED not in after:
        return False
    lists = [name for name in before if isinstance(before[name], list) and isinstance(after.get(name), list)]
    return all(_kept(old, new) for name in lists for old in before[name] for new in after[name] if _same(old, new))


def _same(one: Any, other: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    return any(one[name] == other.get(name) for name in _NAMES if name in one)
