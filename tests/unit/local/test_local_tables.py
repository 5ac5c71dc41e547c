"""Tables of templates as API calls, against moto."""

from typing import Any

import boto3
import pytest

from local.errors import StackError
from local.mailbox import Mailbox
from local.model import Table
from local.tables import create_table, create_table_arguments

KEYS: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
INDEX = {
    "IndexName": "by-colour",
    "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}


COLOUR = {"AttributeName": "colour", "AttributeType": "S"}


def _table(**properties: Any) -> Table:
    return Table("Things", "stack-Things", KEYS | properties)


def test_cloudformations_names_become_the_apis() -> None:
    arguments = create_table_arguments(
        _table(
            TableName="stack-Things",
            StreamSpecification={"StreamViewType": "NEW_IMAGE"},
            SSESpecification={"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": "key"},
            TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True},
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            DeletionProtectionEnabled="true",
            Tags=[],
        )
    )
    assert arguments == KEYS | {
        "TableName": "stack-Things",
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE", "StreamEnabled": True},
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "key"},
    }


def test_a_property_that_would_be_ignored_is_refused() -> None:
    with pytest.raises(
        StackError, match="Resource Things: the local stack doesn't know the property KinesisStreamSpecification"
    ):
        create_table_arguments(_table(KinesisStreamSpecification={}))


def test_everything_of_the_definition_is_there_afterwards(aws: Mailbox) -> None:
    create_table(
        _table(
            AttributeDefinitions=[*KEYS["AttributeDefinitions"], COLOUR],
            GlobalSecondaryIndexes=[INDEX],
            StreamSpecification={"StreamViewType": "NEW_IMAGE"},
            TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True},
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            DeletionProtectionEnabled="true",
        )
    )
    dynamodb = boto3.client("dynamodb")
    table = dynamodb.describe_table(TableName="stack-Things")["Table"]
    assert table["GlobalSecondaryIndexes"][0]["IndexName"] == "by-colour"
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert table["DeletionProtectionEnabled"] is False
    ttl = dynamodb.describe_time_to_live(TableName="stack-Things")["TimeToLiveDescription"]
    assert (ttl["AttributeName"], ttl["TimeToLiveStatus"]) == ("expires_at", "ENABLED")
    backups = dynamodb.describe_continuous_backups(TableName="stack-Things")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_table_that_is_there_is_kept_with_its_items(aws: Mailbox) -> None:
    create_table(_table())
    dynamodb = boto3.client("dynamodb")
    dynamodb.put_item(TableName="stack-Things", Item={"pk": {"S": "kept"}})
    create_table(_table())
    assert "Item" in dynamodb.get_item(TableName="stack-Things", Key={"pk": {"S": "kept"}})


@pytest.mark.parametrize(
    "change",
    [
        {"StreamSpecification": {"StreamViewType": "NEW_IMAGE"}},
        {"KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}], "AttributeDefinitions": [COLOUR]},
        {"GlobalSecondaryIndexes": [INDEX], "AttributeDefinitions": [*KEYS["AttributeDefinitions"], COLOUR]},
    ],
)
def test_a_table_of_another_version_of_the_template_is_told(aws: Mailbox, change: dict[str, Any]) -> None:
    create_table(_table())
    with pytest.raises(StackError, match="stack-Things was made from another version of the template"):
        create_table(_table(**change))
