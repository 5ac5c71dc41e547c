"""`gatepost restore deleted`: a table that was deleted is back under its name, with all that a restore leaves out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cli.backup import tables
from local.stack import Stack
from tests.cli.account import NAME, Account, account_of
from tests.cli.support import Operator
from tests.integration.accounts import User, new_user
from tests.support import Api


@pytest.fixture(scope="module")
def user(stack: Stack) -> User:
    """Somebody with an account."""
    return new_user(stack)


@pytest.fixture(scope="module")
def account(stack: Stack, user: User) -> Iterator[Account]:
    """The stack in an account of AWS, which makes a backup of what is deleted."""
    with account_of(stack) as account:
        yield account


@pytest.fixture
def in_aws(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    """An operator of it, who doesn't wait for long."""
    monkeypatch.setattr(tables, "_PAUSE", 0.01)
    with account.put_back():
        yield Operator(account.stack, ("--stack", NAME))


def delete(stack: Stack, logical_id: str) -> str:
    """Delete a table as AWS does, which keeps a backup; return its name."""
    dynamodb, name = boto3.client("dynamodb"), Api(stack).table_name(logical_id)
    dynamodb.create_backup(TableName=name, BackupName=f"{name}$DeletedTableBackup")
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=name)
    return name


@pytest.mark.parametrize("table", ["users", "audit"])
def test_a_deleted_table_is_back_with_what_a_restore_leaves_out(in_aws: Operator, user: User, table: str) -> None:
    trail, dynamodb = user.trail(), boto3.client("dynamodb")
    name = delete(in_aws.stack, f"{table.title()}Table")
    assert user.api.call("GET", "/v1/me/audit", token=user.access_token).status == 503
    assert in_aws.json("restore", "deleted", table, "--yes") == [{"table": table, "name": name}]
    assert user.login().trail()[-len(trail) :] == trail
    assert dynamodb.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"]
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert expiry["TimeToLiveStatus"] == ("ENABLED" if table == "audit" else "DISABLED")
    assert expiry.get("AttributeName") == ("expires_at" if table == "audit" else None)


def test_of_several_backups_the_newest_is_taken(in_aws: Operator, account: Account) -> None:
    delete(in_aws.stack, "KeysTable")
    asked: list[Any] = []

    def list_backups(arguments: Any) -> Any:
        asked.append(arguments["BackupType"])
        return {"BackupSummaries": [summary(day) for day in (1, 3, 2)]}

    def restore(arguments: Any) -> Any:
        asked.append(arguments["BackupArn"])
        raise ClientError({"Error": {"Code": "LimitExceededException"}}, "RestoreTableFromBackup")

    account.answers |= {"dynamodb.ListBackups": list_backups, "dynamodb.RestoreTableFromBackup": restore}
    assert "LimitExceeded" in in_aws.refusal("restore", "deleted", "keys", "--yes", code=3)
    assert asked == ["SYSTEM", summary(3)["BackupArn"]]


def summary(day: int) -> dict[str, Any]:
    arn = f"arn:aws:dynamodb:eu-west-1:123456789012:table/keys/backup/{day}"
    return {"BackupArn": arn, "BackupCreationDateTime": datetime(2026, 11, day, tzinfo=UTC)}


def test_what_is_there_or_was_never_backed_up_is_refused(in_aws: Operator, account: Account) -> None:
    assert "is there" in in_aws.refusal("restore", "deleted", "users", "--yes")
    name = delete(in_aws.stack, "RolesTable")
    account.answers["dynamodb.ListBackups"] = lambda _: {"BackupSummaries": []}
    assert f"no backup of {name}" in in_aws.refusal("restore", "deleted", "roles", "--yes")
