"""The rights that a call needs, as AWS's Service Authorization Reference has them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html and its neighbours.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local.model import Table, Template
from local.resources import ACCOUNT, REGION
from tests.deploy.iam import Need

Parameters = Mapping[str, Any]

_IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_PARTITION = re.compile(r"(#?\w+) = (:\w+)")


def rights(template: Template, service: str, operation: str, parameters: Parameters) -> Iterator[Need]:
    """Yield the rights that this call needs. Fails for a call that this module doesn't know."""
    match service, operation:
        case "dynamodb", _:
            yield from _of_tables(template, operation, parameters)
        case "kms", "Encrypt" | "Decrypt" | "GenerateDataKey":
            bound = parameters.get("EncryptionContext", {})
            context = {f"kms:EncryptionContext:{name}": (value,) for name, value in bound.items()}
            yield Need(f"kms:{operation}", _key_arn(parameters["KeyId"]), tuple(context.items()))
        case "events", "PutEvents":
            for name in {entry["EventBusName"] for entry in parameters["Entries"]}:
                yield Need("events:PutEvents", _arn("events", f"event-bus/{name}"))
        case "lambda", "Invoke":
            yield Need("lambda:InvokeFunction", _arn("lambda", f"function:{parameters['FunctionName']}"))
        case "sesv2", "SendEmail":
            yield from _mail(parameters)
        case _:
            raise AssertionError(f"which rights does {service}:{operation} need?")


def _mail(parameters: Parameters) -> Iterator[Need]:
    """SES's API version 2 asks for `SendEmail`, and for mails of raw MIME for `SendRawEmail` too; of the identity and of the
    configuration set.

    https://repost.aws/knowledge-center/amazon-ses-send-email-unauthorized-error
    """
    assert "Raw" in parameters["Content"]
    sender = parameters["FromEmailAddress"]
    for action in ("ses:SendEmail", "ses:SendRawEmail"):
        for resource in (f"identity/{sender}", f"configuration-set/{parameters['ConfigurationSetName']}"):
            yield Need(action, _arn("ses", resource), (("ses:FromAddress", (sender,)),))


def _of_tables(template: Template, operation: str, parameters: Parameters) -> Iterator[Need]:
    """A transaction needs the rights of its parts.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
    """
    tables = {table.name: table for table in template.tables.values()}
    match operation:
        case "TransactWriteItems":
            for entry in parameters["TransactItems"]:
                for kind, item in entry.items():
                    yield from _of_items(tables[item["TableName"]], _IN_TRANSACTIONS[kind], [item])
        case "BatchGetItem":
            for name, wanted in parameters["RequestItems"].items():
                yield from _of_items(tables[name], operation, [{"Key": key} for key in wanted["Keys"]])
        case "BatchWriteItem":
            for name, requests in parameters["RequestItems"].items():
                yield from _of_items(tables[name], operation, [item for request in requests for item in request.values()])
        case "Query" if "IndexName" in parameters:
            table = tables[parameters["TableName"]]
            yield Need("dynamodb:Query", f"{_table_arn(table)}/index/{parameters['IndexName']}")
            yield from _to_decrypt(table)
        case "Query":
            yield from _of_items(tables[parameters["TableName"]], operation, [{"Key": _partition(parameters)}])
        case "DescribeTable":
            yield Need("dynamodb:DescribeTable", _table_arn(tables[parameters["TableName"]]))
        case "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem":
            yield from _of_items(tables[parameters["TableName"]], operation, [parameters])
        case _:
            raise AssertionError(f"which rights does dynamodb:{operation} need?")


def _of_items(table: Table, action: str, items: Sequence[Parameters]) -> Iterator[Need]:
    """The right to an action on items, each given by its `Key` or as a whole. Conditions see all their partition keys."""
    (partition,) = (key["AttributeName"] for key in table.properties["KeySchema"] if key["KeyType"] == "HASH")
    leading = {str((item.get("Key") or item["Item"])[partition]["S"]) for item in items}
    yield Need(f"dynamodb:{action}", _table_arn(table), (("dynamodb:LeadingKeys", tuple(sorted(leading))),))
    yield from _to_decrypt(table)


def _to_decrypt(table: Table) -> Iterator[Need]:
    """Of a table that is encrypted under a key of ours, DynamoDB opens the table's own key in the name of who calls.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html
    """
    if key := table.properties.get("SSESpecification", {}).get("KMSMasterKeyId"):
        yield Need("kms:Decrypt", _key_arn(key), (("kms:ViaService", (f"dynamodb.{REGION}.amazonaws.com",)),))


def _partition(parameters: Parameters) -> Mapping[str, Any]:
    """Return the partition key that a query names, as the beginning of a key."""
    partition = _PARTITION.match(parameters["KeyConditionExpression"])
    assert partition
    name = parameters.get("ExpressionAttributeNames", {}).get(partition[1], partition[1])
    return {name: parameters["ExpressionAttributeValues"][partition[2]]}


def _table_arn(table: Table) -> str:
    return _arn("dynamodb", f"table/{table.name}")


def _key_arn(key: str) -> str:
    """`key` may be an ARN already."""
    return key if key.startswith("arn:") else _arn("kms", f"key/{key}")


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"
