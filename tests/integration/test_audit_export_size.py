"""The export of many events: bounded below the 6 MB that Lambda answers at the most, whatever they hold (R-38, Z-14)."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gatepost.audit import Event, Trail
from gatepost.aws.clients import client
from gatepost.caller import Caller
from gatepost.identifiers import new_id
from gatepost.storage.table import Database
from local.stack import Stack
from tests.integration.administrators import Staff, administrator

LAMBDA_ANSWERS = 6 * 1024 * 1024
EVENTS = 2500
# The largest and the oddest that the edge lets through.
AGENTS = ["\x1b" * 256, "\x9b31m\u2028\u202e\r\n" * 32, '"\\' * 128, "\U0001f600" * 256]


@pytest.fixture(scope="module")
def someone(stack: Stack) -> str:
    """The id of a user with more events than one answer holds."""
    db, trail, user_id = Database(client("dynamodb")), Trail(stack.template.tables["AuditTable"].name, 400), new_id()

    def write(number: int) -> None:
        caller = Caller("2001:db8:1111:2222:3333:4444:5555:6666", AGENTS[number % len(AGENTS)], "JKJaXmPLvHcESHA=")
        db.write(trail.event(Event.SIGN_IN_FAILED, caller, user_id=user_id, reason="wrong_password"))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(EVENTS)))
    return user_id


def answers(stack: Stack, me: Staff, query: str) -> Iterator[tuple[bytes, int]]:
    """The bodies of an export's answers, and the sizes of what the handler gave Lambda for them."""
    cursor = ""
    while True:
        answer = me.admin("GET", f"/audit/export?{query}{cursor}")
        assert answer.status == 200, answer.body
        yield answer.body, len(json.dumps({"body": answer.body.decode(), "headers": dict(answer.headers)}))
        if answer.header("x-next-cursor") is None:
            return
        cursor = f"&cursor={answer.header('x-next-cursor')}"


@pytest.mark.parametrize("query", ["user_id={}", "event=sign_in.failed", "user_id={}&event=sign_in.failed"])
def test_r38_an_export_goes_on_until_all_is_told_and_no_answer_is_too_large(stack: Stack, someone: str, query: str) -> None:
    found = list(answers(stack, administrator(stack), query.format(someone)))
    assert all(size < LAMBDA_ANSWERS // 1.5 for _, size in found)
    events = [json.loads(line) for body, _ in found for line in body.split(b"\n")[:-1]]
    ids = [event["id"] for event in events if event["user_id"] == someone]
    assert len(found) >= 3
    assert len(ids) == len(set(ids)) == EVENTS
    assert [event["at"] for event in events] == sorted((event["at"] for event in events), reverse=True)
    assert {event["user_agent"] for event in events if event["user_id"] == someone} == set(AGENTS)


def test_z14_whatever_an_event_holds_a_line_is_one_line_of_plain_characters(stack: Stack, someone: str) -> None:
    for body, _ in answers(stack, administrator(stack), f"user_id={someone}"):
        assert body.isascii()
        assert all(character >= 0x20 or character == 0x0A for character in body)
