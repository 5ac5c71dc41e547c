"""Metrics, alarms and dashboard are of one piece: what is watched or shown is something that is counted, by AWS or by us, and
docs/metrics.md says of each what it is.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest

from gatepost.telemetry import DIMENSION, NAMESPACE, Metric
from local.intrinsics import load_yaml
from tests.support import ROOT
from tools.alarm_table import PAGE, with_table

TEMPLATE = load_yaml(ROOT / "template.yaml")
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
RUNBOOKS = {"attack-on-sign-in", "bad-deploy", "data-request", "key-compromise", "mail-bounces", "restore", "throttling"}
LAMBDA = ("FunctionName", "Resource")
# Of AWS's own metrics those that are used, and their dimensions.
OF_AWS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "AWS/ApiGateway": dict.fromkeys(("4xx", "5xx", "Count", "Latency"), ("ApiId",)),
    "AWS/DynamoDB": dict.fromkeys(
        ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"), ("TableName",)
    ),
    "AWS/Lambda": {
        **dict.fromkeys(("Duration", "Errors", "IteratorAge", "Throttles"), LAMBDA),
        "ConcurrentExecutions": LAMBDA[:1],
    },
    "AWS/SES": dict.fromkeys(("Bounce", "Complaint", "Send"), ()),
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible": ("QueueName",)},
}


def names(type_: str) -> list[str]:
    """The logical ids of the resources of a type."""
    return [name for name, resource in RESOURCES.items() if resource["Type"] == type_]


FUNCTIONS, TABLES, QUEUES = (names(f"AWS::{of}") for of in ("Serverless::Function", "DynamoDB::Table", "SQS::Queue"))
ALARMS = names("AWS::CloudWatch::Alarm")
# What a dimension's value may be, as `Fn::Sub` has it.
VALUES: Mapping[str, set[str]] = {
    DIMENSION: {"${AWS::StackName}"},
    "ApiId": {"${HttpApi}"},
    "FunctionName": {f"${{{name}}}" for name in FUNCTIONS},
    "Resource": {f"${{{name}}}:live" for name in FUNCTIONS},
    "TableName": {f"${{{name}}}" for name in TABLES},
    "QueueName": {f"${{{name}.QueueName}}" for name in QUEUES},
}


def as_sub(value: Any) -> str:
    """A reference as it would stand in a text."""
    match value:
        case {"Ref": name} | {"Fn::Sub": str() as name}:
            return str(name) if "${" in name else f"${{{name}}}"
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"${{{resource}.{attribute}}}"
    raise AssertionError(value)


def check_exists(namespace: str, name: str, dimensions: Mapping[str, str]) -> None:
    """Fail unless somebody counts a metric with these dimensions."""
    if namespace == NAMESPACE:
        assert name in set(Metric)
        assert set(dimensions) == {DIMENSION}
    else:
        assert tuple(dimensions) == OF_AWS[namespace][name], name
    for dimension, value in dimensions.items():
        assert value in VALUES[dimension], f"{name}: {value}"
    if "Resource" in dimensions:
        assert dimensions["Resource"] == f"{dimensions['FunctionName']}:live"


def rows(head: str) -> list[list[str]]:
    """The rows of the table in docs/metrics.md with this head, cell by cell."""
    table = PAGE.read_text("utf-8").partition(f"{head}\n")[2].partition("\n\n")[0]
    return [[cell.strip().strip("`") for cell in row.strip("|").split(" | ")] for row in table.splitlines()[1:]]


# ------------------------------------------------------------------------------------------------ what is counted


def test_the_page_has_each_metric_with_its_unit() -> None:
    assert {name: unit for name, unit, _ in rows("| metric | unit | counts |")} == {
        str(metric): metric.unit for metric in Metric
    }


def test_the_page_has_the_alarms_as_they_are() -> None:
    """Where it doesn't: `.venv/bin/python tools/alarm_table.py`, with PYTHONPATH as the Makefile has it."""
    page = PAGE.read_text("utf-8")
    assert page == with_table(page)
    assert [row[0] for row in rows("| alarm | is raised when | because | runbook |")] == ALARMS


def test_every_function_is_told_by_which_name_its_metrics_are_told_apart() -> None:
    assert TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["GATEPOST_DEPLOYMENT"] == {"Ref": "AWS::StackName"}


# ------------------------------------------------------------------------------------------------ alarms


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_watches_what_is_counted_and_tells_what_to_do(alarm: str) -> None:
    properties = RESOURCES[alarm]["Properties"]
    dimensions = {each["Name"]: as_sub(each["Value"]) for each in properties["Dimensions"]}
    check_exists(properties["Namespace"], properties["MetricName"], dimensions)
    runbook = re.search(r"[.] docs/runbooks/([a-z-]+)[.]md$", properties["AlarmDescription"])
    assert runbook is not None
    assert runbook[1] in RUNBOOKS
    assert RESOURCES[alarm]["Condition"] == "HasAlarms"
    assert properties["AlarmActions"] == properties["OKActions"] == [{"Ref": "AlarmTopic"}]
    # What CloudWatch can't tell is told, too.
    assert ("InsufficientDataActions" in properties) == (properties["TreatMissingData"] == "missing")


def test_every_function_that_has_traffic_has_an_alarm_for_errors_and_one_for_throttles() -> None:
    for name in set(FUNCTIONS) - {"SetupFunction"}:
        assert {f"{name.removesuffix('Function')}{what}" for what in ("Errors", "Throttles")} <= set(ALARMS)


# ------------------------------------------------------------------------------------------------ the dashboard

BODY: str = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
DASHBOARD = json.loads(BODY)
WIDGETS: list[dict[str, Any]] = DASHBOARD["widgets"]


def shown() -> Iterator[tuple[str, str, dict[str, str]]]:
    """The metrics of all widgets: namespace, name, dimensions."""
    for widget in WIDGETS:
        for metric in widget["properties"].get("metrics", ()):
            words = [word for word in metric if isinstance(word, str)]
            if words:
                namespace, name, *dimensions = words
                yield namespace, name, dict(zip(dimensions[::2], dimensions[1::2], strict=True))


def test_the_dashboard_shows_what_is_counted() -> None:
    for namespace, name, dimensions in shown():
        check_exists(namespace, name, dimensions)


def test_the_dashboard_leaves_out_no_metric_of_ours_and_no_alarm() -> None:
    assert {name for namespace, name, _ in shown() if namespace == NAMESPACE} == set(Metric)
    (alarms,) = [widget["properties"]["alarms"] for widget in WIDGETS if widget["type"] == "alarm"]
    assert alarms == [f"${{{alarm}.Arn}}" for alarm in ALARMS]


def test_the_dashboard_leaves_out_no_function_table_or_queue() -> None:
    for name in ("Errors", "Throttles", "ConcurrentExecutions"):
        assert {each["FunctionName"] for _, metric, each in shown() if metric == name} == VALUES["FunctionName"]
    for name in ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"):
        assert {each["TableName"] for _, metric, each in shown() if metric == name} == VALUES["TableName"]
    assert {each["QueueName"] for _, _, each in shown() if "QueueName" in each} == VALUES["QueueName"]


def test_the_dashboard_names_nothing_that_the_template_does_not_have() -> None:
    named = {name.partition(".")[0] for name in re.findall(r"\$\{([^}]+)\}", BODY)}
    assert named <= RESOURCES.keys() | {"AWS::Region", "AWS::StackName"}


def test_latency_and_durations_are_shown_as_three_percentiles() -> None:
    for name in ("Latency", "Duration"):
        (widget,) = [each["properties"] for each in WIDGETS if name in json.dumps(each["properties"].get("metrics", ""))]
        assert {metric[-1]["stat"] for metric in widget["metrics"]} == {"p50", "p95", "p99"}


def test_no_widget_covers_another() -> None:
    cells = [
        (x, y)
        for widget in WIDGETS
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert all(0 <= x < 24 for x, _ in cells)
    assert all(one["y"] <= other["y"] for one, other in pairwise(WIDGETS))


def test_an_id_that_is_typed_in_finds_its_request_in_every_functions_log() -> None:
    """A dashboard's variable replaces its text wherever it stands."""
    (variable,) = DASHBOARD["variables"]
    (log,) = [widget["properties"]["query"] for widget in WIDGETS if widget["type"] == "log"]
    assert f"filter request_id = '{variable['pattern']}'" in log
    assert set(re.findall(r"SOURCE '/aws/lambda/(.*?)'", log)) == VALUES["FunctionName"]
