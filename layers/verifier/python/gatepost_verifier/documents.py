"""What an issuer publishes, kept in memory and fetched again when it's too old: one fetch at a time, waited for in bounds."""

import logging
import threading
import time
from collections.abc import Callable
from math import inf
from typing import Generic, NamedTuple, TypeVar

from gatepost_verifier.download import DOWNLOAD_ERRORS, Answer, document_url, download

_T = TypeVar("_T")
_logger = logging.getLogger(__name__)


class Copy(NamedTuple, Generic[_T]):
    """A document as it was at `fetched_at`, when its fetch began, on the clock of its `Document`."""

    value: _T
    fetched_at: float
    etag: str | None


class Document(Generic[_T]):
    """The newest copy of the document at `path` of `issuer`. Nothing is fetched before `begin` or `refresh`.

    `parse` makes of the bytes what is kept, and raises ValueError for what can't be used. `clock` gives seconds that never go
    back. May be used by several threads. Raises ValueError as `document_url` does.
    """

    def __init__(
        self, issuer: str, path: str, parse: Callable[[bytes], _T], *, max_bytes: int, clock: Callable[[], float]
    ) -> None:
        self._url = document_url(issuer, path)
        self._parse = parse
        self._max_bytes = max_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._tried_at = -inf
        # The last fetch, and when it began on the clock that waiting takes.
        self._fetch: tuple[threading.Thread, float] | None = None
        self._failing = False
        # Replaced as a whole, so that no thread sees half of it.
        self.copy: Copy[_T] | None = None
        self.first_tried_at = inf

    def age(self) -> float:
        """Seconds since the fetch of the copy began; infinite without one."""
        return inf if self.copy is None else self._clock() - self.copy.fetched_at

    def begin(self, cool_down: float) -> None:
        """Begin to fetch it, unless the last fetch began less than `cool_down` seconds ago or still goes on."""
        with self._lock:
            now = self._clock()
            if now - self._tried_at < cool_down or (self._fetch is not None and self._fetch[0].is_alive()):
                return
            self._tried_at = now
            self.first_tried_at = min(self.first_tried_at, now)
            # A thread, since a socket's timeout limits neither name resolution nor all of its steps together. What comes after
            # the wait is still taken.
            fetch = threading.Thread(target=self._run, args=(now,), name="gatepost-fetch", daemon=True)
            fetch.start()
            self._fetch = (fetch, time.monotonic())

    def refresh(self, cool_down: float, wait: float) -> None:
        """`begin`, and wait until it is fetched, until `wait` seconds after the fetch began at the most."""
        self.begin(cool_down)
        if self._fetch is not None:
            fetch, began = self._fetch
            fetch.join(max(began + wait - time.monotonic(), 0.0))

    def _run(self, now: float) -> None:
        known = self.copy
        try:
            answer = download(self._url, max_bytes=self._max_bytes, etag=known.etag if known else None)
            value = self._value(answer, known)
        except DOWNLOAD_ERRORS as error:
            # Once an outage: who has this often would otherwise drown in it.
            if not self._failing:
                fields = {"url": self._url, "problem": f"{type(error).__name__}: {error}"}
                _logger.warning("what the issuer publishes can't be fetched; the last copy goes on", extra=fields)
            self._failing = True
            return
        self.copy = Copy(value, now, answer.etag)
        if self._failing:
            _logger.info("what the issuer publishes can be fetched again", extra={"url": self._url})
        self._failing = False

    def _value(self, answer: Answer, known: Copy[_T] | None) -> _T:
        if answer.body is not None:
            return self._parse(answer.body)
        if known is None:
            raise ValueError("not modified, but there was nothing")
        return known.value
