"""The state of an alarm by what was recorded, as CloudWatch would tell it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from dataclasses import replace
from pathlib import Path

import pytest

from local.alarms import Alarm, State, read_alarms
from local.errors import StackError
from local.metrics import Metrics, Series
from local.resources import Resources

SERIES = Series("Shop", "Orders", frozenset({("shop", "one")}))
ALARM = Alarm("TooMany", "", SERIES, "Sum", 60, 1, 1, "GreaterThanOrEqualToThreshold", 3.0, "notBreaching")
NOW = 600.0  # the end of a minute, which is the start of the next


def state(alarm: Alarm, *minutes: tuple[float, ...]) -> State:
    """The state after these values in each of the last minutes, of which the newest is under way."""
    metrics = Metrics()
    for back, values in enumerate(reversed(minutes)):
        for value in values:
            metrics.record("Shop", "Orders", {"shop": "one"}, value, NOW - 60 * back + 1)
            metrics.record("Shop", "Orders", {"shop": "two"}, 99, NOW - 60 * back + 1)
    return alarm.state(metrics, NOW + 30)


def test_values_of_one_period_count_together_and_those_of_another_dont() -> None:
    assert state(ALARM, (1, 1, 1)) == "ALARM"
    assert state(ALARM, (1, 1)) == "OK"
    assert state(ALARM, (9,), ()) == "OK"
    assert state(ALARM) == "OK"


@pytest.mark.parametrize(
    ("statistic", "values", "value"),
    [
        ("Maximum", (1, 5, 2), 5),
        ("Minimum", (4, 5), 4),
        ("Average", (1, 3), 2),
        ("SampleCount", (9, 9), 2),
        ("p50", (3, 1, 2, 9), 2),
        ("p99", tuple(range(1, 101)), 99),
        ("p99.9", (1, 2), 2),
    ],
)
def test_statistics(statistic: str, values: tuple[float, ...], value: float) -> None:
    exactly = replace(ALARM, statistic=statistic, threshold=value)
    assert state(exactly, values) == "ALARM"
    assert state(replace(exactly, comparison="GreaterThanThreshold"), values) == "OK"
    assert state(replace(exactly, comparison="LessThanOrEqualToThreshold"), values) == "ALARM"
    assert state(replace(exactly, comparison="LessThanThreshold"), values) == "OK"


def test_so_many_periods_of_the_last_must_breach() -> None:
    thrice = replace(ALARM, periods=3, needed=3)
    assert state(thrice, (3,), (3,), (3,)) == "ALARM"
    assert state(thrice, (3,), (1,), (3,), (3,)) == "OK"
    assert state(thrice, (3,), (), (3,)) == "OK"
    assert state(replace(thrice, needed=2), (3,), (), (3,)) == "ALARM"


def test_missing_data_is_fine_or_bad_or_no_answer() -> None:
    assert state(replace(ALARM, missing="breaching")) == "ALARM"
    assert state(replace(ALARM, missing="breaching"), (1,)) == "OK"
    silent = replace(ALARM, missing="missing")
    assert state(silent) == "INSUFFICIENT_DATA"
    assert state(silent, (3,), (), ()) == "ALARM"
    assert state(silent, (1,), (), ()) == "OK"
    assert state(silent, (3,), (), (), ()) == "INSUFFICIENT_DATA"


_TEMPLATE = """
Parameters: { Most: { Type: Number, Default: 3 } }
Resources:
  TooMany:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: Shop
      MetricName: Orders
      Dimensions: [{ Name: shop, Value: !Ref AWS::StackName }]
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: !Ref Most
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
"""


def _read(folder: Path, template: str) -> tuple[Alarm, ...]:
    (path := folder / "template.yaml").write_text(template, "utf-8")
    return read_alarms(Resources(path, "one", {}))


def test_an_alarm_is_read_from_the_template(tmp_path: Path) -> None:
    assert _read(tmp_path, _TEMPLATE) == (ALARM,)


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("MetricName: Orders", "Metrics: []"),
        ("Statistic: Sum", "ExtendedStatistic: tm90"),
        ("GreaterThanOrEqualToThreshold", "GreaterThanUpperThreshold"),
        ("notBreaching", "ignore"),
    ],
)
def test_an_alarm_that_can_not_be_told_here_is_refused(tmp_path: Path, written: str, other: str) -> None:
    with pytest.raises(StackError):
        _read(tmp_path, _TEMPLATE.replace(written, other))
