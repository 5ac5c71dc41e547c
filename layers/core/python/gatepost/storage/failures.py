"""What DynamoDB's refusals mean, and when to try again."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from gatepost import telemetry
from gatepost.errors import Unavailable
from gatepost.storage.writes import Item, from_dynamodb
from gatepost.telemetry import Metric

# botocore retries neither a conflict between transactions nor one between a write and a transaction; we do, this often.
CONFLICT_TRIES = 4
_PAUSE = 0.05  # seconds, doubled at each try, with full jitter

# Of a call, and of a write in a cancelled transaction: there was too much at once, for the table or for the account.
_THROTTLED = {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}
_WRITE_THROTTLED = {"ThrottlingError", "ProvisionedThroughputExceeded"}
# Of a cancelled transaction: another was at the same item, or there was too much at once.
_PASSING = {"TransactionConflict", *_WRITE_THROTTLED}

_T = TypeVar("_T")


class ConditionFailed(Exception):
    """A condition did not hold. `items` has what stood there instead, by the position of the write; None where nothing
    stood.
    """

    def __init__(self, items: dict[int, Item | None]) -> None:
        super().__init__(f"the condition of write {sorted(items)} did not hold")
        self.items = items


class _Conflict(Exception):
    """Another transaction was at the same item, or this one was `throttled`: it may go through a moment later."""

    def __init__(self, *, throttled: bool = False) -> None:
        super().__init__()
        self.throttled = throttled


@contextmanager
def translated() -> Iterator[None]:
    """Raise `ConditionFailed` or `Unavailable` for what botocore raises inside the block; a call that was wrong stays
    as it is.
    """
    try:
        with _meanings():
            yield
    except _Conflict as exc:
        raise (given_up_throttled() if exc.throttled else Unavailable()) from exc


def given_up_throttled() -> Unavailable:
    """Return the failure of a call that DynamoDB had no capacity for, again and again, having counted it."""
    telemetry.count(Metric.STORAGE_THROTTLED)
    return Unavailable()


def retrying_conflicts(call: Callable[[], _T]) -> _T:
    """Make `call`, again after a jittered pause while it meets a conflict, at most `CONFLICT_TRIES` times; raise what
    `translated` does.
    """
    for attempt in range(CONFLICT_TRIES - 1):
        try:
            with _meanings():
                return call()
        except _Conflict:
            pause(attempt)
    with translated():
        return call()


@contextmanager
def _meanings() -> Iterator[None]:
    try:
        yield
    except ClientError as exc:
        if exc.response["Error"].get("Code") == "ValidationException":
            raise
        raise _meaning(exc) from exc
    except BotoCoreError as exc:
        raise Unavailable from exc


def pause(attempt: int) -> None:
    """Sleep before the try after number `attempt`, counted from 0."""
    time.sleep(random.uniform(0, _PAUSE * 2**attempt))  # noqa: S311 (jitter is no secret)


def _meaning(exc: ClientError) -> Exception:
    answer: Mapping[str, Any] = exc.response
    match answer["Error"].get("Code"):
        case "ConditionalCheckFailedException":
            return ConditionFailed({0: from_dynamodb(answer["Item"]) if "Item" in answer else None})
        case "TransactionConflictException" | "TransactionInProgressException":
            return _Conflict()
        case "TransactionCanceledException":
            return _cancellation(answer.get("CancellationReasons", []))
        case code if code in _THROTTLED:
            return given_up_throttled()
        case _:
            return Unavailable()


def _cancellation(reasons: Sequence[Mapping[str, Any]]) -> Exception:
    """A conflict or a throttled item says nothing about the conditions; only where all else is fine has one failed."""
    codes = [reason.get("Code", "None") for reason in reasons]
    if not _PASSING.isdisjoint(codes):
        return _Conflict(throttled=not _WRITE_THROTTLED.isdisjoint(codes))
    if set(codes) == {"ConditionalCheckFailed"} or set(codes) == {"ConditionalCheckFailed", "None"}:
        failed = [(place, reason) for place, reason in enumerate(reasons) if reason.get("Code") == "ConditionalCheckFailed"]
        return ConditionFailed({place: from_dynamodb(reason["Item"]) if "Item" in reason else None for place, reason in failed})
    return Unavailable()
