"""The results of authorizers, kept by identity as long as the authorizer's time to live says."""

import threading
from collections.abc import Callable

from local.authorizers.answers import Answer
from local.model import Authorizer

_KEPT = 10_000


class Results:
    """Keeps answers of authorizers, denials too, but no failures. May be used by several threads.

    Without identity sources or with a time to live of 0 nothing is kept.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answers: dict[tuple[str, ...], tuple[float, Answer]] = {}
        self._lock = threading.Lock()

    def kept(self, authorizer: Authorizer, identity: tuple[str, ...]) -> Answer | None:
        """Return what `authorizer` said for `identity`, if it's kept and hasn't expired."""
        with self._lock:
            until, answer = self._answers.get((authorizer.name, *identity), (0.0, None))
        return answer if self._clock() < until else None

    def keep(self, authorizer: Authorizer, identity: tuple[str, ...], answer: Answer) -> None:
        """Keep `answer` from now on."""
        if not authorizer.ttl or not identity:
            return
        with self._lock:
            if len(self._answers) >= _KEPT:
                self._answers.clear()
            self._answers[authorizer.name, *identity] = (self._clock() + authorizer.ttl, answer)
