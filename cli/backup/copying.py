"""Making a table what a copy of it is, item by item, in DynamoDB's own notation: nothing is read into it, and nothing lost.

Only what differs is written, so that a copy which was cut short goes on where it was, and one that has ended does nothing.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cli.backup.tables import demand_there
from cli.failures import Refused, Unreachable
from gatepost.storage.failures import pause
from gatepost.storage.whose_key import is_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Raw = Mapping[str, Any]
Key = tuple[str, ...]

SEGMENTS = 4  # of a table, read side by side
_GET, _WRITE = 100, 25  # what DynamoDB takes in a BatchGetItem and a BatchWriteItem
_TRIES = 12  # a table may need a minute until it takes so much at once: the last pause is up to 100 s


@dataclass
class Copied:
    """How many items of a table were the same already, were written and were deleted."""

    same: int = 0
    written: int = 0
    deleted: int = 0

    def __add__(self, other: "Copied") -> "Copied":
        return Copied(self.same + other.same, self.written + other.written, self.deleted + other.deleted)

    def __str__(self) -> str:
        return f"{self.same:,} the same, {self.written:,} written, {self.deleted:,} deleted"


@dataclass(frozen=True)
class Pair:
    """A table, and a copy of it with the same keys. Both are read strongly consistent. `kind` is the word for the table."""

    dynamodb: "DynamoDBClient"
    kind: str
    copy: str
    table: str
    key: Key = field(init=False)

    def __post_init__(self) -> None:
        schemas = [
            tuple(part["AttributeName"] for part in demand_there(self.dynamodb, name)["KeySchema"])
            for name in (self.copy, self.table)
        ]
        if schemas[0] != schemas[1]:
            raise Refused(f"{self.copy} is no copy of {self.table}: its keys are others.")
        object.__setattr__(self, "key", schemas[0])
        self._demand_its_items()

    def _demand_its_items(self) -> None:
        """Demand that the copy has items, of this table: several have the same keys, and a wrong copy would be its end."""
        begin = self.dynamodb.scan(TableName=self.copy, ConsistentRead=True, Limit=_GET)["Items"]
        if not begin:
            raise Refused(f"{self.copy} is empty: there is nothing to copy, and --exactly would leave nothing.")
        if strange := [place for item in begin if not is_of(self.kind, *(place := self.place(item)))]:
            raise Refused(
                f"{self.copy} is no copy of {self.table}: {' '.join(strange[0])} in it is none of the {self.kind} table's."
            )

    def pages(self, name: str, segment: int) -> Iterator[list[Raw]]:
        """Yield the items of one of `SEGMENTS` parts of a table."""
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=name, ConsistentRead=True, Segment=segment, TotalSegments=SEGMENTS
        )
        for page in pages:
            yield list(page["Items"])

    def key_of(self, item: Raw) -> Raw:
        """Return the key of an item."""
        return {part: item[part] for part in self.key}

    def place(self, item: Raw) -> Key:
        """Return where an item stands. All our keys are texts."""
        return tuple(item[part]["S"] for part in self.key)

    def found(self, name: str, items: Sequence[Raw]) -> dict[Key, Raw]:
        """Return what a table has at the keys of `items`, which are all different."""
        found: dict[Key, Raw] = {}
        for start in range(0, len(items), _GET):
            wanted: Any = {name: {"ConsistentRead": True, "Keys": [self.key_of(item) for item in items[start : start + _GET]]}}
            for attempt in range(_TRIES):
                answer = self.dynamodb.batch_get_item(RequestItems=wanted)
                found |= {self.place(item): item for item in answer["Responses"].get(name, [])}
                wanted = answer.get("UnprocessedKeys")
                if not wanted:
                    break
                pause(attempt)
            else:
                raise Unreachable(f"{name} doesn't answer as fast as it's asked. Try again: what is done is done.")
        return found

    def write(self, requests: Sequence[Mapping[str, Any]]) -> None:
        """Do puts and deletions, in no order."""
        for start in range(0, len(requests), _WRITE):
            left: Any = {self.table: list(requests[start : start + _WRITE])}
            for attempt in range(_TRIES):
                left = self._written(left)
                if not left:
                    break
                pause(attempt)
            else:
                raise Unreachable(f"{self.table} doesn't take what is written. Try again: what is done is done.")

    def _written(self, requests: Any) -> Any:
        """Return what was not done: DynamoDB refuses a batch as a whole where it takes nothing of it."""
        try:
            return self.dynamodb.batch_write_item(RequestItems=requests).get("UnprocessedItems")
        except ClientError as exc:
            if exc.response["Error"].get("Code") not in ("ProvisionedThroughputExceededException", "ThrottlingException"):
                raise
            return requests


def copy_exactly(pair: Pair, on_page: Callable[[Copied], None]) -> Copied:
    """Make the table what its copy is: write what differs and delete what the copy hasn't got. Nobody else may write it
    meanwhile. Tell `on_page` now and then how much is done.
    """
    return _side_by_side([(pair, _write_page, pair.copy), (pair, _delete_page, pair.table)], on_page)


def copy_missing(pair: Pair, on_page: Callable[[Copied], None], *, but: Container[Key] = ()) -> Copied:
    """Write what the table hasn't got, each item on condition that it still hasn't, and none of those that stand at `but`;
    others may write it meanwhile.
    """
    return _side_by_side([(pair, partial(_add_page, but=but), pair.copy)], on_page)


_Step = tuple[Pair, Callable[[Pair, list[Raw]], Copied], str]


def _side_by_side(steps: Sequence[_Step], on_page: Callable[[Copied], None]) -> Copied:
    """Do one step after the other, the parts of the table that is read at once."""
    done = Copied()
    with ThreadPoolExecutor(SEGMENTS) as threads:
        for pair, do, name in steps:
            readers = [pair.pages(name, segment) for segment in range(SEGMENTS)]
            running = {threads.submit(_next, pair, do, reader): reader for reader in readers}
            while running:
                through, _ = wait(running, return_when=FIRST_COMPLETED)
                for each in through:
                    reader = running.pop(each)
                    if (page := each.result()) is not None:
                        done += page
                        on_page(done)
                        running[threads.submit(_next, pair, do, reader)] = reader
    return done


def _next(pair: Pair, do: Callable[[Pair, list[Raw]], Copied], pages: Iterator[list[Raw]]) -> Copied | None:
    page = next(pages, None)
    return None if page is None else do(pair, page)


def _write_page(pair: Pair, items: list[Raw]) -> Copied:
    standing = pair.found(pair.table, items)
    differing = [item for item in items if standing.get(pair.place(item)) != item]
    pair.write([{"PutRequest": {"Item": item}} for item in differing])
    return Copied(same=len(items) - len(differing), written=len(differing))


def _delete_page(pair: Pair, items: list[Raw]) -> Copied:
    known = pair.found(pair.copy, items)
    surplus = [item for item in items if pair.place(item) not in known]
    pair.write([{"DeleteRequest": {"Key": pair.key_of(item)}} for item in surplus])
    return Copied(deleted=len(surplus))


def _add_page(pair: Pair, items: list[Raw], *, but: Container[Key]) -> Copied:
    standing = pair.found(pair.table, items)
    missing = [item for item in items if pair.place(item) not in standing and pair.place(item) not in but]
    for item in missing:
        with suppress(pair.dynamodb.exceptions.ConditionalCheckFailedException):
            free = f"attribute_not_exists({pair.key[0]})"
            pair.dynamodb.put_item(TableName=pair.table, Item=item, ConditionExpression=free)
    return Copied(same=len(items) - len(missing), written=len(missing))
