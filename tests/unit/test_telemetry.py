"""What is counted, and the line in the log that CloudWatch makes metrics of."""

import json
import logging
from contextvars import copy_context
from threading import Thread

import pytest
import time_machine
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from gatepost import correlation, telemetry
from gatepost.storage.table import together
from gatepost.telemetry import Metric

Output = pytest.CaptureFixture[str]


def test_a_block_emits_one_line_of_all_it_counted(capsys: Output) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html"""
    with time_machine.travel(1_700_000_000, tick=False), telemetry.emitted("prod"), correlation.serving("abc="):
        telemetry.count(Metric.SIGN_IN_FAILED)
        telemetry.count(Metric.SIGNING_KEY_AGE, 60)
        telemetry.count(Metric.SIGN_IN_FAILED)
    (line,) = capsys.readouterr().out.splitlines()
    metrics = [{"Name": "SignInFailed", "Unit": "Count"}, {"Name": "SigningKeyAge", "Unit": "Seconds"}]
    directive = {"Namespace": "Gatepost", "Dimensions": [["deployment"]], "Metrics": metrics}
    assert json.loads(line) == {
        "_aws": {"Timestamp": 1_700_000_000_000, "CloudWatchMetrics": [directive]},
        "deployment": "prod",
        "request_id": "abc=",
        "SignInFailed": 2,
        "SigningKeyAge": 60,
    }


def test_of_each_request_there_is_a_line_and_one_of_what_was_for_none(capsys: Output) -> None:
    """A batch of mails is caused by several."""
    with telemetry.emitted("prod"):
        for request_id in ("one", "two", "one"):
            with correlation.serving(request_id):
                telemetry.count(Metric.MAIL_STOPPED)
        telemetry.count(Metric.STORAGE_THROTTLED)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [(line.get("request_id"), line.get("MailStopped"), line.get("StorageThrottled")) for line in lines]
    assert told == [("one", 2, None), ("two", 1, None), (None, None, 1)]


def test_where_nothing_is_counted_no_line_is_written(capsys: Output) -> None:
    with telemetry.emitted("prod"):
        pass
    assert capsys.readouterr().out == ""


def test_what_a_block_counted_before_it_raised_is_emitted(capsys: Output) -> None:
    def fail() -> None:
        telemetry.count(Metric.STORAGE_THROTTLED)
        raise RuntimeError

    with pytest.raises(RuntimeError), telemetry.emitted("prod"):
        fail()
    assert '"StorageThrottled": 1' in capsys.readouterr().out


def test_where_nobody_emits_it_nothing_is_counted(capsys: Output) -> None:
    """An operator's command works by the same rules, and its output is its own."""
    telemetry.count(Metric.SIGN_IN_FAILED)
    with telemetry.emitted("prod"):
        pass
    assert capsys.readouterr().out == ""


def test_calls_side_by_side_count_in_the_same_block() -> None:
    with telemetry.collected() as counted:
        together(*[lambda: telemetry.count(Metric.STORAGE_THROTTLED)] * 3)
    assert counted == [(Metric.STORAGE_THROTTLED, 1, None)] * 3


def test_two_blocks_at_once_count_apart() -> None:
    with telemetry.collected() as outer:

        def other() -> None:
            with telemetry.collected() as inner:
                telemetry.count(Metric.SIGN_IN_FAILED)
            assert inner == [(Metric.SIGN_IN_FAILED, 1, None)]

        thread = Thread(target=copy_context().run, args=(other,))
        thread.start()
        thread.join()
        telemetry.count(Metric.SIGN_IN_SUCCEEDED)
    assert outer == [(Metric.SIGN_IN_SUCCEEDED, 1, None)]


@pytest.mark.parametrize("milliseconds", [0, 1, 250, 999])
@pytest.mark.parametrize(
    "told",
    [{"msg": "request", "status": 202, "code": None, "name_of": "Zoë"}, {"msg": "%s of %d", "args": ("one", 2), "at": object}],
    ids=["extras", "arguments"],
)
def test_a_line_of_the_log_is_the_one_that_powertools_would_write(told: dict[str, object], milliseconds: int) -> None:
    """It's only written sooner."""
    theirs = LambdaPowertoolsFormatter(utc=True, location=None, serialize_stacktrace=False)
    theirs.append_keys(service="service_undefined")
    moment = {"created": 1_700_000_000 + milliseconds / 1000 + 0.0001, "msecs": milliseconds}
    record = logging.makeLogRecord({"levelname": "INFO", **told, **moment})
    assert telemetry.logger().registered_formatter.format(record) == theirs.format(record)


def test_a_message_that_looks_like_json_stays_text() -> None:
    line = telemetry.logger().registered_formatter.format(logging.makeLogRecord({"msg": '{"level":"INFO"}'}))
    assert json.loads(line)["message"] == '{"level":"INFO"}'
