"""Sparing those who wait, and a service that is down, further calls to it."""

from threading import Lock

from gatepost import clock


class CircuitBreaker:
    """Lets calls through until `threshold` of them in a row have failed; then none for `pause` seconds, and after that one at
    a time, until one succeeds.
    """

    def __init__(self, threshold: int, pause: int) -> None:
        self._threshold = threshold
        self._pause = pause
        self._lock = Lock()
        self._failures = 0
        self._tried_at = 0

    def lets_through(self) -> bool:
        """Return whether a call may be made now. Whoever is told so tells how it went: `succeeded` or `failed`."""
        with self._lock:
            # A clock that was set back doesn't make the pause longer.
            if self._failures >= self._threshold and 0 <= clock.now() - self._tried_at < self._pause:
                return False
            self._tried_at = clock.now()
            return True

    def succeeded(self) -> None:
        """A call went well."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """A call went wrong."""
        with self._lock:
            self._failures += 1
            self._tried_at = clock.now()
