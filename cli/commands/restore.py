"""`gatepost restore`: tables brought back from their backups, and what that has undone."""

from dataclasses import asdict
from typing import Any

import click
from click.exceptions import Exit

from cli import output
from cli.backup import ended, halves, missing_users, points, shown, undone
from cli.backup.copying import Pair, copy_exactly, copy_missing
from cli.backup.tables import DURABLE, described, name_of, wait_until_active
from cli.commanding import Group
from cli.failures import Refused
from cli.parameters import Moment
from cli.run import Run, pass_run
from gatepost import clock
from gatepost.aws.clients import client
from gatepost.service import Service
from gatepost.signing.ring import KeyRing
from gatepost.storage import keys, signing_keys

_TABLE = click.Choice(DURABLE)


@click.group(
    cls=Group,
    examples=(
        "gatepost restore deleted users",
        "gatepost restore beside users --at 2026-11-23T08:30:00Z",
        "gatepost restore copy users --from NAME",
        "gatepost restore review --since 2026-11-23T08:30:00Z",
    ),
)
def restore() -> None:
    """Bring tables back from their backups, and see what that has undone."""


@restore.command(
    examples=("gatepost --stack gatepost-prod restore deleted users", "gatepost restore deleted users roles audit --yes")
)
@click.argument("tables", type=_TABLE, nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="don't ask")
@pass_run
def deleted(run: Run, tables: tuple[str, ...], yes: bool) -> None:
    """Bring deleted tables back under their names, as they were when they were deleted: nothing is lost.

    DynamoDB has made a backup of each then, and keeps it for 35 days. They get their backups, protection and expiry again;
    tags they don't, and docs/backup.md says what to do about the stream of the Audit table. It takes minutes, up to hours.
    """
    settings, dynamodb = run.deployment.settings, client("dynamodb")
    if not yes:
        click.confirm(f"Restore {', '.join(tables)} of {run.deployment.title}?", abort=True, err=True)
    standing = [described(dynamodb, name_of(settings, table)) for table in DURABLE if table not in tables]
    # A local stack's tables may be thrown away, and so may those of a deployment that says so.
    protected = any(each and each.get("DeletionProtectionEnabled") for each in standing)
    for table in tables:
        points.restore_deleted(dynamodb, name_of(settings, table))
    for table in tables:
        name = name_of(settings, table)
        points.finish(dynamodb, table, name, protected=protected, on_look=output.progress_of(table))
    output.say_progress("")
    shown.print_names(run, [{"table": table, "name": name_of(settings, table)} for table in tables])
    output.say(shown.AFTER_ALL, fg="yellow")


@restore.command(
    examples=(
        "gatepost --stack gatepost-prod restore beside users roles --at 2026-11-23T08:30:00Z",
        "gatepost restore beside --at 20m",
    )
)
@click.argument("tables", type=_TABLE, nargs=-1)
@click.option("--at", type=Moment(), required=True, help="so long ago (90m, 12h, 7d) or a time like 2026-11-23T08:30:00Z")
@click.option("--wait/--no-wait", default=True, help="wait until they can be used")
@pass_run
def beside(run: Run, tables: tuple[str, ...], at: int, wait: bool) -> None:
    """Make new tables that are what tables were at a time, all of them if none is named; the deployment goes on with its own.

    They're named NAME-as-of-TIME, and nothing uses them: `restore copy` takes from them what is needed. It takes minutes, up to
    hours, however large they are. Run again, it goes on waiting. Delete them when you're done.
    """
    settings, dynamodb, moment = run.deployment.settings, client("dynamodb"), at // 1000
    names = {table: name_of(settings, table) for table in tables or DURABLE}
    points.demand_within([points.window(dynamodb, name) for name in names.values()], moment)
    made = {table: points.restore_beside(dynamodb, name, moment) for table, name in names.items()}
    if wait:
        for table, name in made.items():
            wait_until_active(dynamodb, name, output.progress_of(table))
        output.say_progress("")
    shown.print_names(run, [{"table": table, "name": name} for table, name in made.items()])


@restore.command(
    examples=(
        "gatepost restore copy users --from NAME-as-of-20261123T083000Z",
        "gatepost --stack gatepost-prod restore copy roles --from NAME-as-of-20261123T083000Z --exactly",
    )
)
@click.argument("table", type=_TABLE)
@click.option("--from", "copy", metavar="NAME", required=True, help="a table beside: `restore beside`, or an import from S3")
@click.option("--exactly", is_flag=True, help="make TABLE what NAME is: what is newer is lost")
@click.option("--events-incomplete", is_flag=True, help="although security events may not tell who or what was deleted since")
@click.option("--yes", is_flag=True, help="don't ask")
@pass_run
def copy(run: Run, table: str, copy: str, exactly: bool, events_incomplete: bool, yes: bool) -> None:
    """Copy from a table beside into the deployment's TABLE what is missing there, and nothing else; it may be in use meanwhile.

    Missing users come back with all that is theirs but sessions, unless they were deleted, or their address has an account by
    now. API keys, roles, passwords and clients that were ended since don't, and who was disabled still is. Security events say
    so: where they may not tell all, it's refused. With --events-incomplete, users come back without password and API keys then.

    With --exactly, TABLE becomes what NAME is: stop the functions before (docs/backup.md). Whatever has changed since is
    undone, which `restore review` lists. Signing keys are not brought back if one of them was removed since.

    Cut short, it goes on when it's run again. An item of 1 KB costs a write unit and one for each index, a user ten.
    """
    deployment = run.deployment
    service, me, caller = deployment.acting()
    dynamodb, name, since_ms = client("dynamodb"), name_of(service.settings, table), None
    pair = Pair(dynamodb, table, copy, name)
    if table == "audit" and exactly:
        raise Refused("Events are never taken back: they say what was undone. Without --exactly the missing ones are copied.")
    if table == "keys":
        _demand_none_removed(signing_keys.read(service.db, copy), undone.removed_keys(service.db, service.settings.audit_table))
    # What goes back as a whole, `restore review` looks after; nobody looks after keys.
    if table == "keys" or (table in ("users", "clients") and not exactly):
        since_ms = ended.told_since_ms(dynamodb, service, copy, allow_less=events_incomplete and table != "keys")
    if not yes:
        what = f"Make {name} exactly what {copy} is" if exactly else f"Copy into {name} what it lacks of {copy}"
        click.confirm(f"{what}, in {deployment.title}?", abort=True, err=True)
    if exactly:
        shown.print_copied(run, table, copy_exactly(pair, shown.progress))
    elif table == "users":
        shown.print_returned(run, missing_users.bring_back(service, me, caller, copy, shown.progress, since_ms=since_ms))
    else:
        shown.print_copied(run, table, copy_missing(pair, shown.progress, but=_deleted(service) if table == "clients" else ()))
    output.say(shown.AFTER_UNDOING if exactly else shown.AFTER_ADDING, fg="yellow")


@restore.command(examples=("gatepost restore mend", "gatepost --stack gatepost-prod restore mend --json"))
@pass_run
def mend(run: Run) -> None:
    """Mend users and roles that were restored by halves, as `--exactly` may leave a few.

    DynamoDB may restore a part of what was written at that very second. So an address may be claimed by nobody, and have no
    account ever again, or a user may have no claim of theirs; the set of administrators and the version of the roles may differ
    from what they are made of. Where all is in order nothing is done.
    """
    mended = halves.mend(run.deployment.service)
    if run.json:
        output.print_json(asdict(mended))
    else:
        output.print_members(asdict(mended))
    if mended.address_taken:
        raise Refused(f"{', '.join(mended.address_taken)}: another account has the address. Delete one of the two.")


@restore.command(
    examples=(
        "gatepost restore review --since 2026-11-23T08:30:00Z",
        "gatepost restore review --since 2026-11-23T08:30:00Z --until 2026-11-23T10:00:00Z --json",
    )
)
@click.option("--since", type=Moment(), required=True, help="what the tables were restored to (90m, 12h, 7d, or a time)")
@click.option("--until", type=Moment(), help="when they were restored [default: now]")
@pass_run
def review(run: Run, since: int, until: int | None) -> None:
    """List what a restore has undone that protected somebody: deleted and disabled users, roles and passwords that were taken
    away, signing keys that were removed. Each with what does it again.

    Security events say what happened, the tables whether it holds. The exit code is 1 while something is left to do; run it
    again, with the same times, until it's 0.
    """
    found = undone.undone(run.deployment.service, since, until if until is not None else clock.now_ms())
    if run.json:
        output.print_json([each.described() for each in found])
    else:
        output.print_table(["AT", "EVENT", "OF", "AGAIN"], [[each.at, each.event, each.subject, each.again] for each in found])
    output.say(f"{len(found)} to do again." if found else "Nothing is left to do again.")
    if found:
        raise Exit(Refused.exit_code)


def _deleted(service: Service) -> set[tuple[str, ...]]:
    """Return where clients stood that were deleted."""
    deleted = undone.deleted_clients(service.db, service.settings.audit_table)
    return {(keys.client(client_id)["pk"], keys.client(client_id)["sk"]) for client_id in deleted}


def _demand_none_removed(ring: KeyRing, removed: dict[str, Any]) -> None:
    stolen = sorted({key.kid for key in ring.keys} & removed.keys())
    if stolen:
        raise Refused(
            f"{', '.join(stolen)} was removed since: it would sign again. Signing keys need no restore: with none, "
            "`gatepost keys rotate` makes new ones, and nobody has to sign in again."
        )
