"""`gatepost backup`: how far back the tables can be restored, and exports of all of them as they were at one moment."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from cli.backup import tables
from cli.backup.tables import DURABLE
from gatepost import clock
from local.stack import Stack
from tests.cli.account import NAME, Account, account_of, client_of
from tests.cli.support import Operator
from tests.support import Api, new_email

BUCKET = "the-backups"


@pytest.fixture(scope="module")
def account(stack: Stack) -> Iterator[Account]:
    """The stack in an account of AWS, which has a bucket."""
    with account_of(stack) as account:
        s3 = client_of("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield account


@pytest.fixture
def in_aws(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    """An operator of it, who doesn't wait for long."""
    monkeypatch.setattr(tables, "_PAUSE", 0.01)
    with account.put_back():
        yield Operator(account.stack, ("--stack", NAME))


def name_of(stack: Stack, table: str) -> str:
    return stack.template.tables[f"{table.title()}Table"].name


def test_the_status_says_how_far_back_each_table_can_be_restored(in_aws: Operator) -> None:
    shown = in_aws.json("backup", "status")
    assert [each["table"] for each in shown] == list(DURABLE)
    for each in shown:
        assert each["name"] == name_of(in_aws.stack, each["table"])
        assert each["deletion_protection"]
        assert clock.from_rfc3339(each["earliest"]) <= clock.from_rfc3339(each["latest"]) <= clock.now_ms()
    lines = in_aws.run("backup", "status").stdout.splitlines()
    assert lines[0].split() == ["TABLE", "RESTORABLE", "FROM", "UNTIL", "BEHIND", "PROTECTED"]
    assert [line.split()[0] for line in lines[1:]] == list(DURABLE)


def test_a_table_without_backups_is_a_finding(in_aws: Operator, account: Account) -> None:
    def off(answer: Any) -> None:
        answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"] = {"PointInTimeRecoveryStatus": "DISABLED"}

    account.amend("dynamodb.DescribeContinuousBackups", off)
    shown = in_aws.run("--json", "backup", "status", code=1)
    assert [each["latest"] for each in json.loads(shown.stdout)] == [None] * len(DURABLE)
    assert "users, roles, clients, audit, keys can't be restored" in shown.stderr
    assert "point-in-time recovery" in in_aws.refusal("backup", "export", "--bucket", BUCKET)


def test_all_tables_are_exported_as_they_were_at_one_moment(in_aws: Operator, account: Account) -> None:
    email = new_email()
    Api(in_aws.stack).sign_up(email)
    asked: list[Any] = []
    account.answers["dynamodb.DescribeExport"] = lambda _: {"ExportDescription": {"ExportStatus": "COMPLETED"}}
    exported = noting(account, asked)
    before = newest(in_aws)
    shown = in_aws.json("backup", "export", "--bucket", BUCKET, "--kms-key", "arn:aws:kms:eu-west-1:1:key/1")
    assert list(shown["exports"]) == list(DURABLE)
    assert shown["exports"] == exported
    assert before <= shown["at"] <= newest(in_aws)
    assert len({call["ExportTime"] for call in asked}) == 1
    assert len({call["ClientToken"] for call in asked}) == len(DURABLE)
    assert {(call["S3SseAlgorithm"], call["S3SseKmsKeyId"]) for call in asked} == {("KMS", "arn:aws:kms:eu-west-1:1:key/1")}
    # Not a stranger's bucket, whose name it is by a slip.
    assert {call.get("S3BucketOwner") for call in asked} == {"123456789012"}
    assert [call["S3Prefix"] for call in asked] == [f"gatepost/{shown['at']}/{table}" for table in DURABLE]


def newest(operator: Operator) -> str:
    """The newest time that all tables can be restored to. Texts of one length, so they compare as times do."""
    return str(min(each["latest"] for each in operator.json("backup", "status")))


def noting(account: Account, asked: list[Any]) -> dict[str, str]:
    """Note the exports that are asked for; return their ARNs by table as they're made."""
    made: dict[str, str] = {}

    def answer(arguments: Any) -> Any:
        asked.append(arguments)
        table = arguments["S3Prefix"].rpartition("/")[2]
        made[table] = f"{arguments['TableArn']}/export/{len(asked)}"
        return {"ExportDescription": {"ExportArn": made[table], "ExportStatus": "IN_PROGRESS"}}

    account.answers["dynamodb.ExportTableToPointInTime"] = answer
    return made


def test_an_export_that_is_begun_again_is_the_same(in_aws: Operator, account: Account) -> None:
    asked: list[Any] = []
    noting(account, asked)
    at = in_aws.json("backup", "status")[-1]["latest"]
    for _ in range(2):
        in_aws.run("backup", "export", "--bucket", BUCKET, "--bucket-owner", "210987654321", "--at", at, "--no-wait")
    assert asked[: len(DURABLE)] == asked[len(DURABLE) :]
    assert {(call["S3BucketOwner"], call["S3SseAlgorithm"]) for call in asked} == {("210987654321", "AES256")}


def test_what_is_exported_is_all_that_the_tables_hold(in_aws: Operator) -> None:
    """By moto's own exports, as far as it has them: whole tables, whatever the time."""
    user = Api(in_aws.stack).sign_up()["user"]["id"]
    in_aws.run("backup", "export", "--bucket", BUCKET, "--prefix", "whole")
    s3 = client_of("s3")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="whole/")["Contents"]
    assert len(listed) == len(DURABLE)
    (users,) = [each["Key"] for each in listed if "/users/" in each["Key"]]
    lines = gzip.decompress(s3.get_object(Bucket=BUCKET, Key=users)["Body"].read()).decode().splitlines()
    assert f"USER#{user}" in {json.loads(line)["Item"]["pk"]["S"] for line in lines}
    assert len(lines) == len(Api(in_aws.stack).table("UsersTable"))


def test_an_export_that_fails_says_why(in_aws: Operator) -> None:
    assert "S3NoSuchBucket" in in_aws.refusal("backup", "export", "--bucket", "nowhere")


@pytest.mark.parametrize("at", ["2026-01-01T00:00:00Z", "2199-01-01T00:00:00Z"])
def test_a_time_without_backups_is_refused(in_aws: Operator, at: str) -> None:
    assert "can be restored to times from" in in_aws.refusal("backup", "export", "--bucket", BUCKET, "--at", at)
    assert "can be restored to times from" in in_aws.refusal("restore", "beside", "users", "--at", at)


def test_on_a_local_stack_the_same_commands_work(stack: Stack, operator: Operator) -> None:
    assert boto3.client("dynamodb").describe_continuous_backups(TableName=name_of(stack, "users"))
    assert [each["table"] for each in operator.json("backup", "status")] == list(DURABLE)
