"""`gatepost backup`: how far back the tables can be restored, and exports of all of them as they were at one moment."""

from typing import TYPE_CHECKING

import click

from cli import output
from cli.backup import points
from cli.backup.points import Bucket, Window
from cli.backup.tables import DURABLE, name_of
from cli.commanding import Group
from cli.failures import Refused
from cli.parameters import Moment
from cli.run import Run, pass_run
from gatepost import clock
from gatepost.aws.clients import client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@click.group(cls=Group, examples=("gatepost backup status", "gatepost backup export --bucket my-backups"))
def backup() -> None:
    """See how far back the tables can be restored, and export all of them as they were at one moment."""


@backup.command(examples=("gatepost backup status", "gatepost --stack gatepost-prod backup status --json"))
@pass_run
def status(run: Run) -> None:
    """Show between which times each durable table can be restored, to the second, and whether it's protected from deletion.

    What happened after the second of these times would be lost if everything were lost now: that's five minutes, as a rule. The
    exit code is 1 where a table can't be restored at all.
    """
    windows = _windows(run)
    if run.json:
        output.print_json([{"table": table, **_described(each)} for table, each in windows.items()])
    else:
        columns = ["TABLE", "RESTORABLE FROM", "UNTIL", "BEHIND", "PROTECTED"]
        output.print_table(columns, [[table, *_row(each)] for table, each in windows.items()])
    if lost := [table for table, each in windows.items() if each.latest is None]:
        raise Refused(f"{', '.join(lost)} can't be restored: `gatepost doctor tables.backups` says what to do.")


@backup.command(
    examples=(
        "gatepost --stack gatepost-prod backup export --bucket my-backups",
        "gatepost backup export --bucket my-backups --bucket-owner 210987654321 --kms-key KEY_ARN",
        "gatepost backup export --bucket my-backups --at 2026-11-23T08:30:00Z --no-wait --json",
    )
)
@click.option("--bucket", required=True, help="the S3 bucket that they go to")
@click.option("--bucket-owner", metavar="ACCOUNT", help="whose bucket it is [default: the deployment's account]")
@click.option("--prefix", default="gatepost", show_default=True, help="how the keys of all objects begin")
@click.option("--kms-key", metavar="ARN", help="what encrypts them [default: S3's own key]")
@click.option("--at", type=Moment(), help="as they were so long ago (10m, 2h) or at a time [default: the newest there is]")
@click.option("--wait/--no-wait", default=True, help="wait until all are there, which takes minutes")
@pass_run
def export(
    run: Run, bucket: str, bucket_owner: str | None, prefix: str, kms_key: str | None, at: int | None, wait: bool
) -> None:
    """Export all durable tables to S3, as they were at one and the same second.

    It reads the backups, not the tables, so nobody notices. What goes there is everything, password hashes included: the bucket
    must be as closed as the tables are. Begun again within eight hours, it's the same export.
    """
    windows = _windows(run)
    moment = points.newest_common([*windows.values()]) if at is None else at // 1000
    points.demand_within([*windows.values()], moment)
    dynamodb, exports = client("dynamodb"), dict[str, str]()
    for table, each in windows.items():
        where = Bucket(bucket, bucket_owner, f"{prefix}/{clock.rfc3339(moment)}/{table}", kms_key)
        exports[table] = points.export(dynamodb, each.name, moment, where)
    if wait:
        for table, arn in exports.items():
            points.wait_for_export(dynamodb, arn, output.progress_of(table))
        output.say_progress("")
    if run.json:
        output.print_json({"at": clock.rfc3339(moment), "exports": exports})
    else:
        output.print_table(["TABLE", "EXPORT"], [[table, arn] for table, arn in exports.items()])
    output.say(f"All tables as they were at {clock.rfc3339(moment)} {'are' if wait else 'will be'} in {bucket}.")


def _windows(run: Run) -> dict[str, Window]:
    settings = run.deployment.settings
    dynamodb: DynamoDBClient = client("dynamodb")
    return {table: points.window(dynamodb, name_of(settings, table)) for table in DURABLE}


def _described(each: Window) -> dict[str, object]:
    return {
        "name": each.name,
        "earliest": None if each.earliest is None else clock.rfc3339(each.earliest),
        "latest": None if each.latest is None else clock.rfc3339(each.latest),
        "deletion_protection": each.protected,
    }


def _row(each: Window) -> list[str]:
    protected = "yes" if each.protected else "no"
    if each.earliest is None or each.latest is None:
        return ["never", "", "", protected]
    behind = f"{max(0, clock.now() - each.latest)} s"
    return [clock.rfc3339(each.earliest), clock.rfc3339(each.latest), behind, protected]
