"""`gatepost restore mend`: of a transaction at the very second of a restore, a part may be there and a part not."""

from typing import Any

import boto3
import pytest

from gatepost.access.roles import Role
from gatepost.accounts import email_addresses
from gatepost.storage import keys
from gatepost.storage.writes import to_dynamodb
from local.stack import Stack
from tests.cli.support import Operator
from tests.integration.accounts import User, new_user
from tests.integration.administrators import administrator, new_role
from tests.support import Api, new_email

NOTHING = {"claimed": [], "given_up": 0, "administrators": [], "address_taken": [], "roles": False}


def items_of(user: User) -> dict[str, Any]:
    """The user's profile and claim."""
    return {item["sk"]: item for item in user.api.table("UsersTable") if user.id in (item.get("id"), item.get("user_id"))}


def delete(user: User, sort_key: str) -> None:
    item = items_of(user)[sort_key]
    key = to_dynamodb({"pk": item["pk"], "sk": item["sk"]})
    boto3.client("dynamodb").delete_item(TableName=user.api.table_name("UsersTable"), Key=key)


def test_what_is_in_order_is_left_alone(stack: Stack, operator: Operator) -> None:
    new_user(stack)
    administrator(stack)
    new_role(stack, Role("", "", ("stock:read",)))
    before = [Api(stack).table(name) for name in ("UsersTable", "RolesTable")]
    assert operator.json("restore", "mend") == NOTHING
    assert [Api(stack).table(name) for name in ("UsersTable", "RolesTable")] == before


def test_a_user_without_a_claim_can_sign_in_again(stack: Stack, operator: Operator) -> None:
    user = new_user(stack)
    delete(user, "CLAIM")
    assert user.api.login(user.email).status == 401
    assert operator.json("restore", "mend") == NOTHING | {"claimed": [user.id]}
    assert user.login().id == user.id
    assert operator.json("restore", "mend") == NOTHING


def test_an_address_that_is_claimed_by_nobody_may_be_registered(stack: Stack, operator: Operator) -> None:
    user = new_user(stack)
    delete(user, "PROFILE")
    assert operator.json("restore", "mend") == NOTHING | {"given_up": 1}
    assert new_user(stack, user.email).lives()


def test_a_claim_of_an_address_that_was_left_is_given_up(stack: Stack, operator: Operator) -> None:
    """Half of a change of address: the claim of the old one is still there."""
    user, old = new_user(stack), new_email()
    claim = {**keys.email_claim(email_addresses.parse(old).digest), "user_id": user.id, "email": old}
    boto3.client("dynamodb").put_item(TableName=user.api.table_name("UsersTable"), Item=to_dynamodb(claim))
    assert operator.json("restore", "mend") == NOTHING | {"given_up": 1}
    assert new_user(stack, old).lives()
    assert user.login().lives()


def test_of_two_users_with_one_address_an_operator_decides(stack: Stack, operator: Operator) -> None:
    user = new_user(stack)
    delete(user, "CLAIM")
    owner = new_user(stack, user.email)
    shown = operator.run("--json", "restore", "mend", code=1)
    assert f"{user.id}: another account has the address" in shown.stderr
    assert owner.login().id == owner.id
    delete(user, "PROFILE")


def test_the_set_of_administrators_is_of_those_who_are(stack: Stack, operator: Operator) -> None:
    missing, wrong = administrator(stack), new_user(stack)
    dynamodb, table = boto3.client("dynamodb"), missing.api.table_name("UsersTable")
    for expression, user in (("DELETE ids :ids", missing), ("ADD ids :ids", wrong)):
        dynamodb.update_item(
            TableName=table,
            Key=to_dynamodb(keys.administrators()),
            UpdateExpression=expression,
            ExpressionAttributeValues=to_dynamodb({":ids": {user.id}}),
        )
    assert set(operator.json("restore", "mend")["administrators"]) == {missing.id, wrong.id}
    assert operator.json("restore", "mend") == NOTHING


@pytest.mark.parametrize("version", [1, None])
def test_the_version_of_the_roles_is_the_catalogues(stack: Stack, operator: Operator, version: int | None) -> None:
    new_role(stack, Role("", "", ("stock:read",)))
    new_role(stack, Role("", "", ("stock:read",)))
    dynamodb, table = boto3.client("dynamodb"), Api(stack).table_name("RolesTable")
    key = keys.role_catalogue_version()
    dynamodb.delete_item(TableName=table, Key=to_dynamodb(key))
    if version:
        dynamodb.put_item(TableName=table, Item=to_dynamodb({**key, "version": version}))
    assert operator.json("restore", "mend")["roles"]
    new_role(stack, Role("", "", ("stock:write",)))
    assert operator.json("restore", "mend") == NOTHING
