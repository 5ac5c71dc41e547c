"""What the tables hold."""

from typing import Any

import boto3

from gatepost.storage.writes import Item, from_dynamodb, to_dynamodb
from tests.support import Api


def items(api: Api, logical_id: str, expression: str, **values: Any) -> list[Item]:
    """Return the items of a table for which a filter `expression` holds; in it `:name` stands for the value given as `name`.

    The others, which all tests together leave there by the thousand, are not even sent.
    """
    request: dict[str, Any] = {"TableName": api.table_name(logical_id), "FilterExpression": expression}
    if values:
        request["ExpressionAttributeValues"] = to_dynamodb({f":{name}": value for name, value in values.items()})
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(**request)
    return [from_dynamodb(item) for page in pages for item in page["Items"]]
