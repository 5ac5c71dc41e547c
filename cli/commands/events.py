"""`gatepost events`: what other systems are told of what happens."""

from collections.abc import Iterator

import click

from cli import output
from cli.commanding import Group
from cli.deployment import Deployment
from cli.failures import Refused, Unreachable
from cli.parameters import Moment
from cli.run import Run, pass_run
from gatepost import clock
from gatepost.domain_events.replay import Replayed
from gatepost.errors import Unavailable


@click.group(cls=Group, examples=("gatepost events replay --from 2h",))
def events() -> None:
    """Publish again what other systems have missed."""


@events.command(
    examples=(
        "gatepost events replay --from 2h",
        "gatepost events replay --from 2026-11-23T08:30:00Z --to 2026-11-23T09:00:00Z --json",
    )
)
@click.option("--from", "from_ms", type=Moment(), required=True, help="from so long ago (90m, 12h, 7d) or from a time on")
@click.option("--to", "to_ms", type=Moment(), help="until before then [default: now]")
@pass_run
def replay(run: Run, from_ms: int, to_ms: int | None) -> None:
    """Publish again what happened in a while, for those who missed it: after dead letters, or a mistake of a listener's.

    They are the same events by the same ids, the newest first, and all listeners get them: who has taken an event already
    passes over it by its `detail.id`.
    """
    until = clock.now_ms() if to_ms is None else to_ms
    if until <= from_ms:
        raise click.BadParameter("must be later than --from", param_hint="--to")
    seen, refused = 0, list[str]()
    try:
        for part in _parts(run.deployment, from_ms, until):
            seen += part["seen"]
            refused += part["refused"]
            output.say_progress(f"{seen} security events")
    except Unavailable as exc:
        raise Unreachable(
            f"It stopped after {seen} security events, since the events function didn't answer. Run it again: what was "
            "published already comes by the same ids."
        ) from exc
    if run.json:
        output.print_json({"seen": seen, "refused": refused})
    output.say(f"\n{seen} security events of that time were looked at; those that are for others are published again.")
    if refused:
        raise Refused(f"{len(refused)} could not be published; the events function's log says why: {', '.join(refused)}.")


def _parts(deployment: Deployment, from_ms: int, to_ms: int) -> Iterator[Replayed]:
    """Have the events function, which alone may put events on the bus, publish part after part."""
    wanted = {"operator": deployment.operator, "from_ms": from_ms, "to_ms": to_ms}
    part: Replayed = deployment.events_function.invoke({"replay": wanted})
    yield part
    while part["after"] is not None:
        part = deployment.events_function.invoke({"replay": {**wanted, "after": part["after"]}})
        yield part
