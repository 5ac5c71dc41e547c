"""Stands in for an API function."""

import base64
import os
from typing import Any

import boto3
import shop_prices  # type: ignore[import-not-found]  # the shop's own layer

GREETING = os.environ["GREETING"]
TABLE = os.environ["TABLE"]
SEEN = dict(os.environ)
dynamodb = boto3.client("dynamodb")

ODD_ANSWERS: dict[str, Any] = {
    "/odd/plain": ["no statusCode"],
    "/odd/binary": {"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(b"\x00\xff").decode()},
    "/odd/cookies": {"statusCode": 204, "headers": {"X-Two": "a,b"}, "cookies": ["a=1; Secure", "b=2"]},
    "/odd/body": {"statusCode": 200, "body": {"not": "text"}},
    "/odd/header": {"statusCode": 200, "headers": {"x": "a\r\nset-cookie: b"}},
    "/odd/status": {"statusCode": "many"},
    "/odd/unserialisable": {"statusCode": 200, "body": object()},
}


def handler(event: dict[str, Any], context: Any) -> Any:
    """Answer a request."""
    path = event["rawPath"]
    if path == "/odd/crash":
        raise RuntimeError("as asked for")
    if path in ODD_ANSWERS:
        return ODD_ANSWERS[path]
    if path == "/orders":
        dynamodb.put_item(TableName=TABLE, Item={"id": {"S": event["body"]}})
    return {
        "greeting": GREETING,
        "price": shop_prices.PRICE,
        "event": event,
        "milliseconds": context.get_remaining_time_in_millis(),
    }
