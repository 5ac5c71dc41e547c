"""The tables that outlive everything, by the words that commands have for them."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cli.failures import Refused, Unreachable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from gatepost.config import ServiceSettings

DURABLE = ("users", "roles", "clients", "audit", "keys")
EXPIRY = "expires_at"
_EXPIRING = {"audit"}
_PAUSE = 5.0  # seconds between two looks at something that takes minutes


def name_of(settings: "ServiceSettings", table: str) -> str:
    """Return the name that one of `DURABLE` has in the deployment."""
    name: str = getattr(settings, f"{table}_table")
    return name


def expires(table: str) -> bool:
    """Return whether the items of a table expire, by their attribute `EXPIRY`."""
    return table in _EXPIRING


def described(dynamodb: "DynamoDBClient", name: str) -> Any:
    """Return what DescribeTable says of the table `name`, None if there is none."""
    try:
        return dynamodb.describe_table(TableName=name)["Table"]
    except ClientError as exc:
        if exc.response["Error"].get("Code") == "ResourceNotFoundException":
            return None
        raise


def wait_until_active(dynamodb: "DynamoDBClient", name: str, on_look: Callable[[str], None]) -> None:
    """Wait until a table that is being made can be used; tell `on_look` its status at each look. Raises `Unreachable` if it
    is gone.
    """

    def status() -> str:
        found = described(dynamodb, name)
        if found is None:
            raise Unreachable(f"The table {name} is gone, which was being made.")
        indexes = [index.get("IndexStatus", "ACTIVE") for index in found.get("GlobalSecondaryIndexes", [])]
        return next((each for each in [found["TableStatus"], *indexes] if each != "ACTIVE"), "ACTIVE")

    wait_while(status, {"CREATING", "UPDATING"}, on_look)


def wait_while(look: Callable[[], str], unfinished: set[str], on_look: Callable[[str], None]) -> str:
    """Look again and again while what `look` returns is one of `unfinished`; return what it is then."""
    while (status := look()) in unfinished:
        on_look(status)
        time.sleep(_PAUSE)
    return status


def demand_there(dynamodb: "DynamoDBClient", name: str) -> Any:
    """Return what DescribeTable says of the table `name`. Raises `Refused` if there is none."""
    found = described(dynamodb, name)
    if found is None:
        raise Refused(f"There is no table {name}.")
    return found
