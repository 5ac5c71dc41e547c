"""Points in time: how far back each table can be restored, exports of one such moment, and tables as they were at one.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cli.backup.tables import EXPIRY, demand_there, described, expires, wait_until_active, wait_while
from cli.failures import Refused

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Window:
    """Between which times a table can be restored to any second, in seconds since the epoch; None where it can't be at all.
    `protected` says whether it's protected from deletion.
    """

    name: str
    earliest: int | None
    latest: int | None
    protected: bool


def window(dynamodb: "DynamoDBClient", name: str) -> Window:
    """Return how far back a table can be restored. Raises `Refused` if there is none of this name."""
    protected = bool(demand_there(dynamodb, name).get("DeletionProtectionEnabled"))
    backups: Any = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    earliest, latest = recovery.get("EarliestRestorableDateTime"), recovery.get("LatestRestorableDateTime")
    if recovery.get("PointInTimeRecoveryStatus") != "ENABLED" or earliest is None or latest is None:
        return Window(name, None, None, protected)
    return Window(name, int(earliest.timestamp()), int(latest.timestamp()), protected)


def demand_within(windows: list[Window], at: int) -> None:
    """Demand that all tables can be restored to the time `at`. Raises `Refused`."""
    for each in windows:
        if each.earliest is None or each.latest is None:
            raise Refused(f"{each.name} has no point-in-time recovery: `gatepost doctor tables.backups` says what to do.")
        if not each.earliest <= at <= each.latest:
            earliest, latest = (datetime.fromtimestamp(time, UTC).isoformat() for time in (each.earliest, each.latest))
            raise Refused(f"{each.name} can be restored to times from {earliest} to {latest} alone.")


def newest_common(windows: list[Window]) -> int:
    """Return the newest time that all tables can be restored to, in seconds since the epoch. Raises `Refused` where one
    can't be at all.
    """
    newest = min((each.latest for each in windows if each.latest is not None), default=0)
    demand_within(windows, newest)
    return newest


@dataclass(frozen=True)
class Bucket:
    """Where exports go: a bucket, whose account it is if it's not the tables', the beginning of the objects' keys, and the KMS
    key that encrypts them; without one, S3's own does.
    """

    name: str
    owner: str | None
    prefix: str
    kms_key: str | None


def export(dynamodb: "DynamoDBClient", name: str, at: int, bucket: Bucket) -> str:
    """Begin to export a table as it was at `at`, and return the export's ARN. The same any number of times, for eight hours,
    begins one export.
    """
    arn = demand_there(dynamodb, name)["TableArn"]
    account = arn.split(":")[4]
    optional: Any = {"S3SseKmsKeyId": bucket.kms_key} if bucket.kms_key else {}
    begun = dynamodb.export_table_to_point_in_time(
        TableArn=arn,
        ExportTime=datetime.fromtimestamp(at, UTC),
        ClientToken=hashlib.sha256(f"{arn} {at} {bucket}".encode()).hexdigest()[:32],
        S3Bucket=bucket.name,
        # Always: a name that is misspelt may be a stranger's bucket, which anybody may write into.
        S3BucketOwner=bucket.owner or account,
        S3Prefix=bucket.prefix,
        S3SseAlgorithm="KMS" if bucket.kms_key else "AES256",
        ExportFormat="DYNAMODB_JSON",
        **optional,
    )
    return begun["ExportDescription"]["ExportArn"]


def wait_for_export(dynamodb: "DynamoDBClient", arn: str, on_look: Callable[[str], None]) -> None:
    """Wait until an export has ended. Raises `Refused` if it failed."""

    def look() -> str:
        return dynamodb.describe_export(ExportArn=arn)["ExportDescription"]["ExportStatus"]

    if wait_while(look, {"IN_PROGRESS"}, on_look) != "COMPLETED":
        told = dynamodb.describe_export(ExportArn=arn)["ExportDescription"]
        raise Refused(f"The export {arn} failed: {told.get('FailureCode')}, {told.get('FailureMessage')}.")


def name_beside(name: str, at: int) -> str:
    """Return the name of the table that is `name` as it was at `at`."""
    return f"{name}-as-of-{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}"


def restore_beside(dynamodb: "DynamoDBClient", name: str, at: int) -> str:
    """Begin to make a new table that is `name` as it was at `at`, unless there is one already, and return its name."""
    beside = name_beside(name, at)
    if described(dynamodb, beside) is None:
        dynamodb.restore_table_to_point_in_time(
            SourceTableName=name, TargetTableName=beside, RestoreDateTime=datetime.fromtimestamp(at, UTC)
        )
    return beside


def restore_deleted(dynamodb: "DynamoDBClient", name: str) -> None:
    """Begin to bring back the table `name`, as it was when it was deleted and under that name, of the backup that DynamoDB made
    then and keeps for 35 days.

    Raises:
        Refused: the table is there, or there is no such backup.
    """
    if described(dynamodb, name) is not None:
        raise Refused(f"{name} is there. What it was like at an earlier time: `gatepost restore beside`.")
    backups = dynamodb.list_backups(TableName=name, BackupType="SYSTEM").get("BackupSummaries", [])
    newest = max(backups, key=lambda backup: backup["BackupCreationDateTime"], default=None)
    if newest is None:
        raise Refused(f"There is no backup of {name}: it had no point-in-time recovery, or was deleted more than 35 days ago.")
    dynamodb.restore_table_from_backup(TargetTableName=name, BackupArn=newest["BackupArn"])


def finish(dynamodb: "DynamoDBClient", table: str, name: str, *, protected: bool, on_look: Callable[[str], None]) -> None:
    """Wait for a table that is being restored under its own name, and give it what a restore doesn't: backups, protection from
    deletion if it's to be `protected`, and expiry if its items expire.
    """
    wait_until_active(dynamodb, name, on_look)
    dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    if protected:
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=True)
    if expires(table):
        told: Any = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        # DynamoDB refuses to be told what is so already.
        if told.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
            specification: Any = {"Enabled": True, "AttributeName": EXPIRY}
            dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)
