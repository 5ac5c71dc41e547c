"""How fast users are written."""

import time


class Pace:
    """Lets pass so many users a second, or all of them."""

    def __init__(self, rate: int | None) -> None:
        self._rate = rate
        self._free_at = time.monotonic()

    def wait(self, users: int) -> None:
        """Wait until so many may pass."""
        if self._rate is not None:
            time.sleep(max(0.0, self._free_at - time.monotonic()))
            self._free_at = max(self._free_at, time.monotonic()) + users / self._rate
