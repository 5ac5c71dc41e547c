"""A table of a template becomes API calls: CloudFormation and DynamoDB's API name some things differently.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
"""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from local.errors import StackError
from local.model import Table

# Calls of their own after the table is there.
_AFTERWARDS = ("TimeToLiveSpecification", "PointInTimeRecoverySpecification")
_CREATE_TABLE = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
    "TableClass",
)


def create_table_arguments(table: Table) -> dict[str, Any]:
    """Return the arguments of CreateTable for `table`.

    Raises:
        StackError: if the template gives the table a property that the local stack doesn't know.
    """
    arguments: dict[str, Any] = {"TableName": table.name}
    for name, value in table.properties.items():
        if name in _CREATE_TABLE:
            arguments[name] = value
        elif name == "StreamSpecification":
            arguments[name] = {**value, "StreamEnabled": True}
        elif name == "SSESpecification":
            arguments[name] = {"Enabled" if member == "SSEEnabled" else member: of for member, of in value.items()}
        elif name not in (*_AFTERWARDS, "TableName", "DeletionProtectionEnabled", "Tags"):
            # Deletion protection stays off, so that a developer can throw a table away.
            raise StackError(
                f"Resource {table.logical_id}: the local stack doesn't know the property {name}. Add it to local/tables.py."
            )
    return arguments


def create_table(table: Table) -> None:
    """Create `table` with its time to live and its backups. A table that is there already (DynamoDB Local) is kept as it is.

    Raises:
        StackError: if the table that is there has other keys, indexes or no stream.
    """
    dynamodb = boto3.client("dynamodb")
    arguments = create_table_arguments(table)
    try:
        dynamodb.create_table(**arguments)
    except dynamodb.exceptions.ResourceInUseException:
        _check_same(dynamodb.describe_table(TableName=table.name)["Table"], arguments)
        return
    if ttl := table.properties.get("TimeToLiveSpecification"):
        dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=ttl)
    if backups := table.properties.get("PointInTimeRecoverySpecification"):
        try:
            dynamodb.update_continuous_backups(TableName=table.name, PointInTimeRecoverySpecification=backups)
        except ClientError as exc:
            if exc.response["Error"]["Code"] != "UnknownOperationException":  # DynamoDB Local has no backups
                raise


def _check_same(existing: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    def shape(table: Mapping[str, Any]) -> Any:
        indexes = {index["IndexName"]: index["KeySchema"] for index in table.get("GlobalSecondaryIndexes", [])}
        return table["KeySchema"], indexes, bool(table.get("StreamSpecification", {}).get("StreamEnabled"))

    if shape(existing) != shape(wanted):
        raise StackError(
            f"The table {wanted['TableName']} was made from another version of the template: its keys, indexes or stream "
            f"differ. Delete it (aws dynamodb delete-table) or use an empty DynamoDB Local."
        )
