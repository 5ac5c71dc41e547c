"""The wire between the functions and DynamoDB, where tests hold requests, answer them, or lose their answers.

So that a race is certain and not likely: every request is at one point before the first goes on.
"""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session
from botocore.session import Session

_PATIENCE = 30  # seconds; only a test that fails waits this long


@dataclass(frozen=True)
class Call:
    """A kind of request: an operation of DynamoDB whose body holds `text`."""

    operation: str
    text: bytes = b""


TRANSACTION = Call("TransactWriteItems")
ROTATION = Call("UpdateItem", b"sealed_successor")
READING_USER = Call("BatchGetItem", b"PROFILE")
WRITING_USER = Call("UpdateItem", b"PROFILE")
GUESS_OF_ACCOUNT = Call("UpdateItem", b"LIMIT#account#")
COUNT_OF_MAILS = Call("UpdateItem", b"LIMIT#address_mail#")
WRITING_RING = Call("PutItem", b"RING#")
ASKING_FOR_ROTATION = REMOVING_KEY = Call("TransactWriteItems", b"RING#")

# Returns the answer, or None to let the request go on; may raise what the SDK would.
Hook = Callable[[AWSPreparedRequest], AWSResponse | None]


class Wire:
    """All that clients send to DynamoDB passes here, if they were made while it was laid."""

    def __init__(self) -> None:
        self._hooks: list[tuple[Call, Hook]] = []
        self._session = URLLib3Session()

    @contextmanager
    def laid(self) -> Iterator[None]:
        """Pass by here what clients send that are made inside the block."""
        create_client: Callable[..., BaseClient] = Session.create_client

        def create(session: Session, *args: Any, **options: Any) -> BaseClient:
            client = create_client(session, *args, **options)
            # The stub knows no hook that answers.
            client.meta.events.register("before-send.dynamodb", self._before_send)  # type: ignore[arg-type]
            return client

        with patch.object(Session, "create_client", create):
            yield

    def _before_send(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse | None:
        operation = event_name.rpartition(".")[2]
        for call, hook in tuple(self._hooks):
            if call.operation == operation and isinstance(request.body, bytes) and call.text in request.body:
                return hook(request)
        return None

    @contextmanager
    def _hooked(self, hook: Hook, *calls: Call) -> Iterator[None]:
        hooks = [(call, hook) for call in calls]
        self._hooks += hooks
        try:
            yield
        finally:
            self._hooks = [entry for entry in self._hooks if entry not in hooks]

    @contextmanager
    def meeting(self, parties: int, *calls: Call) -> Iterator[None]:
        """Hold the first `parties` requests of these kinds until all of them are here."""
        barrier, first = threading.Barrier(parties, timeout=_PATIENCE), _First(parties)

        def meet(_: AWSPreparedRequest) -> None:
            if first():
                barrier.wait()

        with self._hooked(meet, *calls):
            yield
        assert first.exhausted, f"not {parties} requests have met"

    @contextmanager
    def in_the_midst(self, call: Call, meanwhile: Callable[[], Any], *, answered: bool = False) -> Iterator[None]:
        """Do `meanwhile` from start to end just before the first such request is sent; or, if `answered`, after DynamoDB has
        answered it and before the function gets the answer.
        """
        first = _First(1)

        def interrupt(request: AWSPreparedRequest) -> AWSResponse | None:
            if not first():
                return None
            answer = self._session.send(request) if answered else None
            with ThreadPoolExecutor(1) as other:  # the event loop of this thread is in use
                other.submit(meanwhile).result(_PATIENCE)
            return answer

        with self._hooked(interrupt, call):
            yield
        assert first.exhausted, f"no {call} was sent"

    @contextmanager
    def losing_answers(self, call: Call, times: int) -> Iterator[None]:
        """Let such requests reach DynamoDB, and lose the first `times` answers on the way back."""
        first = _First(times)

        def lose(request: AWSPreparedRequest) -> None:
            if first():
                self._session.send(request)
                raise ReadTimeoutError(endpoint_url=request.url)

        with self._hooked(lose, call):
            yield
        assert first.exhausted, f"not {times} answers were lost"

    @contextmanager
    def refusing(self, call: Call, error: str, times: int, **more: Any) -> Iterator[None]:
        """Answer the first `times` such requests with `error` in DynamoDB's place. There must have been as many."""
        first = _First(times)
        body = {"__type": f"com.amazonaws.dynamodb.v20120810#{error}", "message": error} | more

        def refuse(request: AWSPreparedRequest) -> AWSResponse | None:
            return AWSResponse(request.url, 400, HTTPHeaders(), _Raw(json.dumps(body).encode())) if first() else None

        with self._hooked(refuse, call):
            yield
        assert first.exhausted, f"not {times} requests were refused"


class _First:
    """Says True to the first `count` calls."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._lock = threading.Lock()

    def __call__(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0

    @property
    def exhausted(self) -> bool:
        """Whether there were as many calls."""
        return self._left <= 0


class _Raw(BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()
