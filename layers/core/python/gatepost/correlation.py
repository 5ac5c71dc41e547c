"""One id through all that a request leaves: logs, lines of metrics, traces. Security events and mails have it from the caller.

It's the gateway's id of the request, never one that a client sends; where no gateway called, Lambda's or that of who asked.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from gatepost.aws import xray

# Of the task or thread: one environment serves one request at a time, but the local stack serves many.
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_make_plain_record = logging.getLogRecordFactory()


@dataclass
class Serving:
    """The request that is being served; whoever serves it says whether that was a failure of ours."""

    failed: bool = False


@contextmanager
def serving(request_id: str) -> Iterator[Serving]:
    """Let all that is logged inside the block, in this thread and in `storage.together`, say that it's of this request, and
    X-Ray find its trace by the id. It's forgotten afterwards, however the block ends.
    """
    before, served = _request_id.set(request_id), Serving()
    try:
        with xray.subsegment(request_id) as segment:
            try:
                yield served
            finally:
                segment.fault = segment.fault or served.failed
    finally:
        _request_id.reset(before)


def request_id() -> str | None:
    """Return the id of the request that is being served, None between requests."""
    return _request_id.get()


def mark_records() -> None:
    """Let every line that any logger of this process writes say of which request it is, libraries' included.

    So nobody gives `request_id` as an `extra`: the record has it, and `logging` raises `KeyError` for who would overwrite it.
    tests/contract/test_log_records.py holds our code and the libraries to that.
    """
    logging.setLogRecordFactory(_make_record)


def _make_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _make_plain_record(*args, **kwargs)
    if (current := _request_id.get()) is not None:
        record.request_id = current
    return record
