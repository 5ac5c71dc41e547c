"""The template gives each table what storage and recovery want of it."""

from collections.abc import Mapping
from typing import Any

import pytest

from cli.backup import tables
from cli.backup.tables import DURABLE as BACKED_UP
from cli.backup.tables import EXPIRY
from gatepost.storage import keys
from tests.contract.test_template import AUDIT_INDEXES, TEMPLATE, WRITTEN, arn

# The table classes of DESIGN: what outlives everything, and what is only good for a while.
DURABLE = {"UsersTable", "RolesTable", "ClientsTable", "AuditTable", "KeysTable"}
EXPIRING = {"SessionsTable", "OutboxTable", "AuditTable"}
EXAMPLES: dict[str, Mapping[str, Any]] = {
    "UsersTable": keys.user("x"),
    "RolesTable": keys.role_catalogue(),
    "ClientsTable": keys.client("x"),
    "SessionsTable": keys.session("x", "y"),
    "OutboxTable": keys.mail("x"),
    "AuditTable": keys.audit_event_of_user("x", 0, "y"),
    "KeysTable": keys.signing_key_ring(),
}


def test_every_table_is_known_here() -> None:
    assert TEMPLATE.tables.keys() == EXAMPLES.keys()


@pytest.mark.parametrize("table", EXAMPLES)
def test_a_table_has_the_key_that_storage_gives_its_items(table: str) -> None:
    properties = TEMPLATE.tables[table].properties
    schema = [(attribute["AttributeName"], attribute["KeyType"]) for attribute in properties["KeySchema"]]
    assert schema == list(zip(EXAMPLES[table], ("HASH", "RANGE"), strict=False))
    types = {attribute["AttributeName"]: attribute["AttributeType"] for attribute in properties["AttributeDefinitions"]}
    assert all(types[name] == "S" for name in EXAMPLES[table])
    assert properties["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize("table", EXAMPLES)
def test_a_table_forgets_what_expires_and_keeps_what_lasts(table: str) -> None:
    properties = TEMPLATE.tables[table].properties
    expiry = {"AttributeName": "expires_at", "Enabled": True} if table in EXPIRING else None
    assert properties.get("TimeToLiveSpecification") == expiry
    # What may come alive again has no backup: docs/backup.md.
    backups = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 35} if table in DURABLE else None
    assert properties.get("PointInTimeRecoverySpecification") == backups
    assert str(properties.get("DeletionProtectionEnabled", "false")) == str(table in DURABLE).lower()
    policies = {WRITTEN[table][policy] for policy in ("DeletionPolicy", "UpdateReplacePolicy")}
    assert policies == ({"Retain"} if table in DURABLE else {"Delete"})


def test_the_commands_know_which_tables_are_durable() -> None:
    assert {f"{table.title()}Table" for table in BACKED_UP} == DURABLE
    assert {f"{table.title()}Table" for table in BACKED_UP if tables.expires(table)} == DURABLE & EXPIRING
    assert {TEMPLATE.tables[name].properties["TimeToLiveSpecification"]["AttributeName"] for name in EXPIRING} == {EXPIRY}


def test_users_are_encrypted_under_the_deployments_own_key() -> None:
    assert TEMPLATE.tables["UsersTable"].properties["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": arn("EncryptionKey"),
    }
    assert WRITTEN["EncryptionKey"]["DeletionPolicy"] == "Retain"
    assert WRITTEN["EncryptionKey"]["Properties"]["EnableKeyRotation"] is True


def test_the_audit_table_has_the_indexes_that_its_events_and_searches_name() -> None:
    """Each named by the attribute that it's by, and ordered by time as the table is."""
    indexes = {index["IndexName"]: index for index in TEMPLATE.tables["AuditTable"].properties["GlobalSecondaryIndexes"]}
    assert indexes.keys() == AUDIT_INDEXES
    for name, index in indexes.items():
        assert [attribute["AttributeName"] for attribute in index["KeySchema"]] == [name, "sk"]
        assert index["Projection"] == {"ProjectionType": "ALL"}


def test_the_outbox_has_its_index_of_unsent_mails_and_its_stream() -> None:
    properties = TEMPLATE.tables["OutboxTable"].properties
    (index,) = properties["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["Projection"]) == ("unsent", {"ProjectionType": "KEYS_ONLY"})
    assert [attribute["AttributeName"] for attribute in index["KeySchema"]] == ["unsent", "created_at"]
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
