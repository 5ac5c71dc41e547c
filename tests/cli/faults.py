"""Ways to make a deployment ill. A fault does that to an account, and gives a stack what undoes it."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import boto3
import time_machine

from cli.diagnosis.web import Answer
from gatepost import clock
from gatepost.aws.clients import client
from gatepost.signing.ring import KeyRing
from gatepost.storage import keys, signing_keys
from gatepost.storage.table import Database
from gatepost.storage.writes import Item, to_dynamodb
from tests.cli.account import Account, client_of
from tests.support import ISSUER

Fault = Callable[[Account, ExitStack], Any]


@dataclass(frozen=True)
class Case:
    """A fault: the check that finds it, as what, a part of what it says, and how it is done."""

    check: str
    status: str
    found: str
    fault: Fault


def amended(operation: str, change: Callable[[Any], Any]) -> Fault:
    """AWS answers an operation otherwise."""
    return lambda account, _: account.amend(operation, change)


def absent(operation: str) -> Fault:
    """AWS says that there's no such thing."""
    return lambda account, _: account.absent.add(operation)


def environment(function: str, **variables: str) -> Fault:
    """A function has other environment variables."""
    return lambda account, _: account.set(function, **variables)


def parameter(name: str, value: str) -> Fault:
    """A parameter of the stack has another value."""
    return lambda account, _: account.parameters.update({name: value})


def published(path: str, status: int = 200, body: Any = None, **headers: str) -> Fault:
    """The service answers otherwise at a path; with the status 0 it doesn't."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = Answer(f"{ISSUER}{path}", status, named, json.dumps(body).encode(), "" if status else "timed out")
    return lambda account, _: account.published.update({path: answer})


def table(operation: str, logical_id: str, ill: dict[str, Any], well: dict[str, Any]) -> Fault:
    """DynamoDB is told something of a table, and its contrary afterwards."""

    def fault(account: Account, afterwards: ExitStack) -> None:
        call, name = getattr(boto3.client("dynamodb"), operation), account.name(logical_id)
        call(TableName=name, **ill)
        afterwards.callback(call, TableName=name, **well)

    return fault


def called(service: str, operation: str, arguments: Callable[[Account], dict[str, Any]], undo: str, **more: Any) -> Fault:
    """An operation of AWS is called, and `undo` afterwards with the same arguments; `more` is for the first alone."""

    def fault(account: Account, afterwards: ExitStack) -> None:
        aws = client_of(service)
        getattr(aws, operation)(**arguments(account), **more)
        afterwards.callback(getattr(aws, undo), **arguments(account))

    return fault


def item(logical_id: str, key: Any, attributes: Item | None) -> Fault:
    """An item of a table has these attributes, or is gone."""
    return lambda account, afterwards: _replace(
        account, afterwards, logical_id, to_dynamodb(key), to_dynamodb({**key, **attributes}) if attributes else None
    )


def ring(change: Callable[[KeyRing], KeyRing]) -> Fault:
    """The ring of signing keys is another one."""

    def fault(account: Account, afterwards: ExitStack) -> None:
        name = account.name("KeysTable")
        found = signing_keys.read(Database(client("dynamodb")), name)
        changed = signing_keys.write(name, change(found)).request["Item"]
        _replace(account, afterwards, "KeysTable", to_dynamodb(keys.signing_key_ring()), changed)

    return fault


def _replace(account: Account, afterwards: ExitStack, logical_id: str, key: Any, there: Any) -> None:
    dynamodb, name = boto3.client("dynamodb"), account.name(logical_id)

    def write(stands: Any) -> None:
        if stands is None:
            dynamodb.delete_item(TableName=name, Key=key)
        else:
            dynamodb.put_item(TableName=name, Item=stands)

    afterwards.callback(write, dynamodb.get_item(TableName=name, Key=key).get("Item"))
    write(there)


def later(seconds: int) -> Fault:
    """It is so much later."""
    return lambda account, afterwards: afterwards.enter_context(time_machine.travel(clock.now() + seconds, tick=False))


def both(*faults: Fault) -> Fault:
    """All of them."""

    def fault(account: Account, afterwards: ExitStack) -> None:
        for each in faults:
            each(account, afterwards)

    return fault
