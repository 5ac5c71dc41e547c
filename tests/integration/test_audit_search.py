"""Searching everybody's security events: whatever is asked for, each event once, newest first (Z-08, Z-09, Z-14, R-38)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from time_machine import Traveller

from gatepost.access.roles import Role
from gatepost.storage.writes import Item
from local.stack import Stack
from tests.calls import recorded
from tests.integration.accounts import INVALID_CURSOR, User, new_user, outcome
from tests.integration.administrators import Staff, administrator, new_role, user_with
from tests.integration.tables import items
from tests.support import PASSWORD, Api, new_email, problem

BEGAN, ENDED = "2026-03-01T10:00:00.000Z", "2026-03-01T10:00:30.000Z"
INVALID = (422, "invalid_request")


@dataclass(frozen=True)
class Past:
    """What happened in half a minute, which no other test has."""

    me: Staff
    ada: User
    events: list[Item]

    def matching(self, **wanted: Any) -> list[str]:
        """The ids of the events that have these attributes, newest first."""
        return [item["id"] for item in self.events if all(item.get(name) == value for name, value in wanted.items())]


@pytest.fixture(scope="module")
def past(stack: Stack) -> Past:
    """A user who signs up, fails to sign in and does, roles that are made, and addresses that nobody has."""
    with time_machine.travel(datetime(2026, 3, 1, 10, tzinfo=UTC), tick=False) as clock:
        me, ada = administrator(stack), new_user(stack)
        for number in range(4):
            clock.shift(1)
            Api(stack).login(ada.email, "not the password")
            clock.shift(0.25)
            ada.login()
            Api(stack).login(new_email(), PASSWORD)
            me.admin("PUT", f"/roles/{new_role(stack, Role(''))}", {"description": f"number {number}"})
    found = items(me.api, "AuditTable", "sk BETWEEN :began AND :ended", began=BEGAN, ended=ENDED)
    return Past(me, ada, sorted(found, key=lambda item: str(item["sk"]), reverse=True))


@pytest.fixture
def clock(stack: Stack) -> Iterator[Traveller]:
    """The time right after it, in which the administrator's token is good."""
    assert stack
    with time_machine.travel(datetime(2026, 3, 1, 10, 5, tzinfo=UTC), tick=False) as traveller:
        yield traveller


def search(me: Staff, query: dict[str, str], limit: int = 100, cursor: str | None = None) -> dict[str, Any]:
    answer = me.admin("GET", "/audit?" + urlencode({**query, "limit": limit} | ({"cursor": cursor} if cursor else {})))
    assert answer.status == 200, answer.body
    page: dict[str, Any] = answer.json()
    assert len(page["items"]) <= limit
    return page


def found(me: Staff, query: dict[str, str], limit: int = 100) -> list[dict[str, Any]]:
    """All events of a search, page by page."""
    events, cursor = [], None
    while True:
        page = search(me, query, limit, cursor)
        events += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return events


def ids(events: list[dict[str, Any]]) -> list[str]:
    return [event["id"] for event in events]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    "wanted",
    [
        (),
        ("user_id",),
        ("actor_id",),
        ("event",),
        ("user_id", "actor_id"),
        ("user_id", "event"),
        ("actor_id", "event"),
        ("user_id", "actor_id", "event"),
    ],
    ids=lambda wanted: "+".join(wanted) or "all",
)
def test_z14_every_combination_finds_each_event_once_newest_first(
    past: Past, clock: Traveller, wanted: tuple[str, ...], limit: int
) -> None:
    assert clock
    values = {"user_id": past.ada.id, "actor_id": past.ada.id, "event": "sign_in.succeeded"}
    query = {name: values[name] for name in wanted}
    expected = past.matching(**query)
    assert len(expected) >= 4
    assert ids(found(past.me, {"from": BEGAN, "to": ENDED, **query}, limit)) == expected


def test_z14_failures_and_events_of_addresses_without_an_account_are_found_by_name(past: Past, clock: Traveller) -> None:
    assert clock
    failed = found(past.me, {"event": "sign_in.failed", "to": ENDED})
    assert {event["reason"] for event in failed} == {"wrong_password", "unknown_address"}
    assert {event["user_id"] for event in failed if event["reason"] == "unknown_address"} == {None}
    assert {event["user_id"] for event in failed if event["reason"] == "wrong_password"} == {past.ada.id}
    assert {event["actor_id"] for event in failed} == {None}


def test_z14_an_event_says_who_whom_what_when_where_and_how_it_went(past: Past, clock: Traveller) -> None:
    assert clock
    event = found(past.me, {"actor_id": past.me.id, "event": "role.updated", "to": ENDED})[0]
    (item,) = [item for item in past.events if item["id"] == event["id"]]
    assert event == {
        "id": item["id"],
        "event": "role.updated",
        "at": "2026-03-01T10:00:05.000Z",
        "user_id": past.me.id,
        "actor_id": past.me.id,
        "ip": past.me.api.ip,
        "user_agent": "local-stack",
        "result": "success",
        "reason": None,
        "role": item["role"],
        "client_id": None,
        "api_key_id": None,
        "kid": None,
        "request_id": item["request_id"],
    }


@pytest.mark.parametrize("query", [{}, {"event": "sign_in.failed"}, {"user_id": "ada"}, {"actor_id": "ada"}])
def test_the_time_begins_with_from_and_ends_before_to(past: Past, clock: Traveller, query: dict[str, str]) -> None:
    assert clock
    query = {name: past.ada.id if value == "ada" else value for name, value in query.items()}
    from_, to = "2026-03-01T11:00:01+01:00", "2026-03-01T10:00:03.5Z"
    times = [event["at"] for event in found(past.me, {"from": from_, "to": to, **query})]
    expected = [
        item
        for item in past.events
        if item["id"] in past.matching(**query) and "2026-03-01T10:00:01.000Z" <= item["sk"] < "2026-03-01T10:00:03.500Z"
    ]
    assert times == [item["sk"].partition("#")[0] for item in expected]
    assert times
    assert min(times) >= "2026-03-01T10:00:01.000Z"
    exact = times[-1]
    assert exact in [event["at"] for event in found(past.me, {"from": exact, "to": to, **query})]
    assert exact not in [event["at"] for event in found(past.me, {"to": exact, **query})]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("from", value) for value in ("", "now", "2026-03-01", "1772359200", "2026-03-01 10:00:00Z", "2026-03-01T10:00:00")),
        *(
            ("to", value)
            for value in ("2026-13-01T10:00:00Z", "2026-02-30T10:00:00Z", "2026-03-01T10:00Z", "٢026-03-01T10:00:00Z")
        ),
        *(("from", value) for value in ("2026-03-01T10:00:00+25:00", "2026-03-01T10:00:00.Z", "20260301T100000Z", "x" * 1000)),
        *((name, value) for name in ("user_id", "actor_id") for value in ("", "ada", "A" * 32, "0" * 33, "USER#x", "#a = :b")),
        *(("event", value) for value in ("", "sign_in", "SIGN_IN.FAILED", "begins_with(sk,:x)", "role.created#1", "*")),
    ],
)
def test_z09_what_is_no_such_thing_is_refused_by_its_member_and_not_repeated(
    past: Past, clock: Traveller, name: str, value: str
) -> None:
    assert clock
    answer = past.me.admin("GET", f"/audit?{urlencode({name: value})}")
    assert problem(answer) == INVALID
    assert [error["field"] for error in answer.json()["errors"]] == [name]
    assert len(value) < 9 or value not in answer.body.decode()


def test_a_time_that_ends_before_it_begins_is_refused(past: Past, clock: Traveller) -> None:
    assert clock
    for path in ("/audit", "/audit/export"):
        for to in (BEGAN, "2026-03-01T09:59:59Z"):
            answer = past.me.admin("GET", f"{path}?{urlencode({'from': BEGAN, 'to': to})}")
            assert problem(answer) == INVALID
            assert answer.json()["errors"] == [{"field": "to", "message": "must be later than `from`"}]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_before_all_events_has_none_before_and_all_after(past: Past, clock: Traveller, time: str) -> None:
    assert clock
    assert found(past.me, {"user_id": past.ada.id, "to": time}) == []
    assert ids(found(past.me, {"user_id": past.ada.id, "from": time, "to": ENDED})) == past.matching(user_id=past.ada.id)


def test_a_time_after_all_events_has_all_before_and_none_after(past: Past, clock: Traveller) -> None:
    assert clock
    for time in ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999-14:00", "2126-01-01t00:00:00z"):
        assert found(past.me, {"user_id": past.ada.id, "from": time}) == []
        assert ids(found(past.me, {"user_id": past.ada.id, "to": time})) == past.matching(user_id=past.ada.id)


def test_z08_a_cursor_is_good_for_its_search_and_its_caller_alone(past: Past, stack: Stack, clock: Traveller) -> None:
    assert clock
    query = {"user_id": past.ada.id, "to": ENDED}
    cursor = search(past.me, query, 1)["next_cursor"]
    assert search(past.me, query, 100, cursor)["items"]
    roles = past.me.admin("GET", "/roles?limit=1").json()["next_cursor"]
    own = past.ada.login()
    trail = own.call("GET", "/audit?limit=1").json()["next_cursor"]
    for other, wrong in (
        (query, roles),
        (query, trail),
        (query, f"{cursor}A"),
        (query, cursor.swapcase()),
        (query, ""),
        ({}, cursor),
        ({"user_id": past.ada.id}, cursor),
        ({**query, "event": "sign_in.failed"}, cursor),
        ({"actor_id": past.ada.id, "to": ENDED}, cursor),
    ):
        for path in ("/audit", "/audit/export"):
            assert outcome(past.me.admin("GET", f"{path}?{urlencode(other | {'cursor': wrong})}")) == INVALID_CURSOR
    reader = user_with(stack, "audit:read")
    assert outcome(reader.admin("GET", f"/audit?{urlencode(query | {'cursor': cursor})}")) == INVALID_CURSOR


@pytest.mark.parametrize(
    ("names", "calls"),
    [((), 3), (("event",), 3), (("user_id", "event"), 1), (("actor_id", "user_id", "event"), 1), (("actor_id",), 1)],
)
def test_a_page_costs_three_queries_at_the_most_and_no_scan(
    past: Past, clock: Traveller, names: tuple[str, ...], calls: int
) -> None:
    assert clock
    values = {"user_id": past.ada.id, "actor_id": past.ada.id, "event": "sign_in.failed"}
    for path in ("/audit", "/audit/export"):
        with recorded() as made:
            past.me.admin("GET", f"{path}?{urlencode({name: values[name] for name in names})}")
        assert [call.operation for call in made if call.operation != "BatchGetItem"] == ["Query"] * calls
        assert all(call.parameters["Limit"] <= 1000 for call in made if call.operation == "Query")


def test_an_event_that_has_expired_is_no_longer_found(past: Past, clock: Traveller) -> None:
    """Though DynamoDB deletes it days later."""
    clock.shift(400 * 86_400)
    me = administrator(past.me.api.stack)
    assert found(me, {"user_id": past.ada.id, "to": ENDED}) == []


def test_the_export_has_what_the_search_has_as_one_event_a_line(past: Past, clock: Traveller) -> None:
    assert clock
    for query in ({"to": ENDED, "from": BEGAN}, {"to": ENDED, "from": BEGAN, "event": "sign_in.failed"}):
        answer = past.me.admin("GET", f"/audit/export?{urlencode(query)}")
        assert answer.status == 200
        assert answer.header("content-type") == "application/x-ndjson; charset=utf-8"
        assert answer.header("x-next-cursor") is None
        assert answer.body.endswith(b"\n")
        assert [json.loads(line) for line in answer.body.splitlines()] == found(past.me, query)


def test_an_export_of_nothing_is_empty(past: Past, clock: Traveller) -> None:
    assert clock
    answer = past.me.admin("GET", f"/audit/export?user_id={'0' * 32}")
    assert (answer.status, answer.body, answer.header("x-next-cursor")) == (200, b"", None)


def test_z14_no_call_writes_or_deletes_events(past: Past, clock: Traveller) -> None:
    assert clock
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("/audit", "/audit/export", f"/audit/{past.events[0]['id']}"):
            assert past.me.admin(method, path, {}).status in (404, 405)
    assert ids(found(past.me, {"from": BEGAN, "to": ENDED})) == past.matching()
