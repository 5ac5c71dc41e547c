"""What a request costs at DynamoDB: how many calls, how many of them one after the other, and the capacity they consume."""

import math
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from gatepost.storage import table
from tests.calls import Call, item_size, recorded

_READS = {"GetItem", "BatchGetItem", "Query"}


@dataclass
class Cost:
    """The calls of a request to DynamoDB; `spans` has the moment each began and the moment it ended, on one count."""

    calls: list[Call] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    # What `tests.calls` does not count: reads of queries and writes of batches.
    queried: float = 0
    batched: float = 0

    @property
    def sequential(self) -> int:
        """How many calls came one after the other: the longest chain of which none began before the last had ended."""
        number, ended = 0, -1
        for start, end in sorted(self.spans, key=lambda span: span[1]):
            if start > ended:
                number, ended = number + 1, end
        return number

    @property
    def reads(self) -> float:
        """Read capacity units of 4 KB, strongly consistent."""
        return self.queried + sum(call.units for call in self._dynamodb() if call.operation in _READS)

    @property
    def writes(self) -> float:
        """Write capacity units of 1 KB; a transaction's count double."""
        return self.batched + sum(call.units for call in self._dynamodb() if call.operation not in _READS)

    @property
    def names(self) -> str:
        """The operations, most frequent first."""
        found = [call.operation for call in self._dynamodb()]
        return ", ".join(
            f"{found.count(name)} {name}" for name in sorted(set(found), key=lambda name: (-found.count(name), name))
        )

    def _dynamodb(self) -> list[Call]:
        return [call for call in self.calls if {"TableName", "RequestItems", "TransactItems"} & call.parameters.keys()]


class _Rounds:
    """Lets calls through in rounds: a call waits until nothing in the process can begin another one before it has ended.

    So calls that can overlap do, whatever the scheduling of the threads, and those that must wait for an answer don't.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 1  # the thread of the request
        self._held = 0
        self._round = 0

    def begin(self) -> None:
        """A call is on its way: hold it until its round begins."""
        with self._changed:
            mine = self._round
            self._held += 1
            self._stop_running()
            if not self._changed.wait_for(lambda: self._round > mine, timeout=30):
                raise TimeoutError("a thread of the request neither calls nor waits")

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """The thread waits for others inside the block."""
        with self._changed:
            self._stop_running()
        yield
        with self._changed:
            self._running += 1

    def starting(self, call: Callable[[], Any]) -> Callable[[], Any]:
        """Return `call` as one that another thread will make."""
        with self._changed:
            self._running += 1

        def watched() -> Any:
            try:
                return call()
            finally:
                with self._changed:
                    self._stop_running()

        return watched

    def _stop_running(self) -> None:
        self._running -= 1
        if self._running == 0 and self._held:
            self._running, self._held, self._round = self._held, 0, self._round + 1
            self._changed.notify_all()


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure the one request that is made inside the block."""
    cost, rounds, moments = Cost(), _Rounds(), count()
    submit: Callable[..., Future[Any]] = ThreadPoolExecutor.submit

    def submitted(pool: ThreadPoolExecutor, call: Callable[..., Any], *args: Any) -> Future[Any]:
        return submit(pool, rounds.starting(lambda: call(*args)))

    def waited(futures: Any) -> Any:
        with rounds.waiting():
            return wait(futures)

    with recorded() as cost.calls:
        call_aws = BaseClient._make_api_call  # type: ignore[attr-defined]

        def make_api_call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            if client.meta.service_model.service_name != "dynamodb":
                return call_aws(client, operation, parameters)
            start = next(moments)
            rounds.begin()
            try:
                answer = call_aws(client, operation, parameters)
            finally:
                cost.spans.append((start, next(moments)))
            cost.queried += _query_units(operation, answer)
            cost.batched += sum(
                len(requests) for requests in parameters.get("RequestItems", {}).values() if _is_batch(operation)
            )
            return answer

        with (
            patch.object(BaseClient, "_make_api_call", make_api_call),
            patch.object(ThreadPoolExecutor, "submit", submitted),
            patch.object(table, "wait", waited),
        ):
            yield cost


def _is_batch(operation: str) -> bool:
    """Its items are all smaller than 1 KB here."""
    return operation == "BatchWriteItem"


def _query_units(operation: str, answer: Mapping[str, Any]) -> float:
    if operation != "Query":
        return 0
    return max(1, math.ceil(sum(item_size(item) for item in answer["Items"]) / 4096))
