"""AWS misbehaving on purpose: what each call of the service to AWS is, and what becomes of it.

It stands where the requests leave the SDK, so that the SDK's own retries run as they do in production.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.retries.quota import RetryQuota
from moto.core.botocore_stubber import BotocoreStubber

Answer = Any


@dataclass(frozen=True)
class Send:
    """A request on its way: called, it goes there and brings the answer back. `body` is what it asks."""

    body: dict[str, Any]
    go: Callable[[], Answer]

    def __call__(self) -> Answer:
        return self.go()


Fault = Callable[[Send], Answer]


@dataclass(frozen=True)
class Attempt:
    """One HTTP request to AWS. All tries of the SDK for one call have its `call`; `what` says what it was for."""

    what: str
    call: str

    @property
    def operation(self) -> str:
        """The name of the operation, such as `UpdateItem`."""
        return self.what.partition(" ")[0]


def _attempt(request: AWSPreparedRequest, body: dict[str, Any]) -> Attempt:
    # Of the services that have no such header, SES and Lambda, only one has a path that ends so.
    other = "Invoke" if request.url.endswith("/invocations") else "None"
    words = [_text(request.headers.get("X-Amz-Target", other)).rpartition(".")[2]]
    if item := body.get("Key") or body.get("Item"):
        kind, _, rest = item["pk"]["S"].partition("#")
        words.append(f"{kind}#{rest.partition('#')[0]}" if kind == "LIMIT" else kind)
    if expression := body.get("UpdateExpression"):
        words.append(expression.split()[0])
    return Attempt(" ".join(words), _text(request.headers["amz-sdk-invocation-id"]))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@contextmanager
def faults(decide: Callable[[Attempt], Fault | None] = lambda _: None) -> Iterator[list[Attempt]]:
    """Ask `decide` for a fault at each request to AWS inside the block; yield the attempts in the order they came.

    No time passes between tries, and the SDK's budget of retries is without bound, so that no test eats up another's.
    """
    attempts: list[Attempt] = []
    lock = threading.Lock()
    process_request: Callable[..., Answer] = BotocoreStubber.process_request

    def with_faults(self: BotocoreStubber, request: AWSPreparedRequest) -> Answer:
        body: dict[str, Any] = json.loads(_text(request.body))
        attempt = _attempt(request, body)
        with lock:
            attempts.append(attempt)
            fault = decide(attempt)
        if fault is None:
            return process_request(self, request)
        return fault(Send(body, lambda: process_request(self, request)))

    with (
        patch.object(BotocoreStubber, "process_request", with_faults),
        patch.object(RetryQuota, "acquire", lambda *_: True),
        patch.object(time, "sleep", lambda _: None),
    ):
        yield attempts


def always(what: str, fault: Fault) -> Callable[[Attempt], Fault | None]:
    """The fault at every attempt of this kind (its `what`, or its operation alone)."""
    return lambda attempt: fault if what in (attempt.what, attempt.operation) else None


def times(number: int, what: str, fault: Fault) -> Callable[[Attempt], Fault | None]:
    """The fault at the first `number` attempts of this kind."""
    left = [fault] * number

    def decide(attempt: Attempt) -> Fault | None:
        return left.pop() if left and what in (attempt.what, attempt.operation) else None

    return decide


def error(code: str, status: int = 400, **members: Any) -> Fault:
    """AWS refuses with this error."""
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "injected", **members})
    return lambda _: (status, {"content-type": "application/x-amz-json-1.0"}, body.encode())


def cancelled(*reasons: str) -> Fault:
    """The transaction is cancelled; one reason for each of its writes."""
    return error("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in reasons])


def nothing_processed(send: Send) -> Answer:
    """A batch comes back undone (R-14)."""
    member = "UnprocessedKeys" if "Keys" in next(iter(send.body["RequestItems"].values())) else "UnprocessedItems"
    answer = {"Responses": {}, member: send.body["RequestItems"]}
    return 200, {"content-type": "application/x-amz-json-1.0"}, json.dumps(answer).encode()


def together(number: int) -> Fault:
    """The call waits until so many are on their way at once, and goes on then."""
    barrier = threading.Barrier(number, timeout=10)

    def fault(send: Send) -> Answer:
        barrier.wait()
        return send()

    return fault


def lost_answer(send: Send) -> Answer:
    """The call is done, and its answer is lost on the way (CASES F3)."""
    send()
    raise ReadTimeoutError(endpoint_url="https://dynamodb")


def no_connection(send: Send) -> Answer:
    """The call never gets there."""
    raise EndpointConnectionError(endpoint_url="https://dynamodb")


def calls(attempts: Sequence[Attempt]) -> list[str]:
    """Return what each call was for, once however often the SDK tried."""
    return list({attempt.call: attempt.what for attempt in attempts}.values())


throttled = error("ThrottlingException")
out_of_capacity = error("ProvisionedThroughputExceededException")
request_limit = error("RequestLimitExceeded")
broken = error("InternalServerError", 500)
conflict = error("TransactionConflictException")
