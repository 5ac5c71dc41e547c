"""Whether the tables are there, as the template wants them, and protected against accidents."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from cli.diagnosis.declared import TABLES, Declared
from cli.diagnosis.findings import Check, Status, Verdict, ok, problem, warning
from cli.diagnosis.sight import Sight

_EXPIRY = "expires_at"

Described = Mapping[str, Mapping[str, Any] | None]
"""What DynamoDB says of each table by its logical id; None where there's no such table."""


def _asked(operation: str, member: str, sight: Sight, *, only: Callable[[Declared], bool] = lambda _: True) -> Described:
    answers = {
        logical_id: sight.call("dynamodb", operation, TableName=sight.needed(table.setting))
        for logical_id, table in TABLES.items()
        if only(table)
    }
    return {logical_id: answer and answer[member] for logical_id, answer in answers.items()}


def described(sight: Sight, *, only: Callable[[Declared], bool] = lambda _: True) -> Described:
    """Return what DescribeTable says of the tables. Raises `NotSeen`."""
    return _asked("describe_table", "Table", sight, only=only)


def _are_active(facts: Described) -> Verdict:
    faults = []
    for logical_id, table in facts.items():
        if table is None:
            faults.append(f"{logical_id} doesn't exist")
            continue
        if table["TableStatus"] not in ("ACTIVE", "UPDATING"):
            faults.append(f"{logical_id} is {table['TableStatus']}")
        states = {index["IndexName"]: index.get("IndexStatus", "ACTIVE") for index in table.get("GlobalSecondaryIndexes", [])}
        for index in TABLES[logical_id].indexes:
            if (state := states.get(index, "missing")) not in ("ACTIVE", "UPDATING"):
                faults.append(f"index {index} of {logical_id} is {state}")
    if faults:
        return problem(f"{'; '.join(faults)}.")
    return ok(f"{len(facts)} tables and {sum(len(table.indexes) for table in TABLES.values())} indexes are in use.")


def _backups(sight: Sight) -> Described:
    return _asked("describe_continuous_backups", "ContinuousBackupsDescription", sight, only=lambda table: table.durable)


def _have_backups(facts: Described) -> Verdict:
    def has_backups(table: Mapping[str, Any] | None) -> bool:
        recovery = (table or {}).get("PointInTimeRecoveryDescription", {})
        return bool(recovery.get("PointInTimeRecoveryStatus") == "ENABLED")

    return _all(facts, has_backups, "can be restored to any point in time", "can't be restored to a point in time")


@dataclass(frozen=True)
class Protection:
    """The durable tables, and the parameter DeletionProtection."""

    tables: Described
    wanted: bool


def _protection(sight: Sight) -> Protection:
    sight.demand_deployed("The tables of a local stack may be thrown away.")
    return Protection(described(sight, only=lambda table: table.durable), sight.protected)


def _are_protected(facts: Protection) -> Verdict:
    def is_protected(table: Mapping[str, Any] | None) -> bool:
        return bool(table and table.get("DeletionProtectionEnabled"))

    verdict = _all(facts.tables, is_protected, "can't be deleted by accident", "can be deleted by accident")
    return verdict if facts.wanted or verdict.status is Status.OK else warning(verdict.found)


def _expiry(sight: Sight) -> Described:
    return _asked("describe_time_to_live", "TimeToLiveDescription", sight, only=lambda table: table.expires)


def _expire(facts: Described) -> Verdict:
    def expires(table: Mapping[str, Any] | None) -> bool:
        told = table or {}
        return told.get("TimeToLiveStatus") in ("ENABLED", "ENABLING") and told.get("AttributeName") == _EXPIRY

    return _all(facts, expires, "forget what has expired", f"don't forget items past their {_EXPIRY}")


@dataclass(frozen=True)
class Encryption:
    """The tables that are to be encrypted under the deployment's own key, whose id or ARN is `key`."""

    tables: Described
    key: str


def _encryption(sight: Sight) -> Encryption:
    sight.demand_deployed("Where the tables of a local stack are kept, nothing is encrypted.")
    return Encryption(described(sight, only=lambda table: table.own_key), sight.needed("KMS_KEY_ID"))


def _are_encrypted(facts: Encryption) -> Verdict:
    def is_encrypted(table: Mapping[str, Any] | None) -> bool:
        encryption = (table or {}).get("SSEDescription", {})
        key = str(encryption.get("KMSMasterKeyArn", ""))
        return encryption.get("Status") in ("ENABLED", "UPDATING") and key.rpartition("/")[2] == facts.key.rpartition("/")[2]

    return _all(facts.tables, is_encrypted, "is encrypted under the deployment's own key", "is not encrypted under this key")


def _streams(facts: Described) -> Verdict:
    def streams(table: Mapping[str, Any] | None) -> bool:
        told = (table or {}).get("StreamSpecification", {})
        return bool(told.get("StreamEnabled")) and told.get("StreamViewType") in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")

    return _all(
        facts,
        streams,
        "has a stream of new items",
        "has no stream of new items: mails wait for the sweep, events aren't published",
    )


def _all(tables: Described, holds: Callable[[Mapping[str, Any] | None], bool], good: str, bad: str) -> Verdict:
    """Say whether what `good` and `bad` are the words for `holds` of all `tables`."""
    faulty = [logical_id for logical_id, table in tables.items() if not holds(table)]
    return problem(f"{', '.join(faulty)} {bad}.") if faulty else ok(f"{', '.join(tables)} {good}.")


_DEPLOY = (
    "Deploy again, which sets it back as the template has it: `make deploy`. If CloudFormation sees no change, set it by hand: "
)

CHECKS: tuple[Check[Any], ...] = (
    Check(
        "tables.active",
        "Are all tables and their indexes there and ACTIVE?",
        "Wait for what is being made. What was deleted is kept for 35 days: `aws dynamodb list-backups --backup-type SYSTEM` "
        "has its ARN, and `aws dynamodb restore-table-from-backup --backup-arn ARN --target-table-name NAME` brings it back "
        "under its old name. Note the time of that in `SessionsNotBefore`, and deploy.",
        described,
        _are_active,
    ),
    Check(
        "tables.backups",
        "Can the durable tables be restored to any point in time?",
        f"{_DEPLOY}`aws dynamodb update-continuous-backups --table-name NAME --point-in-time-recovery-specification "
        "PointInTimeRecoveryEnabled=true`.",
        _backups,
        _have_backups,
    ),
    Check(
        "tables.deletion-protection",
        "Are the durable tables protected from deletion?",
        "Deploy with `DeletionProtection=true`. If CloudFormation sees no change: `aws dynamodb update-table --table-name "
        "NAME --deletion-protection-enabled`.",
        _protection,
        _are_protected,
    ),
    Check(
        "tables.expiry",
        "Do the tables whose items expire forget them?",
        f"{_DEPLOY}`aws dynamodb update-time-to-live --table-name NAME --time-to-live-specification "
        f"Enabled=true,AttributeName={_EXPIRY}`.",
        _expiry,
        _expire,
    ),
    Check(
        "tables.encryption",
        "Is the Users table encrypted under the deployment's own key?",
        f"{_DEPLOY}`aws dynamodb update-table --table-name NAME --sse-specification "
        "Enabled=true,SSEType=KMS,KMSMasterKeyId=KEY`.",
        _encryption,
        _are_encrypted,
    ),
    Check(
        "tables.stream",
        "Have the outbox and the Audit table streams of their new items?",
        "Until they have, the sweep sends mails every five minutes, and no events are published. In the template, set the "
        "StreamViewType of `OutboxTable` or `AuditTable` to NEW_AND_OLD_IMAGES, and deploy: that makes another stream, which "
        "its function and its role follow.",
        partial(described, only=lambda table: table.setting in ("OUTBOX_TABLE", "AUDIT_TABLE")),
        _streams,
    ),
)
