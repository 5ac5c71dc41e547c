"""CloudWatch's metrics, in memory: what the functions emit, and what AWS would measure around them (`local.measuring`).

Of each metric the newest 10,000 values are kept, and nothing is rounded off as it ages.
"""

import json
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

_KEPT = 10_000


class Series(NamedTuple):
    """A metric with one value for each of its dimensions."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]


class Metrics:
    """All series of the embedded AWS. Any number of threads may record."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[Series, deque[tuple[float, float]]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def record(self, namespace: str, name: str, dimensions: Mapping[str, str], value: float, at: float | None = None) -> None:
        """Record a value, at a time in seconds since the epoch, now by default."""
        with self._lock:
            series = Series(namespace, name, frozenset(dimensions.items()))
            self._values[series].append((time.time() if at is None else at, value))

    def take(self, document: Mapping[str, Any]) -> None:
        """Record what a line of a log says in the embedded metric format.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
        """
        at = document["_aws"]["Timestamp"] / 1000
        for directive in document["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = {name: str(document[name]) for name in names}
                for metric in directive["Metrics"]:
                    given = document[metric["Name"]]
                    for value in given if isinstance(given, list) else [given]:
                        self.record(directive["Namespace"], metric["Name"], dimensions, value, at)

    def values(self, series: Series, start: float, end: float) -> list[float]:
        """Return the values of a series from `start` on and before `end`."""
        with self._lock:
            return [value for at, value in self._values.get(series, ()) if start <= at < end]

    def described(self) -> list[dict[str, Any]]:
        """Return what has moved, for people: each series with how many values it has, their sum, the least, the greatest and
        the newest.
        """
        with self._lock:
            found = [(series, [value for _, value in values]) for series, values in self._values.items()]
        return [
            {
                "namespace": series.namespace,
                "name": series.name,
                "dimensions": dict(sorted(series.dimensions)),
                "count": len(values),
                "sum": sum(values),
                "minimum": min(values),
                "maximum": max(values),
                "last": values[-1],
            }
            for series, values in sorted(found, key=lambda entry: (*entry[0][:2], sorted(entry[0].dimensions)))
        ]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()


METRICS = Metrics()
"""Those of this process, as moto's own backends are; cleared where an embedded AWS begins."""


class _WithoutMetrics:
    """Standard output, but for the lines from which CloudWatch would make metrics."""

    def __init__(self, out: Any) -> None:
        self._out = out

    def write(self, text: str) -> int:
        if not text.startswith('{"_aws":'):
            return int(self._out.write(text))
        METRICS.take(json.loads(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)


def take_from_standard_output() -> None:
    """From now on, take metrics out of what this process writes. Somebody may have put another stream there meanwhile, so it's
    called before each invocation.
    """
    if not isinstance(sys.stdout, _WithoutMetrics):
        sys.stdout = cast(Any, _WithoutMetrics(sys.stdout))
