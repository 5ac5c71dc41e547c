"""What moto does otherwise than AWS: each test shows it without the mend, so that a moto that has learnt it is noticed."""

import copy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import moto
import pytest
import time_machine
from botocore.exceptions import ClientError
from moto.core.botocore_stubber import BotocoreStubber
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodbstreams.models import dynamodbstreams_backends
from moto.ses.models import ses_backends

from local.aws import embedded_aws
from local.mailbox import Mailbox
from local.resources import ACCOUNT, REGION

TABLE = "things"


@pytest.fixture(params=["mended", "as moto is"])
def mended(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    """AWS in memory, with the mends and without."""
    if request.param == "mended":
        with embedded_aws():
            yield True
        return
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with moto.mock_aws():
        yield False


def _create_table(sort_key: bool = False) -> None:
    keys: Any = {"pk": "HASH"} | ({"sk": "RANGE"} if sort_key else {})
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )


def _put(key: str, condition: str | None = None, **attributes: str) -> Any:
    item = {"pk": {"S": key}} | {name: {"S": value} for name, value in attributes.items()}
    return {"Put": {"TableName": TABLE, "Item": item} | ({"ConditionExpression": condition} if condition else {})}


REFUSED = _put("taken", "attribute_not_exists(pk)")


def _cancelled(*items: Any) -> list[str]:
    """Send a transaction that must be cancelled; return the reasons."""
    with pytest.raises(ClientError) as refusal:
        boto3.client("dynamodb").transact_write_items(TransactItems=list(items))
    answer: Any = refusal.value.response
    assert answer["Error"]["Code"] == "TransactionCanceledException"
    return [reason["Code"] for reason in answer["CancellationReasons"]]


def _iterator() -> str:
    streams, arn = boto3.client("dynamodbstreams"), _stream()
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    where = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    return str(streams.get_shard_iterator(**where)["ShardIterator"])


def _stream() -> str:
    return boto3.client("dynamodb").describe_table(TableName=TABLE)["Table"]["LatestStreamArn"]


def _records(iterator: str) -> tuple[list[str], str]:
    answer = boto3.client("dynamodbstreams").get_records(ShardIterator=iterator)
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in answer["Records"]], answer["NextShardIterator"]


def test_a_cancelled_transaction_leaves_nothing_in_an_open_stream_iterator(mended: bool) -> None:
    _create_table()
    dynamodb = boto3.client("dynamodb")
    dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": "taken"}})
    iterator = _iterator()
    assert _cancelled(_put("leaked"), REFUSED) == ["None", "ConditionalCheckFailed"]
    records, iterator = _records(iterator)
    assert records == (["taken"] if mended else ["taken", "leaked"])
    dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": "later"}})
    # As moto is, the iterator has come to a dead end.
    assert _records(iterator)[0] == (["later"] if mended else [])
    assert _records(_iterator())[0] == ["taken", "later"]


def test_a_cancelled_transaction_changes_no_item() -> None:
    with embedded_aws():
        _create_table(sort_key=True)
        dynamodb = boto3.client("dynamodb")
        dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": "a"}, "sk": {"S": "1"}, "colours": {"L": [{"S": "x"}]}})
        dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": "a"}, "sk": {"S": "2"}})
        dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": "taken"}, "sk": {"S": "1"}})
        before = dynamodb.scan(TableName=TABLE)["Items"]
        update: Any = {
            "TableName": TABLE,
            "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}},
            "UpdateExpression": "SET colours[0] = :y, added = :y",
            "ExpressionAttributeValues": {":y": {"S": "y"}},
        }
        delete: Any = {"TableName": TABLE, "Key": {"pk": {"S": "a"}, "sk": {"S": "2"}}}
        refused = copy.deepcopy(REFUSED)
        refused["Put"]["Item"]["sk"] = {"S": "1"}
        reasons = _cancelled({"Update": update}, {"Delete": delete}, _put("new", sk="1"), refused)
        assert reasons == ["None", "None", "None", "ConditionalCheckFailed"]
        assert dynamodb.scan(TableName=TABLE)["Items"] == before
        dynamodb.transact_write_items(TransactItems=[{"Update": update}, {"Delete": delete}, _put("new", sk="1")])
        after = {(item["pk"]["S"], item["sk"]["S"]): item for item in dynamodb.scan(TableName=TABLE)["Items"]}
        assert set(after) == {("a", "1"), ("taken", "1"), ("new", "1")}
        assert after["a", "1"]["colours"] == {"L": [{"S": "y"}]}


def test_a_cancelled_transaction_hands_over_the_item_that_refused_it(mended: bool) -> None:
    _create_table()
    boto3.client("dynamodb").put_item(TableName=TABLE, Item={"pk": {"S": "taken"}, "by": {"S": "ada"}})
    refused = copy.deepcopy(REFUSED)
    refused["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    with pytest.raises(ClientError) as refusal:
        boto3.client("dynamodb").transact_write_items(TransactItems=[_put("new"), refused])
    answer: Any = refusal.value.response
    assert answer["CancellationReasons"][1]["Item"]["by"] == {"S": "ada"}


def test_a_transaction_copies_no_table(mended: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deep copy of a table costs 50 microseconds an item, and a transaction makes one of each table it names."""
    _create_table()
    seen: list[int] = []
    original = DynamoDBBackend.put_item

    def put_item(self: DynamoDBBackend, *args: Any, **kwargs: Any) -> Any:
        seen.append(id(self.tables[TABLE]))
        return original(self, *args, **kwargs)

    monkeypatch.setattr(DynamoDBBackend, "put_item", put_item)
    boto3.client("dynamodb").put_item(TableName=TABLE, Item={"pk": {"S": "taken"}})
    _cancelled(_put("new"), REFUSED)
    boto3.client("dynamodb").put_item(TableName=TABLE, Item={"pk": {"S": "later"}})
    assert (len(set(seen)) == 1) is mended


def test_a_repeated_client_request_token_is_answered_as_the_first_time(mended: bool) -> None:
    _create_table()

    def once() -> Any:
        items = [_put("new", "attribute_not_exists(pk)")]
        return boto3.client("dynamodb").transact_write_items(TransactItems=items, ClientRequestToken="the-token")

    once()
    if mended:
        once()
        assert _records(_iterator())[0] == ["new"]
    else:
        with pytest.raises(ClientError, match="TransactionCanceledException"):
            once()


def test_a_client_request_token_is_for_one_request() -> None:
    with embedded_aws():
        _create_table()
        dynamodb = boto3.client("dynamodb")
        dynamodb.transact_write_items(TransactItems=[_put("one")], ClientRequestToken="the-token")
        with pytest.raises(ClientError, match="IdempotentParameterMismatchException"):
            dynamodb.transact_write_items(TransactItems=[_put("other")], ClientRequestToken="the-token")


def test_a_cancelled_transaction_may_be_tried_again_with_its_token() -> None:
    with embedded_aws():
        _create_table()
        dynamodb = boto3.client("dynamodb")
        dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": "taken"}})
        with pytest.raises(ClientError, match="TransactionCanceledException"):
            dynamodb.transact_write_items(TransactItems=[REFUSED], ClientRequestToken="the-token")
        dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": "taken"}})
        dynamodb.transact_write_items(TransactItems=[REFUSED], ClientRequestToken="the-token")


def test_requests_reach_moto_one_at_a_time(mended: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    _create_table()
    inside, most = 0, 0
    counting = threading.Lock()
    original = DynamoDBBackend.get_item

    def get_item(self: DynamoDBBackend, *args: Any, **kwargs: Any) -> Any:
        nonlocal inside, most
        with counting:
            inside += 1
            most = max(most, inside)
        time.sleep(0.02)
        with counting:
            inside -= 1
        return original(self, *args, **kwargs)

    monkeypatch.setattr(DynamoDBBackend, "get_item", get_item)
    dynamodb = boto3.client("dynamodb")
    _in_threads(8, lambda: dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "x"}}))
    assert (most == 1) is mended


def _in_threads(count: int, call: Callable[[], object]) -> None:
    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_iterators_are_forgotten(mended: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.moto_mends._OPEN_ITERATORS", 10)
    _create_table()
    for _ in range(10):
        _records(_iterator())
    kept = len(dynamodbstreams_backends[ACCOUNT][REGION].shard_iterators)
    assert kept == (10 if mended else 20)


def test_backups_go_on_after_they_were_switched_on(mended: bool) -> None:
    _create_table()
    dynamodb = boto3.client("dynamodb")
    dynamodb.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    with time_machine.travel(time.time() + 3600):
        told = dynamodb.describe_continuous_backups(TableName=TABLE)["ContinuousBackupsDescription"]
    recovery = told["PointInTimeRecoveryDescription"]
    hours = (recovery["LatestRestorableDateTime"] - recovery["EarliestRestorableDateTime"]).total_seconds() / 3600
    assert round(hours, 2) == (1 if mended else 0)


def test_mails_are_forgotten_once_they_are_handed_over(mended: bool) -> None:
    ses = boto3.client("sesv2")
    ses.create_email_identity(EmailIdentity="shop@example.com")
    ses.send_email(FromEmailAddress="shop@example.com", Content={"Raw": {"Data": b"To: a@example.com\n\nhi"}})
    assert len(ses_backends[ACCOUNT][REGION].sent_messages) == (0 if mended else 1)


def test_streams_need_endpoints_without_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", raising=False)
    with moto.mock_aws():
        _create_table()
        with pytest.raises(ClientError, match="404"):
            _iterator()


def test_the_mends_are_gone_afterwards() -> None:
    before = BotocoreStubber.process_request
    with ExitStack() as stack:
        mailbox = stack.enter_context(embedded_aws())
        assert isinstance(mailbox, Mailbox)
        assert BotocoreStubber.process_request is not before
    assert BotocoreStubber.process_request is before
