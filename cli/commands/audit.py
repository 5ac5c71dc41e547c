"""`gatepost audit`: the security events of everybody."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import update_wrapper
from itertools import islice
from typing import Any

import click

from cli import output, people
from cli.commanding import Group
from cli.parameters import Moment
from cli.run import Run, pass_run
from gatepost import clock
from gatepost.administration import audit_search
from gatepost.administration.audit_search import Search
from gatepost.audit import Event
from gatepost.service import Service
from gatepost.storage.writes import Item

_PAGE = 1000
_PAUSE = 2  # seconds between two looks
# An index shows an event a moment after it happened, and clocks differ: so far back a further look begins.
_LATE_MS = 30_000


@click.group(cls=Group, examples=("gatepost audit tail --follow", "gatepost audit export events.jsonl --since 30d"))
def audit() -> None:
    """Read the security events."""


_OPTIONS = (
    click.option("--user", metavar="ID|ADDRESS", help="of this user"),
    click.option("--actor", metavar="ID|ARN", help="what this user, or this operator, has done"),
    click.option("--event", type=click.Choice([str(event) for event in Event]), metavar="EVENT", help="such as sign_in.failed"),
    click.option("--ip", metavar="ADDRESS", help="from this client address"),
    click.option("--since", type=Moment(), help="so long ago (90m, 12h, 7d) or a time like 2026-11-23T08:30:00Z"),
)


@dataclass(frozen=True)
class Wanted:
    """Which events: those that `search` finds, from one client address if it's given. No index knows these: all are read."""

    search: Search
    ip: str | None = None


def _searching(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command` the options that say which events, and hand it the service and what is `Wanted`."""

    def searching(
        run: Run,
        /,
        user: str | None,
        actor: str | None,
        event: str | None,
        ip: str | None,
        since: int | None,
        **options: Any,
    ) -> None:
        service = run.deployment.service
        user_id = people.id_of(service, user, "--user") if user else None
        search = Search(user_id, actor, Event(event) if event else None, from_ms=since)
        command(run, service, Wanted(search, ip), **options)

    optioned: Callable[..., None] = update_wrapper(pass_run(searching), command)
    for option in reversed(_OPTIONS):
        optioned = option(optioned)
    return optioned


@audit.command(
    examples=(
        "gatepost audit tail --follow",
        "gatepost audit tail --since 1h --event sign_in.failed",
        "gatepost audit tail --user ada@example.com -n 100 --json | jq .ip",
    )
)
@click.option("-n", "--lines", type=click.IntRange(min=1), help="the newest so many [default: 25, or all --since]")
@click.option("-f", "--follow", is_flag=True, help="go on with what happens from now on, until Ctrl-C")
@_searching
def tail(run: Run, service: Service, wanted: Wanted, lines: int | None, follow: bool) -> None:
    """Show the newest events, the newest last: when, what, how it went, whose, by whom, from where.

    With --json, each event is a line of JSON. Events stand here a moment after they happened.
    """
    most = lines or (None if wanted.search.from_ms else 25)
    shown = list(islice(_newest_first(service, wanted), most))
    _print_all(run, shown)
    if follow:
        try:
            _follow(run, service, wanted, shown)
        except KeyboardInterrupt:
            return


_BY = {"event": "event", "reason": "reason", "ip": "ip", "user": "user_id", "actor": "actor_id", "user-agent": "user_agent"}


@audit.command(
    examples=(
        "gatepost audit count --by event --since 1h",
        "gatepost audit count --by ip --event sign_in.failed --since 15m",
        "gatepost audit count --by user --event sign_in.failed --since 15m --json | jq '.counts[0]'",
    )
)
@click.option("--by", type=click.Choice(list(_BY)), required=True, help="what is counted")
@click.option("-n", "--lines", type=click.IntRange(min=1), default=10, show_default=True, help="the most frequent so many")
@_searching
def count(run: Run, service: Service, wanted: Wanted, by: str, lines: int) -> None:
    """Count events: where failed sign-ins come from, whom they are about, and why. The most frequent first."""
    counts = Counter(item.get(_BY[by]) for item in _newest_first(service, wanted))
    if run.json:
        told = [{by.replace("-", "_"): value, "events": number} for value, number in counts.most_common(lines)]
        output.print_json({"total": counts.total(), "different": len(counts), "counts": told})
        return
    rows = [[str(number), value or "(none)"] for value, number in counts.most_common(lines)]
    output.print_table(["EVENTS", by.upper()], rows)
    output.say(f"{counts.total()} events in all.")


@audit.command(
    examples=(
        "gatepost audit export events.jsonl",
        "gatepost audit export - --since 2026-11-01T00:00:00Z --event role.updated | gzip > roles.jsonl.gz",
    )
)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@_searching
def export(run: Run, service: Service, wanted: Wanted, file: str) -> None:
    """Write events to FILE as JSON Lines, the newest first. FILE is yours alone to read; - is stdout."""
    count = 0
    with (
        output.private_file(file) as lines,
        click.progressbar(_newest_first(service, wanted), label="Events", show_pos=True, file=output.for_people()) as events,
    ):
        for item in events:
            # In ASCII: nothing that an event holds does anything to a terminal, or to who reads it line by line.
            lines.write(f"{json.dumps(audit_search.described(item))}\n")
            count += 1
    output.say(f"{count} events.")
    if run.json and file != "-":
        output.print_json({"file": file, "events": count})


def _newest_first(service: Service, wanted: Wanted) -> Iterator[Item]:
    items, after = audit_search.page(service.db, service.settings.audit_table, wanted.search, _PAGE, None)
    while True:
        yield from (item for item in items if wanted.ip in (None, item["ip"]))
        if after is None:
            return
        items, after = audit_search.page(service.db, service.settings.audit_table, wanted.search, _PAGE, after)


def _follow(run: Run, service: Service, wanted: Wanted, shown: list[Item]) -> None:
    """Print what happens from now on: nothing older than what is `shown` already, and nothing twice."""
    seen = {item["id"]: item["at_ms"] for item in shown}
    oldest = newest = clock.now_ms()
    if shown:
        oldest, newest = shown[-1]["at_ms"], shown[0]["at_ms"]
    while True:
        time.sleep(_PAUSE)
        begin = max(newest - _LATE_MS, oldest)
        later = replace(wanted, search=replace(wanted.search, from_ms=begin))
        fresh = [item for item in _newest_first(service, later) if item["id"] not in seen]
        _print_all(run, fresh)
        seen = {item_id: at_ms for item_id, at_ms in seen.items() if at_ms >= begin}
        seen |= {item["id"]: item["at_ms"] for item in fresh}
        newest = max([newest, *seen.values()])


def _print_all(run: Run, newest_first: list[Item]) -> None:
    for item in reversed(newest_first):
        event = audit_search.described(item)
        if run.json:
            output.print_json_line(event)
        else:
            click.echo(_line(event))


def _line(event: dict[str, Any]) -> str:
    outcome = click.style(event["reason"], fg="red") if event["result"] == "failure" else "ok"
    told = [event["at"], f"{event['event']:28}", outcome]
    for name in ("user_id", "actor_id", "role", "client_id", "api_key_id", "ip", "user_agent"):
        if event[name]:
            told.append(f"{name.removesuffix('_id')}={output.printable(event[name])}")
    return "  ".join(told)
