"""Filters of event source mappings, and the pump, against moto."""

import json
from typing import Any

import boto3
import pytest

from local.errors import StackError
from local.event_filters import check_pattern, matches
from local.functions import LambdaFunction
from local.mailbox import Mailbox
from local.model import Function, StreamSource, Table
from local.resources import REGION
from local.streams import StreamPump
from local.tables import create_table

UNSENT = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"unsent": {"S": [{"exists": True}]}}}}


@pytest.mark.parametrize(
    ("pattern", "record", "match"),
    [
        (UNSENT, {"eventName": "INSERT", "dynamodb": {"NewImage": {"unsent": {"S": "x"}}}}, True),
        (UNSENT, {"eventName": "MODIFY", "dynamodb": {"NewImage": {"unsent": {"S": "x"}}}}, False),
        (UNSENT, {"eventName": "INSERT", "dynamodb": {"NewImage": {}}}, False),
        (UNSENT, {"eventName": "INSERT", "dynamodb": {}}, False),
        ({}, {"eventName": "INSERT"}, True),
        ({"a": ["x", "y"]}, {"a": "y"}, True),
        ({"a": [1]}, {"a": "1"}, False),
        ({"a": [1]}, {"a": True}, False),
        ({"a": [None]}, {"a": None}, True),
        ({"a": [None]}, {}, False),
        ({"a": [{"exists": False}]}, {}, True),
        ({"a": [{"exists": False}]}, {"a": "x"}, False),
        ({"a": [{"exists": True}]}, {"a": {"S": "a leaf is meant"}}, False),
        ({"a": {"b": [{"exists": False}]}}, {"a": "x"}, True),
        ({"a": [], "b": ["x"]}, {"b": "x"}, False),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "z"}, True),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "y"}, False),
        ({"a": [{"anything-but": ["x"]}]}, {}, False),
        ({"a": [{"anything-but": ["x"]}]}, {"a": {"S": "z"}}, False),
    ],
)
def test_filter_patterns(pattern: dict[str, Any], record: dict[str, Any], match: bool) -> None:
    assert matches(check_pattern(pattern, "here"), record) is match


@pytest.mark.parametrize(
    "pattern",
    [[], "x", {"a": "x"}, {"a": [{"prefix": "x"}]}, {"a": {"b": [[1]]}}, {"$or": [{"a": [1]}]}, {"a": [{"anything-but": "x"}]}],
)
def test_patterns_it_does_not_know_are_refused(pattern: Any) -> None:
    with pytest.raises(StackError, match=r"^here: "):
        check_pattern(pattern, "here")


class _Consumer(LambdaFunction):
    """Records its events and answers from a list."""

    def __init__(self, *answers: Any) -> None:
        self.definition = Function("Consumer", "stack-Consumer", "app.handler", None, (), {}, 3, 128)  # type: ignore[arg-type]
        self.events: list[Any] = []
        self._answers = list(answers)

    def invoke(self, event: Any) -> Any:
        self.events.append(event)
        answer = self._answers.pop(0) if self._answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer(event) if callable(answer) else answer

    @property
    def batches(self) -> list[list[str]]:
        return [[record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"]] for event in self.events]


@pytest.fixture(autouse=True)
def table(aws: Mailbox) -> None:
    keys = {"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}
    schema = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "StreamSpecification": {"StreamViewType": "NEW_IMAGE"}}
    create_table(Table("Things", "things", keys | schema))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.streams._RETRY_SECONDS", 0.0)


def _put(*keys: str, **attributes: Any) -> None:
    for key in keys:
        boto3.client("dynamodb").put_item(TableName="things", Item={"pk": {"S": key}} | attributes)


def _pump(
    consumer: _Consumer, *filters: dict[str, Any], size: int = 10, retries: int | None = 2, report: bool = True
) -> StreamPump:
    return StreamPump(consumer, StreamSource("Things", size, filters, report, retries), "things")


def _fails(*keys: str) -> Any:
    """An answer that reports the records of these keys."""

    def answer(event: Any) -> Any:
        numbers = {record["dynamodb"]["Keys"]["pk"]["S"]: record["dynamodb"]["SequenceNumber"] for record in event["Records"]}
        return {"batchItemFailures": [{"itemIdentifier": numbers[key]} for key in keys]}

    return answer


def test_records_arrive_in_order_in_batches_and_once() -> None:
    consumer = _Consumer()
    pump = _pump(consumer, size=2)
    _put("1", "2", "3")
    pump.deliver()
    pump.deliver()
    _put("4")
    pump.deliver()
    assert consumer.batches == [["1", "2"], ["3"], ["4"]]


def test_an_event_is_what_lambda_gets() -> None:
    consumer = _Consumer()
    pump = _pump(consumer)
    _put("1", blob={"B": b"\x00\xff"}, nested={"M": {"blobs": {"BS": [b"\x01"]}, "n": {"N": "1"}}})
    pump.deliver()
    (record,) = consumer.events[0]["Records"]
    assert set(record) == {"eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb", "eventSourceARN"}
    assert (record["eventName"], record["eventVersion"], record["eventSource"]) == ("INSERT", "1.1", "aws:dynamodb")
    assert record["awsRegion"] == REGION
    assert ":table/things/stream/" in record["eventSourceARN"]
    change = record["dynamodb"]
    assert change["NewImage"] == {
        "pk": {"S": "1"},
        "blob": {"B": "AP8="},
        "nested": {"M": {"blobs": {"BS": ["AQ=="]}, "n": {"N": "1"}}},
    }
    assert isinstance(change["ApproximateCreationDateTime"], float)
    assert change["StreamViewType"] == "NEW_IMAGE"


def test_only_records_that_pass_a_filter_arrive() -> None:
    consumer = _Consumer()
    pump = _pump(consumer, UNSENT, {"eventName": ["REMOVE"]})
    _put("1", unsent={"S": "x"})
    _put("2")
    _put("1")
    boto3.client("dynamodb").delete_item(TableName="things", Key={"pk": {"S": "2"}})
    pump.deliver()
    names = [record["eventName"] for event in consumer.events for record in event["Records"]]
    assert (consumer.batches, names) == ([["1", "2"]], ["INSERT", "REMOVE"])


def test_r_20_from_the_first_reported_failure_on_a_batch_is_tried_again() -> None:
    consumer = _Consumer(_fails("3", "2"), {"batchItemFailures": []})
    pump = _pump(consumer)
    _put("1", "2", "3")
    pump.deliver()
    assert consumer.batches == [["1", "2", "3"], ["2", "3"]]


def test_r_20_a_function_that_raises_gets_the_whole_batch_again() -> None:
    consumer = _Consumer(RuntimeError("boom"), None)
    pump = _pump(consumer)
    _put("1", "2")
    pump.deliver()
    assert consumer.batches == [["1", "2"], ["1", "2"]]


def test_an_unknown_item_identifier_fails_the_whole_batch() -> None:
    consumer = _Consumer({"batchItemFailures": [{"itemIdentifier": "nonsense"}]}, None)
    pump = _pump(consumer)
    _put("1", "2")
    pump.deliver()
    assert consumer.batches == [["1", "2"], ["1", "2"]]


def test_reported_failures_count_only_where_the_mapping_asks_for_them() -> None:
    consumer = _Consumer(_fails("1"))
    pump = _pump(consumer, report=False)
    _put("1")
    pump.deliver()
    assert consumer.batches == [["1"]]


def test_r_20_after_its_retries_a_record_is_a_dead_letter_and_the_next_go_on(caplog: pytest.LogCaptureFixture) -> None:
    consumer = _Consumer(*[_fails("poison")] * 3, None)
    pump = _pump(consumer, size=2)
    _put("1", "poison", "3")
    pump.deliver()
    assert consumer.batches == [["1", "poison"], ["poison"], ["poison"], ["3"]]
    (line,) = [line for line in caplog.messages if line.startswith("Dead letter: Consumer gave up on ")]
    letter = json.loads(line.partition(" gave up on ")[2])
    assert (letter["requestContext"]["approximateInvokeCount"], letter["keys"]) == (3, [{"pk": {"S": "poison"}}])


def test_a_cancelled_transaction_delivers_nothing_and_stops_nothing() -> None:
    consumer = _Consumer()
    pump = _pump(consumer)
    _put("1")
    pump.deliver()
    dynamodb = boto3.client("dynamodb")
    put: Any = {"TableName": "things", "Item": {"pk": {"S": "leaked"}}}
    check: Any = {"TableName": "things", "Key": {"pk": {"S": "1"}}, "ConditionExpression": "attribute_not_exists(pk)"}
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        dynamodb.transact_write_items(TransactItems=[{"Put": put}, {"ConditionCheck": check}])
    pump.deliver()
    _put("2")
    pump.deliver()
    assert consumer.batches == [["1"], ["2"]]


def test_a_stopped_pump_delivers_nothing() -> None:
    consumer = _Consumer()
    pump = _pump(consumer)
    pump.stop()
    _put("1")
    pump.deliver()
    assert consumer.batches == []
