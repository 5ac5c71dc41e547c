"""What a request costs: the AWS calls and the password hashes it makes. And calls of a kind that fail."""

import math
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from argon2 import PasswordHasher
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from local.events import Response

_make_api_call: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]
_WRITES = {"PutItem": "Item", "UpdateItem": "Key", "DeleteItem": "Key"}
_WRITES_OF_TRANSACTIONS = {"Put": "Item", "Update": "Key", "Delete": "Key", "ConditionCheck": "Key"}


@dataclass(frozen=True)
class Call:
    """One call to AWS. `units` is the capacity it consumes of DynamoDB, computed from the sizes of its items."""

    operation: str
    parameters: Mapping[str, Any]
    units: float

    @property
    def work(self) -> tuple[str, tuple[str, ...], float]:
        """The call as far as it can be told from outside: which, on what tables, how large."""
        tables = self.parameters.get("TableName"), *self.parameters.get("RequestItems", ())
        written = (write["TableName"] for entry in self.parameters.get("TransactItems", ()) for write in entry.values())
        return self.operation, tuple(sorted(table for table in (*tables, *written) if table)), self.units


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """Yield the list of the AWS calls that this process makes inside the block, by every client and in every thread."""
    calls: list[Call] = []
    call_aws: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]
    # What a function that is invoked calls is its own: here it runs in the same thread, in Lambda elsewhere.
    elsewhere = threading.local()

    def make_api_call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if getattr(elsewhere, "runs", False):
            return call_aws(client, operation, parameters)
        elsewhere.runs = operation == "Invoke"
        before = [_item(client, table, key) for table, key in _written(operation, parameters)]
        answer: dict[str, Any] = {}
        try:
            answer = call_aws(client, operation, parameters)
            return answer
        finally:
            elsewhere.runs = False
            after = [_item(client, table, key) for table, key in _written(operation, parameters)]
            calls.append(Call(operation, parameters, _units(operation, parameters, answer, before, after)))

    with patch.object(BaseClient, "_make_api_call", make_api_call):
        yield calls


@contextmanager
def hashed() -> Iterator[list[str]]:
    """Yield the list of the password hashes made and verified inside the block, each with its parameters."""
    work: list[str] = []
    originals = PasswordHasher.hash, PasswordHasher.verify

    def make(hasher: PasswordHasher, *args: Any, **kwargs: Any) -> str:
        made = originals[0](hasher, *args, **kwargs)
        work.append("hash " + made.rsplit("$", 2)[0])
        return made

    def verify(hasher: PasswordHasher, known: str, *args: Any) -> Any:
        work.append("verify " + known.rsplit("$", 2)[0])
        return originals[1](hasher, known, *args)

    with patch.object(PasswordHasher, "hash", make), patch.object(PasswordHasher, "verify", verify):
        yield work


Work = tuple[Counter[tuple[str, tuple[str, ...], float]], tuple[str, ...]]


def measured(request: Callable[[], Response]) -> tuple[Response, Work]:
    """Make `request`; return its response and all the work it was: calls with their capacity, and hashes."""
    with recorded() as calls, hashed() as hashes:
        response = request()
    return response, (Counter(call.work for call in calls), tuple(hashes))


@contextmanager
def failing(*operations: str, error: str = "InternalServerError") -> Iterator[None]:
    """Make every call of one of `operations` inside the block fail with `error` before anything happens."""
    call_aws: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]

    def make_api_call(client: Any, called: str, parameters: dict[str, Any]) -> Any:
        if called in operations:
            raise ClientError({"Error": {"Code": error, "Message": "made to fail"}}, called)
        return call_aws(client, called, parameters)

    with patch.object(BaseClient, "_make_api_call", make_api_call):
        yield


def item_size(item: Mapping[str, Any]) -> int:
    """Return the size in bytes of an item in DynamoDB's notation.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return len(content) // 2 + 1
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "SS" | "NS" | "BS":
            return sum(_value_size({kind[0]: element}) for element in content)
        case "L":
            return 3 + sum(1 + _value_size(element) for element in content)
        case _:
            return 3 + sum(1 + len(name.encode()) + _value_size(element) for name, element in content.items())


def _written(operation: str, parameters: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return table and key of each item that a call may write."""
    found = [(parameters["TableName"], parameters[_WRITES[operation]])] if operation in _WRITES else []
    for entry in parameters.get("TransactItems", ()):
        found += [(write["TableName"], write[_WRITES_OF_TRANSACTIONS[kind]]) for kind, write in entry.items()]
    return [(table, {name: item[name] for name in ("pk", "sk") if name in item}) for table, item in found]


def _item(client: Any, table: str, key: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = _make_api_call(client, "GetItem", {"TableName": table, "Key": key, "ConsistentRead": True})
    item: Mapping[str, Any] = answer.get("Item", {})
    return item


def _units(
    operation: str,
    parameters: Mapping[str, Any],
    answer: Mapping[str, Any],
    before: list[Mapping[str, Any]],
    after: list[Mapping[str, Any]],
) -> float:
    """Return the capacity units: of 1 KB for writes (two in a transaction), of 4 KB for consistent reads."""
    if operation == "GetItem":
        return max(1, math.ceil(item_size(answer.get("Item", {})) / 4096))
    if operation == "BatchGetItem":
        keys = sum(len(request["Keys"]) for request in parameters["RequestItems"].values())
        items = [item for found in answer["Responses"].values() for item in found]
        return keys - len(items) + sum(math.ceil(item_size(item) / 4096) for item in items)
    sizes = [max(item_size(was), item_size(is_now), 1) for was, is_now in zip(before, after, strict=True)]
    return sum(math.ceil(size / 1024) for size in sizes) * (2 if operation == "TransactWriteItems" else 1)
