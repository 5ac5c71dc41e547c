"""Stands in for an authorizer of `$connect`."""

from typing import Any

calls: list[dict[str, Any]] = []


def handler(event: dict[str, Any], context: Any) -> Any:
    """Let `Bearer good` and `Bearer banned` in, the latter to be refused by the club."""
    calls.append(event)
    token = event["headers"]["authorization"].removeprefix("Bearer ")
    if token == "crash":
        raise RuntimeError("as asked for")
    if token not in ("good", "poor", "silent", "banned"):
        raise PermissionError("Unauthorized")
    effect = "Deny" if token == "poor" else "Allow"
    resource = "nothing" if token == "silent" else event["methodArn"]
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "ada", "policyDocument": policy, "context": {"sub": token, "exp": 7}}
