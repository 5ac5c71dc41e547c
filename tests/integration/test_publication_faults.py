"""Events get out: whatever EventBridge does they come again, and one that can't be published holds up no other (R-16, R-20)."""

import json
import random
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from gatepost.aws.eventbridge import MAX_BYTES, MAX_ENTRIES
from gatepost.domain_events.publication import NotPublished
from gatepost.storage.writes import Item, to_dynamodb
from local.stack import Stack
from tests.integration.aws_faults import Fault, Send, always, broken, faults, lost_answer, no_connection, throttled, times
from tests.integration.logs import captured_logs
from tests.integration.published import deliver, number_of, published, records, security_event
from tests.support import Api

FAULTS = {"throttled": throttled, "broken": broken, "unreachable": no_connection, "lost": lost_answer}


def refusing(which: Callable[[dict[str, Any]], bool], code: str) -> Fault:
    """EventBridge takes all entries but these, which have this error (`FailedEntryCount`)."""

    def fault(send: Send) -> Any:
        entries = send.body["Entries"]
        outcomes = [{"ErrorCode": code, "ErrorMessage": "injected"} if which(entry) else {"EventId": "1"} for entry in entries]
        answer = {"FailedEntryCount": sum("ErrorCode" in each for each in outcomes), "Entries": outcomes}
        return 200, {"content-type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()

    return fault


def no_event(**attributes: Any) -> Item:
    """What has not even all that every security event has."""
    item = security_event(**attributes)
    del item["request_id"]
    return item


def about(user_id: str) -> Callable[[dict[str, Any]], bool]:
    return lambda entry: json.loads(entry["Detail"])["user_id"] == user_id


def test_r20_what_is_delivered_three_times_in_any_order_is_the_same_event(stack: Stack) -> None:
    items = [security_event() for _ in range(7)]
    batch = records(*items) * 3
    random.Random(20).shuffle(batch)
    for start in range(0, len(batch), 4):
        assert not deliver(stack, batch[start : start + 4])
    for item in items:
        details = published(stack, item["user_id"])
        assert len(details) == 3
        assert [detail for detail in details if detail != details[0]] == []
        assert details[0]["id"] == item["id"]


def test_r20_one_that_is_no_event_holds_up_no_other_of_its_batch(stack: Stack) -> None:
    """Poison: it's reported, tried again by Lambda, and ends among the dead letters; the others are published at once."""
    items = [security_event() for _ in range(12)]
    batch = records(*items[:5], no_event(), *items[5:9], {"id": "x"}, *items[9:])
    with captured_logs() as lines:
        failed = deliver(stack, batch)
    assert failed == {number_of(batch[5]), number_of(batch[10])}
    assert all(len(published(stack, item["user_id"])) == 1 for item in items)
    assert sum("is no security event" in line for line in lines) == 2


def test_r33_a_kind_that_only_newer_code_knows_is_passed_over_with_a_warning(stack: Stack) -> None:
    """Also one that is alone: an update mustn't take itself back for the first event of a kind that it has brought."""
    known, later = security_event(), security_event("passkey.created", passkey_id="p", device={"kind": "phone"})
    with captured_logs() as lines:
        assert not deliver(stack, records(later))
        assert not deliver(stack, records(later, known, later))
    assert len(published(stack, known["user_id"])) == 1
    assert not published(stack, later["user_id"])
    told = [line for line in lines if later["id"] in line]
    assert [("WARNING" in line, "passkey.created" in line) for line in told] == [(True, True)] * 3


def test_r20_poison_ends_among_the_dead_letters_and_what_follows_is_published(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the template's own event source: its retries are bounded, and what was given up goes to its queue."""
    monkeypatch.setattr("local.streams._RETRY_SECONDS", 0.0)
    stack.deliver()
    api = Api(stack)
    first = api.sign_up()["user"]["id"]
    poison = no_event(shard="SHARD#0", event_shard="x#0", expires_at=2_000_000_000)
    put(stack, poison)
    second = api.sign_up()["user"]["id"]
    with captured_logs() as lines:
        stack.deliver()
    letters = [line for line in lines if "Dead letter: EventsFunction" in line]
    assert len(letters) == 1
    assert poison["pk"] in letters[0]
    assert {detail["id"] for detail in published(stack, first)} != set()
    assert {detail["type"] for detail in published(stack, second)} == {"user.registered"}
    stack.deliver()
    assert poison["id"] not in {detail["id"] for detail in published(stack)}


def put(stack: Stack, item: dict[str, Any]) -> None:
    boto3.client("dynamodb").put_item(TableName=Api(stack).table_name("AuditTable"), Item=to_dynamodb(item))


@pytest.mark.parametrize("fault", FAULTS)
def test_r16_a_bus_that_fails_fails_the_batch_and_the_next_try_publishes_it(stack: Stack, fault: str) -> None:
    """All of it failed: the function fails, so that its alarm says so, and Lambda delivers it again."""
    items = [security_event() for _ in range(25)]
    batch = records(*items)
    with faults(always("PutEvents", FAULTS[fault])) as attempts, pytest.raises(NotPublished, match="25 events"):
        deliver(stack, batch)
    assert len({attempt.call for attempt in attempts}) == 1  # after a call that failed no other is made
    assert not deliver(stack, batch)
    for item in items:
        assert {detail["id"] for detail in published(stack, item["user_id"])} == {item["id"]}


@pytest.mark.parametrize("fault", FAULTS)
def test_r16_a_fault_that_passes_is_not_noticed(stack: Stack, fault: str) -> None:
    item = security_event()
    with faults(times(1, "PutEvents", FAULTS[fault])):
        assert not deliver(stack, records(item))
    assert {detail["id"] for detail in published(stack, item["user_id"])} == {item["id"]}


def test_r16_a_bus_that_fails_half_way_has_the_rest_delivered_again(stack: Stack) -> None:
    """What it took before isn't reported."""
    batch = records(*(security_event() for _ in range(25)))
    answers = iter([None, throttled, throttled, throttled])
    with faults(lambda attempt: next(answers) if attempt.operation == "PutEvents" else None):
        failed = deliver(stack, batch)
    assert failed == {number_of(record) for record in batch[MAX_ENTRIES:]}


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalFailure", "MalformedDetail"])
def test_r16_an_entry_that_is_refused_is_reported_alone(stack: Stack, code: str) -> None:
    items = [security_event() for _ in range(15)]
    batch = records(*items)
    with faults(always("PutEvents", refusing(about(items[11]["user_id"]), code))), captured_logs() as lines:
        assert deliver(stack, batch) == {number_of(batch[11])}
    (line,) = [line for line in lines if "was not published" in line]
    assert items[11]["id"] in line
    assert code in line


def test_calls_hold_no_more_than_eventbridge_takes(stack: Stack) -> None:
    """Ten entries, and 256 KB."""
    large = [security_event("role.updated", role=" ".join(["r" * 60] * 1000)) for _ in range(9)]
    batch = records(*large, *(security_event() for _ in range(23)))
    sent: list[dict[str, Any]] = []
    with faults(always("PutEvents", noting(sent))):
        assert not deliver(stack, batch)
    assert [len(body["Entries"]) for body in sent] == [4, 4, 10, 10, 4]
    assert all(sum(len(entry["Detail"]) for entry in body["Entries"]) < MAX_BYTES for body in sent)


def noting(sent: list[dict[str, Any]]) -> Fault:
    def note(send: Send) -> Any:
        sent.append(send.body)
        return send()

    return note


def test_r20_an_event_that_is_too_large_is_reported_alone(stack: Stack) -> None:
    """It's never sent, since a call that is too large would fail as a whole, and with it what stands after it."""
    items = [security_event(), security_event("role.updated", role="r" * MAX_BYTES), security_event()]
    batch = records(*items)
    assert deliver(stack, batch) == {number_of(batch[1])}
    assert [len(published(stack, items[each]["user_id"])) for each in (0, 2)] == [1, 1]


def test_a_batch_with_nothing_to_publish_calls_nothing(stack: Stack) -> None:
    with faults() as attempts:
        assert not deliver(stack, records(security_event("sign_in.failed"), security_event("api_key.refused")))
    assert not attempts


def test_z13_no_line_of_the_log_has_more_than_ids(stack: Stack) -> None:
    personal = {"ip": "203.0.113.9", "user_agent": "agent of a person"}
    with captured_logs() as lines:
        assert deliver(stack, records(security_event("of_a.later_version", **personal), no_event(**personal), security_event()))
    assert not [line for line in lines if "203.0.113.9" in line or "agent of a person" in line]
