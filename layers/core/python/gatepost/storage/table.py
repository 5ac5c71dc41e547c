"""DynamoDB: consistent reads, conditional writes, transactions, and independent calls side by side."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from datetime import UTC
from typing import TYPE_CHECKING, Any

from gatepost.identifiers import new_id
from gatepost.storage.failures import CONFLICT_TRIES, given_up_throttled, pause, retrying_conflicts, translated
from gatepost.storage.writes import Item, Write, attribute_names, from_dynamodb, to_dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TableDescriptionTypeDef

    from gatepost.storage.keys import HashKey, Key, Partition

_BATCH = 25  # writes in a BatchWriteItem

_threads = ThreadPoolExecutor(max_workers=64, thread_name_prefix="dynamodb")


class Database:
    """All calls to DynamoDB.

    Every one raises `Unavailable` when DynamoDB fails, after the SDK's own retries and, for conflicts, ours.
    """

    def __init__(self, dynamodb: "DynamoDBClient") -> None:
        self._dynamodb = dynamodb

    def get(self, table: str, key: "Key | HashKey") -> Item | None:
        """Return the item at `key`, strongly consistent, or None."""
        with translated():
            answer = self._dynamodb.get_item(TableName=table, Key=to_dynamodb(key), ConsistentRead=True)
        return from_dynamodb(answer["Item"]) if "Item" in answer else None

    def get_many(self, *keys: "tuple[str, Key]") -> list[Item | None]:
        """Return the items at `keys` (pairs of table and key, at most 100, all different) in their order, None where
        there is none.

        Each item is read strongly consistent, though not all at one instant.
        """
        request: dict[str, Any] = {}
        for table, key in keys:
            request.setdefault(table, {"ConsistentRead": True, "Keys": []})["Keys"].append(to_dynamodb(key))
        found: dict[tuple[str, str, str], Item] = {}
        for attempt in range(CONFLICT_TRIES):
            with translated():
                answer = self._dynamodb.batch_get_item(RequestItems=request)
            for table, items in answer["Responses"].items():
                for item in map(from_dynamodb, items):
                    found[table, item["pk"], item["sk"]] = item
            request = dict(answer.get("UnprocessedKeys", {}))
            if not request:
                return [found.get((table, key["pk"], key["sk"])) for table, key in keys]
            pause(attempt)
        raise given_up_throttled()

    def query(
        self,
        table: str,
        partition: str,
        prefix: str = "",
        *,
        limit: int | None = None,
        after: str | None = None,
        descending: bool = False,
    ) -> tuple[list[Item], str | None]:
        """Return items of one partition whose sort keys begin with `prefix`, strongly consistent and in their order.

        At most `limit`, those behind the sort key `after`. The second value is where to go on, None at the end.
        """
        values = {":pk": partition} | ({":prefix": prefix} if prefix else {})
        request: dict[str, Any] = {"Limit": limit} if limit else {}
        if after is not None:
            request["ExclusiveStartKey"] = to_dynamodb({"pk": partition, "sk": after})
        with translated():
            answer = self._dynamodb.query(
                TableName=table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)" if prefix else "pk = :pk",
                ExpressionAttributeValues=to_dynamodb(values),
                ConsistentRead=True,
                ScanIndexForward=not descending,
                **request,
            )
        last = answer.get("LastEvaluatedKey")
        return [from_dynamodb(item) for item in answer["Items"]], from_dynamodb(last)["sk"] if last else None

    def query_all(self, table: str, partition: str, prefix: str = "", *, at_most: int | None = None) -> list[Item]:
        """Return all items of one partition whose sort keys begin with `prefix`; stop once there are more than `at_most`."""
        items, after = self.query(table, partition, prefix)
        while after is not None and (at_most is None or len(items) <= at_most):
            page, after = self.query(table, partition, prefix, after=after)
            items += page
        return items

    def query_newest(
        self, table: str, partition: "Partition", first: str, last: str, *, limit: int, equal: Mapping[str, Any]
    ) -> tuple[list[Item], str | None]:
        """Return items of a partition whose sort keys lie from `first` to `last`, in descending order, for which the
        attributes have the values that `equal` gives them; an index is read eventually consistent.

        `limit` items are looked at, at the most. The second value is the sort key of the last one, None at the end.
        """
        names = {"#partition": partition.attribute} | {f"#{name}": name for name in equal}
        values = {":partition": partition.value, ":first": first, ":last": last}
        filters = " AND ".join(f"#{name} = :{name}" for name in equal)
        request: dict[str, Any] = {"FilterExpression": filters} if filters else {}
        request |= {"ConsistentRead": True} if partition.attribute == "pk" else {"IndexName": partition.attribute}
        with translated():
            answer = self._dynamodb.query(
                TableName=table,
                KeyConditionExpression="#partition = :partition AND sk BETWEEN :first AND :last",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=to_dynamodb(values | {f":{name}": value for name, value in equal.items()}),
                ScanIndexForward=False,
                Limit=limit,
                **request,
            )
        reached = answer.get("LastEvaluatedKey")
        return [from_dynamodb(item) for item in answer["Items"]], from_dynamodb(reached)["sk"] if reached else None

    def query_index(self, table: str, index: str, condition: str, **values: Any) -> Iterator[Item]:
        """Yield the items of one partition of `index` in key order, page by page, eventually consistent."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=table,
            IndexName=index,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=to_dynamodb({f":{name}": value for name, value in values.items()}),
        )
        with translated():
            for page in pages:
                yield from map(from_dynamodb, page["Items"])

    def query_index_once(
        self,
        table: str,
        index: str,
        condition: str,
        *,
        only: str = "",
        limit: int,
        after: Item | None = None,
        **values: Any,
    ) -> tuple[list[Item], Item | None]:
        """Read at most `limit` items of one partition of `index` in key order, those behind the one with the keys `after`,
        eventually consistent, in one call.

        Return those for which `only` holds, if it's given, and the keys of where to go on, None at the end.
        """
        request: dict[str, Any] = {"ExclusiveStartKey": to_dynamodb(after)} if after else {}
        if only:
            request["FilterExpression"] = only
        if names := attribute_names(only):
            request["ExpressionAttributeNames"] = names
        with translated():
            answer = self._dynamodb.query(
                TableName=table,
                IndexName=index,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=to_dynamodb({f":{name}": value for name, value in values.items()}),
                Limit=limit,
                **request,
            )
        last = answer.get("LastEvaluatedKey")
        return [from_dynamodb(item) for item in answer["Items"]], from_dynamodb(last) if last else None

    def scan(self, table: str, prefix: str, *, segment: int, segments: int) -> Iterator[Item]:
        """Yield the items of a table whose partition keys begin with `prefix`, of number `segment` (from 0) of `segments` parts
        of it, page by page, strongly consistent. Those of one partition come one after the other, in the order of their keys.
        """
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=table,
            FilterExpression="begins_with(pk, :prefix)",
            ExpressionAttributeValues=to_dynamodb({":prefix": prefix}),
            ConsistentRead=True,
            Segment=segment,
            TotalSegments=segments,
        )
        with translated():
            for page in pages:
                yield from map(from_dynamodb, page["Items"])

    def identity(self, table: str) -> str:
        """Return the name of a table and when it was made, which another of the same name doesn't share."""
        with translated():
            answer = self._dynamodb.describe_table(TableName=table)
        return f"{table} of {answer['Table']['CreationDateTime'].astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"

    def description(self, table: str) -> "TableDescriptionTypeDef | None":
        """Return what DynamoDB says of a table, None if there is none of this name. It's no read of the table."""
        with translated():
            try:
                return self._dynamodb.describe_table(TableName=table)["Table"]
            except self._dynamodb.exceptions.ResourceNotFoundException:
                return None

    def delete_all(self, table: str, partition: str) -> None:
        """Delete all items of one partition, page by page. Raises `Unavailable` if some resist; safe to repeat."""
        for start in range(0, len(items := self.query_all(table, partition)), _BATCH):
            requests: Any = [
                {"DeleteRequest": {"Key": to_dynamodb({"pk": item["pk"], "sk": item["sk"]})}}
                for item in items[start : start + _BATCH]
            ]
            for attempt in range(CONFLICT_TRIES):
                with translated():
                    answer = self._dynamodb.batch_write_item(RequestItems={table: requests})
                requests = answer.get("UnprocessedItems", {}).get(table)
                if not requests:
                    break
                pause(attempt)
            else:
                raise given_up_throttled()

    def write(self, write: Write) -> Item:
        """Do one write on its own; return the item as it is after an update, else nothing of use.

        Raises:
            ConditionFailed: with what stood there.
        """
        calls: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
            "Put": (self._dynamodb.put_item, {}),
            "Update": (self._dynamodb.update_item, {"ReturnValues": "ALL_NEW"}),
            "Delete": (self._dynamodb.delete_item, {}),
        }
        call, returned = calls[write.operation]
        answer = retrying_conflicts(lambda: call(**write.request, **returned))
        return from_dynamodb(answer.get("Attributes", {}))

    def transact(self, *writes: Write) -> None:
        """Do all `writes` or none.

        The token makes a repetition by the SDK, after an answer was lost, succeed where the first try had committed.
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html

        Raises:
            ConditionFailed: with what stood there, by the position of each write whose condition failed.
        """
        items: Any = [{write.operation: write.request} for write in writes]
        token = new_id()
        retrying_conflicts(lambda: self._dynamodb.transact_write_items(TransactItems=items, ClientRequestToken=token))


def together(first: Callable[[], Any], *others: Callable[[], Any]) -> Sequence[Any]:
    """Make independent calls at the same time and return their results in order. A call must not use `together` itself.

    All have ended when it returns or raises, and what they log and count is of the caller's request.
    """
    futures = [_threads.submit(copy_context().run, call) for call in others]
    try:
        result = first()
    finally:
        wait(futures)
    return [result, *(future.result() for future in futures)]
