"""`gatepost audit`: the security events of everybody."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import update_wrapper
from itertools import islice
from typing import Any

import click

from cli import output
from cli.commanding import Group
from cli.failures import Refused
from cli.parameters import Moment
from cli.run import Run, pass_run
from gatepost import clock
from gatepost.accounts import email_addresses
from gatepost.administration import audit_search
from gatepost.administration.audit_search import Search
from gatepost.audit import Event
from gatepost.identifiers import is_id
from gatepost.service import Service
from gatepost.storage import keys
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
    click.option("--since", type=Moment(), help="so long ago (90m, 12h, 7d) or a time like 2026-11-23T08:30:00Z"),
)


def _searching(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command` the options that say which events, and hand it the service and the `Search`."""

    def searching(
        run: Run, /, user: str | None, actor: str | None, event: str | None, since: int | None, **options: Any
    ) -> None:
        service = run.deployment.service
        user_id = _user_id(service, user) if user else None
        command(run, service, Search(user_id, actor, Event(event) if event else None, from_ms=since), **options)

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
def tail(run: Run, service: Service, search: Search, lines: int | None, follow: bool) -> None:
    """Show the newest events, the newest last: when, what, how it went, whose, by whom, from where.

    With --json, each event is a line of JSON. Events stand here a moment after they happened.
    """
    most = lines or (None if search.from_ms else 25)
    shown = list(islice(_newest_first(service, search), most))
    _print_all(run, shown)
    if follow:
        try:
            _follow(run, service, search, shown)
        except KeyboardInterrupt:
            return


@audit.command(
    examples=(
        "gatepost audit export events.jsonl",
        "gatepost audit export - --since 2026-11-01T00:00:00Z --event role.updated | gzip > roles.jsonl.gz",
    )
)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@_searching
def export(run: Run, service: Service, search: Search, file: str) -> None:
    """Write events to FILE as JSON Lines, the newest first. FILE is yours alone to read; - is stdout."""
    count = 0
    with (
        output.private_file(file) as lines,
        click.progressbar(_newest_first(service, search), label="Events", show_pos=True, file=output.for_people()) as events,
    ):
        for item in events:
            # In ASCII: nothing that an event holds does anything to a terminal, or to who reads it line by line.
            lines.write(f"{json.dumps(audit_search.described(item))}\n")
            count += 1
    output.say(f"{count} events.")
    if run.json and file != "-":
        output.print_json({"file": file, "events": count})


def _user_id(service: Service, text: str) -> str:
    if is_id(text):
        return text
    try:
        address = email_addresses.parse(text)
    except ValueError as exc:
        raise click.BadParameter("must be the id or the e-mail address of a user", param_hint="--user") from exc
    claim = service.db.get(service.settings.users_table, keys.email_claim(address.digest))
    if claim is None:
        raise Refused("No account has this address (any more). Search by the id of the user.")
    user_id: str = claim["user_id"]
    return user_id


def _newest_first(service: Service, search: Search) -> Iterator[Item]:
    items, after = audit_search.page(service.db, service.settings.audit_table, search, _PAGE, None)
    yield from items
    while after is not None:
        items, after = audit_search.page(service.db, service.settings.audit_table, search, _PAGE, after)
        yield from items


def _follow(run: Run, service: Service, search: Search, shown: list[Item]) -> None:
    """Print what happens from now on: nothing older than what is `shown` already, and nothing twice."""
    seen = {item["id"]: item["at_ms"] for item in shown}
    oldest = newest = clock.now_ms()
    if shown:
        oldest, newest = shown[-1]["at_ms"], shown[0]["at_ms"]
    while True:
        time.sleep(_PAUSE)
        begin = max(newest - _LATE_MS, oldest)
        fresh = [item for item in _newest_first(service, replace(search, from_ms=begin)) if item["id"] not in seen]
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
