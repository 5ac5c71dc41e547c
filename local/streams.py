"""Pumps the streams of tables into the functions that consume them, as Lambda's event source mappings do.

https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
"""

import base64
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import boto3

from local import measuring
from local.dead_letters import bury
from local.event_filters import matches
from local.functions import Invocable
from local.model import Function, StreamSource
from local.resources import REGION

_POLL_SECONDS = 0.1
_RETRY_SECONDS = 0.2

Record = dict[str, Any]

logger = logging.getLogger(__name__)


class StreamPump:
    """Delivers the records of one table's stream to one function, in order, each once unless the function fails.

    Not imitated: shards read in parallel, batching windows, splitting a batch that failed.
    """

    def __init__(self, function: Invocable, source: StreamSource, table: str) -> None:
        self._function = function
        self._source = source
        self._client = boto3.client("dynamodbstreams")
        self._stream = str(boto3.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"])
        self._position: dict[str, str] = {}
        self._delivering = threading.Lock()
        self._stop = threading.Event()

    @property
    def consumer(self) -> Function:
        """The function that it delivers to, as the template has it."""
        return self._function.definition

    def start(self) -> None:
        """Deliver in a thread of its own until `stop`."""
        name = f"stream-{self._function.definition.logical_id}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def stop(self) -> None:
        """Deliver nothing more."""
        self._stop.set()

    def deliver(self) -> None:
        """Deliver every record that the stream holds by now, before returning."""
        with self._delivering:
            while not self._stop.is_set() and self._deliver_once():
                pass

    def _run(self) -> None:
        while not self._stop.wait(_POLL_SECONDS):
            try:
                self.deliver()
            except Exception:  # a poll that fails is tried again; the thread must not die silently
                logger.exception("The stream %s could not be read", self._stream)

    def _deliver_once(self) -> bool:
        """Deliver up to one batch of each shard. Return whether there was any record."""
        any_record = False
        for shard in self._client.describe_stream(StreamArn=self._stream)["StreamDescription"]["Shards"]:
            records = self._read(shard["ShardId"])
            if records:
                any_record = True
                self._deliver_batch([_event_record(record, self._stream) for record in records])
                self._position[shard["ShardId"]] = records[-1]["dynamodb"]["SequenceNumber"]
        return any_record

    def _read(self, shard: str) -> Sequence[Mapping[str, Any]]:
        """Return the next records of a shard, by a fresh iterator: a used one may have expired."""
        after = self._position.get(shard)
        where = (
            {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
            if after
            else {"ShardIteratorType": "TRIM_HORIZON"}
        )
        iterator = self._client.get_shard_iterator(StreamArn=self._stream, ShardId=shard, **where)["ShardIterator"]
        records: Sequence[Mapping[str, Any]] = self._client.get_records(ShardIterator=iterator, Limit=self._source.batch_size)[
            "Records"
        ]
        return records

    def _deliver_batch(self, records: list[Record]) -> None:
        """Call the function until it has taken the records that pass the filters, or its retries are used up."""
        filters = self._source.filters
        batch = [record for record in records if not filters or any(matches(pattern, record) for pattern in filters)]
        attempts = 0
        while batch and not self._stop.is_set():
            batch = self._failed(batch)
            attempts += 1
            if batch and self._source.max_retries is not None and attempts > self._source.max_retries:
                bury(self._function.definition, self._source.dead_letters, _letter(batch, attempts, self._stream))
                return
            if batch:
                self._stop.wait(_RETRY_SECONDS)

    def _failed(self, batch: list[Record]) -> list[Record]:
        """Call the function with `batch`. Return what has to be tried again: from the first record on that it didn't take."""
        definition = self._function.definition
        measuring.batch_of_stream(definition, time.time() - batch[-1]["dynamodb"]["ApproximateCreationDateTime"])
        try:
            answer = self._function.invoke({"Records": batch})
        except Exception:  # whatever the function raises, Lambda tries again
            logger.exception("%s failed on records of its stream", definition.logical_id)
            return batch
        if not self._source.report_failures or not answer:
            return []
        # https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
        failures = {failure.get("itemIdentifier") for failure in answer.get("batchItemFailures") or ()}
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        if failures - set(numbers):
            return batch
        return batch[min(numbers.index(number) for number in failures) :] if failures else []


def _letter(batch: list[Record], attempts: int, stream: str) -> dict[str, Any]:
    """Return what Lambda tells of a batch that was given up: where it lies in the stream, not what is in it. With the keys of
    its records, since no stream here can be read at a place.

    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    """
    numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
    return {
        "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": attempts},
        "DDBStreamBatchInfo": {
            "startSequenceNumber": numbers[0],
            "endSequenceNumber": numbers[-1],
            "batchSize": len(batch),
            "streamArn": stream,
        },
        "keys": [record["dynamodb"]["Keys"] for record in batch],
    }


def _event_record(record: Mapping[str, Any], stream: str) -> Record:
    """Return a record of GetRecords as it stands in an event. https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html"""
    return {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": _as_json(record["dynamodb"]),
        "eventSourceARN": stream,
    }


def _as_json(value: Any) -> Any:
    """Return `value` with what JSON can't hold as Lambda writes it: binary in base64, times in seconds since the epoch."""
    if isinstance(value, Mapping):
        return {name: _as_json(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_as_json(member) for member in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    return value
