"""What is measured of functions, and what becomes of what they give up."""

import json
import sys
import threading
from pathlib import Path
from typing import Any

import boto3
import pytest

from local import measuring, unattended
from local.dead_letters import create_queue
from local.functions import LambdaFunction
from local.invocations import make_invocable
from local.mailbox import Mailbox
from local.measuring import Throttled
from local.metrics import METRICS, Series
from local.model import Function
from tests.emf import Counted

_CODE = """
import json, sys, threading
busy, done = threading.Event(), threading.Event()

def handler(event, context):
    if event == "print":
        print("a line")
        document = {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [
            {"Namespace": "Shop", "Dimensions": [["shop"]], "Metrics": [{"Name": "Orders", "Unit": "Count"}]}]},
            "shop": "one", "Orders": [1, 2]}
        sys.stdout.write(json.dumps(document) + "\\n")
    if event == "fail":
        raise RuntimeError(event)
    if event == "wait":
        busy.set()
        done.wait(10)
    return event
"""


@pytest.fixture
def function(tmp_path: Path, aws: Mailbox, monkeypatch: pytest.MonkeyPatch) -> LambdaFunction:
    """A function with one environment, which does what its event says."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "measured_app.py").write_text(_CODE, "utf-8")
    create_queue("lost")
    definition = Function(
        "One", "shop-one", "measured_app.handler", tmp_path, (), {}, 3, 128, concurrency=1, retries=1, dead_letters="lost"
    )
    return LambdaFunction(definition)


def measured(name: str) -> list[float]:
    """What was measured of the function."""
    dimensions = {("FunctionName", "shop-one"), ("Resource", "shop-one:live")}
    return METRICS.values(Series("AWS/Lambda", name, frozenset(dimensions)), 0, float("inf"))


def test_an_invocation_is_measured_whether_it_succeeds_or_not(function: LambdaFunction) -> None:
    function.invoke("anything")
    with pytest.raises(RuntimeError):
        function.invoke("fail")
    assert (measured("Invocations"), measured("Errors"), measured("Throttles")) == ([1, 1], [0, 1], [])
    assert all(0 <= duration < 3000 for duration in measured("Duration"))


def test_an_invocation_that_takes_longer_than_it_may_has_failed(
    function: LambdaFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds in (3.0, 3.001):
        now = iter([0.0, seconds])
        monkeypatch.setattr(measuring, "seconds", lambda now=now: next(now))
        function.invoke("anything")
    assert (measured("Errors"), measured("Duration")) == ([0, 1], [3000, 3001])


def test_metrics_are_taken_out_of_what_a_function_prints(function: LambdaFunction, capsys: pytest.CaptureFixture[str]) -> None:
    function.invoke("print")
    assert capsys.readouterr().out == "a line\n"
    assert METRICS.values(Series("Shop", "Orders", frozenset({("shop", "one")})), 0, 1) == [1, 2]


def test_a_function_has_no_more_environments_than_it_may(function: LambdaFunction) -> None:
    first = threading.Thread(target=function.invoke, args=("wait",))
    first.start()
    assert function.module.busy.wait(10)
    end = make_invocable("shop-one", function.invoke)
    client: Any = boto3.client("lambda")
    with pytest.raises(Throttled, match="no more than 1"):
        function.invoke("anything")
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.invoke(FunctionName="shop-one", Payload=b"{}")
    function.module.done.set()
    first.join()
    assert function.invoke("anything") == "anything"
    end()
    assert len(measured("Throttles")) >= 2  # the SDK tries again
    assert len(measured("Invocations")) == 2


def test_what_nobody_waits_for_is_tried_again_and_then_a_dead_letter(function: LambdaFunction) -> None:
    unattended.invoke(function, "anything")
    unattended.invoke(function, "fail")
    assert measured("Errors") == [0, 1, 1]
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="lost")["QueueUrl"]
    (letter,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(letter["Body"]) == "fail"


def test_what_was_measured_is_told_by_series(function: LambdaFunction, logged: Counted) -> None:
    function.invoke("anything")
    assert logged() == []
    (told,) = [each for each in METRICS.described() if each["name"] == "Invocations"]
    assert told["dimensions"] == {"FunctionName": "shop-one", "Resource": "shop-one:live"}
    assert (told["namespace"], told["count"], told["sum"], told["last"]) == ("AWS/Lambda", 1, 1, 1)
