"""What moto 5.2.5 does otherwise than AWS, mended where our code would notice. tests/unit/local/test_moto_mends.py shows each.

`mended()` puts the mends in place for as long as its block runs.
"""

import copy
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from moto.core.botocore_stubber import BotocoreStubber
from moto.core.utils import unix_time
from moto.dynamodb.exceptions import DynamodbException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from moto.dynamodbstreams.models import DynamoDBStreamsBackend
from moto.ses.models import RawMessage, SESBackend

_TOKEN_LIFETIME = 600  # seconds; https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_OPEN_ITERATORS = 100


@contextmanager
def mended(on_mail: Callable[[RawMessage], None]) -> Iterator[None]:
    """Mend moto inside the block; `on_mail` is given every mail that SES takes."""
    with ExitStack() as stack:
        for owner, name, mend in (
            (BotocoreStubber, "process_request", _serialised),
            (DynamoDBBackend, "transact_write_items", _all_or_nothing),
            (DynamoDBBackend, "describe_continuous_backups", _up_to_now),
            (DynamoHandler, "transact_write_items", _idempotent),
            (DynamoDBStreamsBackend, "get_records", _forgetting_iterators),
        ):
            stack.enter_context(patch.object(owner, name, mend(getattr(owner, name))))
        # A transaction deep-copies each of its tables, which costs 140 ms at 3,000 items; _all_or_nothing does without.
        stack.enter_context(patch.object(Table, "__deepcopy__", lambda table, memo: table, create=True))
        stack.enter_context(patch.object(SESBackend, "send_raw_email", _handing_over(SESBackend.send_raw_email, on_mail)))
        yield


def _serialised(process_request: Callable[..., Any]) -> Callable[..., Any]:
    """moto keeps its state in plain dictionaries and isn't thread-safe: one request at a time."""
    lock = threading.RLock()

    def one_at_a_time(self: BotocoreStubber, request: Any) -> Any:
        with lock:
            return process_request(self, request)

    return one_at_a_time


def _all_or_nothing(transact_write_items: Callable[..., None]) -> Callable[..., None]:
    """moto applies a transaction as it checks it, and on a failed condition puts a copy of the table in the table's place.

    What it had written until then stays in the stream that an open iterator reads, and that stream gets no further records.
    Instead, the items that the transaction names and the ends of the streams are put back where they are.
    """

    def all_or_nothing(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        put_back = _snapshot(self, transact_items)
        try:
            transact_write_items(self, transact_items)
        except Exception:
            put_back()
            raise

    return all_or_nothing


def _snapshot(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> Callable[[], None]:
    """Return a function that puts back what `transact_items` changes."""
    items = []
    for entry in transact_items:
        for kind, operation in entry.items():
            table = backend.tables.get(operation["TableName"])
            attributes = operation["Item" if kind == "Put" else "Key"]
            if table is not None and all(name in attributes for name in table.table_key_attrs):
                key = tuple(DynamoType(attributes[name]) for name in table.table_key_attrs)
                place, last = _place(table, key)
                items.append((table, key, copy.deepcopy(place.get(last))))
    streams = [(table.stream_shard.items, len(table.stream_shard.items)) for table, _, _ in items if table.stream_shard]

    def put_back() -> None:
        for table, key, item in items:
            place, last = _place(table, key)
            if item is None:
                place.pop(last, None)
            else:
                place[last] = item
        for records, length in streams:
            del records[length:]

    return put_back


def _place(table: Table, key: tuple[DynamoType, ...]) -> tuple[dict[DynamoType, Any], DynamoType]:
    """Return the dictionary that holds the item of `key`, and the item's key in it: moto nests them by hash and range key."""
    return (table.items, key[0]) if len(key) == 1 else (table.items[key[0]], key[1])


def _idempotent(transact_write_items: Callable[[DynamoHandler], Any]) -> Callable[[DynamoHandler], Any]:
    """moto ignores ClientRequestToken, so that the SDK's own retry of a transaction whose answer was lost would be refused."""
    done: dict[str, tuple[float, bytes, Any]] = {}

    def idempotent(self: DynamoHandler) -> Any:
        now = time.monotonic()
        for token, (at, _, _) in list(done.items()):
            if at + _TOKEN_LIFETIME > now:
                break
            del done[token]
        token = self.body.get("ClientRequestToken")
        digest = hashlib.sha256(repr(self.body["TransactItems"]).encode()).digest()
        if token not in done:
            answer = transact_write_items(self)
            if token is not None:
                done[token] = (now, digest, answer)
            return answer
        _, known, answer = done[token]
        if known != digest:
            raise DynamodbException(
                "IdempotentParameterMismatchException", "The ClientRequestToken was used for another request."
            )
        return answer

    return idempotent


def _up_to_now(describe_continuous_backups: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """moto's backups end at the instant that they were switched on; AWS's go on."""

    def up_to_now(self: DynamoDBBackend, table_name: str) -> dict[str, Any]:
        told = describe_continuous_backups(self, table_name)
        recovery = told["PointInTimeRecoveryDescription"]
        if "LatestRestorableDateTime" in recovery:
            recovery = {**recovery, "LatestRestorableDateTime": unix_time()}
        return {**told, "PointInTimeRecoveryDescription": recovery}

    return up_to_now


def _forgetting_iterators(get_records: Callable[..., Any]) -> Callable[..., Any]:
    """moto keeps every shard iterator for ever; at ten polls a second that's 100 MB in an hour."""

    def forgetting(self: DynamoDBStreamsBackend, iterator_arn: str, limit: int) -> Any:
        records = get_records(self, iterator_arn, limit)
        while len(self.shard_iterators) > _OPEN_ITERATORS:
            del self.shard_iterators[next(iter(self.shard_iterators))]
        return records

    return forgetting


def _handing_over(
    send_raw_email: Callable[..., RawMessage], on_mail: Callable[[RawMessage], None]
) -> Callable[..., RawMessage]:
    """moto keeps every mail for ever, and not when it came: hand each over as it comes, and let moto forget it."""

    def handing_over(self: SESBackend, *args: Any, **kwargs: Any) -> RawMessage:
        message = send_raw_email(self, *args, **kwargs)
        self.sent_messages.clear()
        on_mail(message)
        return message

    return handing_over
