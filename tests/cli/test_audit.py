"""`gatepost audit`: what happened, as the admin API's search has it, in a terminal and in files."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatepost import clock
from gatepost.audit import Event, Trail
from gatepost.aws.clients import client
from gatepost.caller import Caller
from gatepost.identifiers import new_id
from gatepost.storage.table import Database
from local.stack import Stack
from tests.cli.support import Operator
from tests.integration.accounts import WRONG, new_user
from tests.integration.administrators import administrator
from tests.support import Api, new_email


def printed(operator: Operator, *arguments: str) -> list[dict[str, Any]]:
    """Return the events that `audit tail` prints."""
    return [json.loads(line) for line in operator.run("--json", "audit", "tail", *arguments).stdout.splitlines()]


def test_the_tail_is_what_the_search_of_administrators_finds_the_newest_last(operator: Operator, stack: Stack) -> None:
    user, me = new_user(stack), administrator(stack)
    for _ in range(3):
        user.api.login(user.email, WRONG)
    for options, query in (
        (("--user", user.id), f"user_id={user.id}"),
        (("--user", user.email), f"user_id={user.id}"),
        (("--actor", user.id), f"actor_id={user.id}"),
        (("--user", user.id, "--event", "sign_in.failed"), f"user_id={user.id}&event=sign_in.failed"),
        (("--since", "1h"), ""),
    ):
        found = me.admin("GET", f"/audit?{query}&limit=100".replace("?&", "?")).json()["items"]
        assert found
        assert printed(operator, "-n", "100", *options) == found[::-1]


def test_without_options_it_is_the_newest_25(operator: Operator, stack: Stack) -> None:
    user = new_user(stack)
    for _ in range(15):
        user.login()
        user.api.login(new_email(), WRONG)
    lines = printed(operator)
    assert len(lines) == 25
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert len(printed(operator, "--since", "1d")) > 25
    assert len(printed(operator, "-n", "3")) == 3


def test_what_a_client_calls_itself_does_nothing_to_the_terminal(operator: Operator, stack: Stack) -> None:
    trail, user_id = Trail(stack.template.tables["AuditTable"].name, 1), new_id()
    forger = Caller("192.0.2.1", "\x1b]0;owned\x07\r\n2026 \u202e forged\u2028", "request")
    Database(client("dynamodb")).transact(trail.event(Event.SIGN_IN_SUCCEEDED, forger, user_id=user_id))
    for options in ((), ("--json",)):
        line = operator.run("audit", "tail", "--user", user_id, *options).stdout
        assert line.count("\n") == 1
        assert line.strip().isprintable()
        assert "\u202e" not in line


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_it_follows_what_happens_and_shows_nothing_twice(
    operator: Operator, stack: Stack, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    user = new_user(stack)
    for _ in range(3):
        user.api.login(user.email, WRONG)
    happenings: list[Callable[[], Any]] = [
        lambda: None,
        lambda: user.api.login(user.email, WRONG),
        user.login,
        lambda: None,
    ]

    def meanwhile(_: float) -> None:
        if not happenings:
            raise KeyboardInterrupt
        happenings.pop(0)()

    monkeypatch.setattr("cli.commands.audit.time.sleep", meanwhile)
    lines = printed(operator, "--user", user.id, "--follow", *options)
    assert len({line["id"] for line in lines}) == len(lines)
    assert [line["event"] for line in lines][-2:] == ["sign_in.failed", "sign_in.succeeded"]
    everything = printed(operator, "--user", user.id)
    assert lines == everything[-len(lines) :]
    assert len(lines) == (len(everything) if not options else 4)


def test_an_export_has_every_event_a_line_each_for_its_owner_alone(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    since = clock.rfc3339_ms(clock.now_ms() - 3_600_000)
    assert "events." in operator.run("audit", "export", str(path), "--since", since).stderr
    events = [json.loads(line) for line in path.read_text("ascii").splitlines()]
    assert events[::-1] == printed(operator, "--since", since)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert operator.json("audit", "export", str(path)) == {"file": str(path), "events": len(events)}
    assert [json.loads(line) for line in operator.run("audit", "export", "-").stdout.splitlines()] == events
    assert [each.name for each in tmp_path.iterdir()] == ["events.jsonl"]


def test_an_export_that_fails_leaves_the_file_before_it(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("before")
    monkeypatch.setattr("cli.commands.audit.audit_search.described", lambda item: 1 / 0)
    assert "This is a bug: ZeroDivisionError" in operator.run("audit", "export", str(path), code=70).stderr
    assert [each.read_text() for each in tmp_path.iterdir()] == ["before"]
    missing = str(tmp_path / "no" / "events.jsonl")
    assert "No such file" in operator.refusal("audit", "export", missing)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--since", "yesterday"), "neither a while ago"),
        (("--since", "0h"), "neither a while ago"),
        (("--since", "2026-11-23"), "neither a while ago"),
        (("--event", "sign_in"), "'sign_in' is not one of"),
        (("--user", "ada"), "the id or the e-mail address"),
        (("-n", "0"), "0 is not in the range"),
    ],
)
def test_options_that_mean_nothing_are_2(operator: Operator, options: tuple[str, ...], said: str) -> None:
    assert said in operator.run("audit", "tail", *options, code=2).stderr


def test_an_address_without_an_account_is_1(operator: Operator) -> None:
    assert "No account has this address" in operator.refusal("audit", "tail", "--user", new_email())


def test_where_nothing_happened_nothing_is_printed(operator: Operator) -> None:
    assert operator.run("audit", "tail", "--user", new_id()).output == ""


def test_events_are_counted_by_what_they_have(operator: Operator) -> None:
    user, elsewhere = new_user(operator.stack), Api(operator.stack)
    for _ in range(3):
        elsewhere.login(user.email, WRONG)
    user.api.login(user.email, WRONG)
    search = ("--user", user.email, "--event", "sign_in.failed")
    assert operator.json("audit", "count", "--by", "ip", *search) == {
        "total": 4,
        "different": 2,
        "counts": [{"ip": elsewhere.ip, "events": 3}, {"ip": user.api.ip, "events": 1}],
    }
    assert operator.json("audit", "count", "--by", "ip", *search, "-n", "1")["counts"] == [{"ip": elsewhere.ip, "events": 3}]
    shown = operator.run("audit", "count", "--by", "reason", *search, "--ip", elsewhere.ip)
    assert [line.split() for line in shown.stdout.splitlines()] == [["EVENTS", "REASON"], ["3", "wrong_password"]]
    assert shown.stderr == "3 events in all.\n"
    assert operator.json("audit", "count", "--by", "actor", *search)["counts"] == [{"actor": None, "events": 4}]


def test_events_of_a_client_address_alone(operator: Operator) -> None:
    user, elsewhere = new_user(operator.stack), Api(operator.stack)
    elsewhere.login(user.email, WRONG)
    (line,) = operator.run("--json", "audit", "tail", "--user", user.email, "--ip", elsewhere.ip).stdout.splitlines()
    assert json.loads(line)["event"] == "sign_in.failed"
