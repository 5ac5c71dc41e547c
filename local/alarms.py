"""The alarms of a template: what CloudWatch would say of them by the metrics that were recorded here.

Left out: metric math, composite alarms, actions, and treating missing data as `ignore`. The period under way counts
as well, so that nobody waits for its end; where missing data is no answer (`missing`), CloudWatch looks back by a few periods
more, and here by two. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import math
import operator
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from local.errors import StackError
from local.metrics import Metrics, Series
from local.resources import Resource, Resources

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Average": lambda values: sum(values) / len(values),
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
    "Sum": sum,
}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanOrEqualToThreshold": operator.le,
    "LessThanThreshold": operator.lt,
}
_MISSING = ("missing", "breaching", "notBreaching")
_LOOK_BACK = 2


@dataclass(frozen=True)
class Alarm:
    """An alarm: of the last `periods`, each of `period` seconds, so many must compare to the threshold that `needed` says."""

    logical_id: str
    description: str
    series: Series
    statistic: str
    period: int
    periods: int
    needed: int
    comparison: str
    threshold: float
    missing: str

    def state(self, metrics: Metrics, now: float) -> State:
        """Return the state by what was recorded up to `now`, in seconds since the epoch."""
        looks_back = self.periods + (_LOOK_BACK if self.missing == "missing" else 0)
        end = math.floor(now / self.period + 1) * self.period
        newest_first = [self._breaches(metrics, end - (back + 1) * self.period) for back in range(looks_back)]
        known = [breaches for breaches in newest_first if breaches is not None][: self.periods]
        if self.missing == "missing":
            if not known:
                return "INSUFFICIENT_DATA"
        else:
            known += [self.missing == "breaching"] * (self.periods - len(known))
        return "ALARM" if sum(known) >= self.needed else "OK"

    def _breaches(self, metrics: Metrics, start: float) -> bool | None:
        """Return whether the period from `start` on is over the threshold, None if nothing was recorded in it."""
        values = metrics.values(self.series, start, start + self.period)
        return _COMPARISONS[self.comparison](_statistic(self.statistic)(values), self.threshold) if values else None


def read_alarms(resources: Resources) -> tuple[Alarm, ...]:
    """Return the alarms of a template.

    Raises:
        StackError: for one that can't be told here.
    """
    return tuple(_read(resources, resource) for resource in resources.of_type("AWS::CloudWatch::Alarm"))


def _read(resources: Resources, resource: Resource) -> Alarm:
    def value(name: str, default: Any = None) -> Any:
        given = resources.value(resource, name, default)
        if given is None:
            raise StackError(f"Resource {resource.logical_id}: the local stack knows no alarm without {name}.")
        return given

    dimensions = {dimension["Name"]: str(dimension["Value"]) for dimension in value("Dimensions", [])}
    alarm = Alarm(
        logical_id=resource.logical_id,
        description=str(value("AlarmDescription", "")),
        series=Series(value("Namespace"), value("MetricName"), frozenset(dimensions.items())),
        statistic=str(resources.value(resource, "Statistic") or value("ExtendedStatistic")),
        period=int(value("Period")),
        periods=int(value("EvaluationPeriods")),
        needed=int(value("DatapointsToAlarm", value("EvaluationPeriods"))),
        comparison=str(value("ComparisonOperator")),
        threshold=float(value("Threshold")),
        missing=str(value("TreatMissingData", "missing")),
    )
    if alarm.comparison not in _COMPARISONS or alarm.missing not in _MISSING:
        raise StackError(f"Resource {resource.logical_id}: the local stack can't tell {alarm.comparison} or {alarm.missing}.")
    _statistic(alarm.statistic)
    return alarm


def described(alarms: Sequence[Alarm], metrics: Metrics) -> list[dict[str, Any]]:
    """Return the state of each alarm now, for people."""
    now = time.time()
    return [
        {
            "name": alarm.logical_id,
            "state": alarm.state(metrics, now),
            "description": alarm.description,
            "namespace": alarm.series.namespace,
            "metric": alarm.series.name,
            "dimensions": dict(sorted(alarm.series.dimensions)),
            "statistic": alarm.statistic,
            "period": alarm.period,
            "threshold": alarm.threshold,
        }
        for alarm in alarms
    ]


def _statistic(name: str) -> Callable[[Sequence[float]], float]:
    """Return the function of a statistic, for a percentile such as `p99` too. Raises `StackError` for any other."""
    if name in _STATISTICS:
        return _STATISTICS[name]
    if name.startswith("p") and name[1:].replace(".", "", 1).isdecimal():
        return lambda values: sorted(values)[math.ceil(float(name[1:]) / 100 * len(values)) - 1]
    raise StackError(f"The local stack doesn't know the statistic {name}.")
