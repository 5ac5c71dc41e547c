import time
import uuid

import boto3
from boto3.dynamodb.conditions import Key

from app import config

dynamodb = boto3.resource("dynamodb")
table = dynamodb.Table(config.TABLE_NAME)


def get(pk: str, sk: str) -> dict | None:
    return table.get_item(Key={"pk": pk, "sk": sk}).get("Item")


def put(pk: str, sk: str, **attributes) -> dict:
    item = {"pk": pk, "sk": sk, "created_at": int(time.time()), **attributes}
    table.put_item(Item={name: value for name, value in item.items() if value is not None})
    return item


def update(pk: str, sk: str, **attributes) -> dict:
    names = {f"#{name}": name for name in attributes}
    values = {f":{name}": value for name, value in attributes.items()}
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in attributes)
    response = table.update_item(
        Key={"pk": pk, "sk": sk},
        UpdateExpression=expression,
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
        ReturnValues="ALL_NEW",
    )
    return response["Attributes"]


def delete(pk: str, sk: str) -> None:
    table.delete_item(Key={"pk": pk, "sk": sk})


def query(pk: str, prefix: str = "", limit: int = 50, cursor: str | None = None, forward: bool = True) -> dict:
    condition = Key("pk").eq(pk)
    if prefix:
        condition = condition & Key("sk").begins_with(prefix)
    extra = {"ExclusiveStartKey": {"pk": pk, "sk": cursor}} if cursor else {}
    return table.query(KeyConditionExpression=condition, Limit=limit, ScanIndexForward=forward, **extra)


def get_user(email: str) -> dict | None:
    return get(f"USER#{email.lower()}", "PROFILE")


def put_user(email: str, **attributes) -> dict:
    put("USERS", email.lower())
    return put(f"USER#{email.lower()}", "PROFILE", id=str(uuid.uuid4()), email=email.lower(), **attributes)


def count_attempt(name: str, window: int = 900) -> int:
    now = int(time.time())
    response = table.update_item(
        Key={"pk": f"LIMIT#{name}", "sk": str(now // window)},
        UpdateExpression="ADD attempts :one SET expires_at = :expires",
        ExpressionAttributeValues={":one": 1, ":expires": now + window},
        ReturnValues="UPDATED_NEW",
    )
    return int(response["Attributes"]["attempts"])


def clear_attempts(name: str, window: int = 900) -> None:
    delete(f"LIMIT#{name}", str(int(time.time()) // window))


def audit(event: str, email: str | None, ip: str | None) -> None:
    put("AUDIT", f"{time.time_ns()}", id=str(uuid.uuid4()), event=event, at=int(time.time()), email=email, ip=ip)


def put_token(kind: str, token_hash: str, seconds: int, **attributes) -> None:
    put(f"TOKEN#{kind}", token_hash, expires_at=int(time.time()) + seconds, **attributes)


def take_token(kind: str, token_hash: str) -> dict | None:
    item = get(f"TOKEN#{kind}", token_hash)
    if item is None or item["expires_at"] < time.time():
        return None
    delete(f"TOKEN#{kind}", token_hash)
    return item
