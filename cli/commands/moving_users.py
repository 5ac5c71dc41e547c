"""`gatepost users import` and `export`: moving in with all users of another system, and out again with all that is theirs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from cli import exporting, output
from cli.commanding import Command
from cli.deployment import LOCAL
from cli.failures import Refused, Unreachable, of_aws
from cli.importing import journal
from cli.importing.admission import Rules
from cli.importing.formats import FORMATS, Format, Options, UnusableOption
from cli.importing.journal import JournalRefused
from cli.importing.reports import Files
from cli.importing.run import Summary, import_users
from cli.run import Run, pass_run
from gatepost.errors import Unavailable

# Users a second: what a table takes that was made a moment ago, with enough left for those who sign in.
_RATE_IN_AWS = 500
_SHOWN_REFUSALS = 10
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "import",
    cls=Command,
    examples=(
        "gatepost --stack gatepost-prod users import users.csv --format csv --dry-run",
        "gatepost --stack gatepost-prod users import auth0.json --format auth0 --hashes hashes.json",
        "gatepost --stack gatepost-prod users import users.jsonl --format gatepost --with-administrators",
    ),
    epilog="""
    Run it again, with the same file, after whatever has cut it short: it goes on where it was, and tries again whom it has
    refused. FILE.import.jsonl holds what is done, FILE.refused.jsonl who was refused and why, by line, and FILE.ids.csv which
    id of the file became which id here.

    100,000 users of about 1 KB cost 1,000,000 write units of DynamoDB.
    """,
)
@click.argument("file", type=_FILE)
@click.option("--format", "name", type=click.Choice(list(FORMATS)), required=True, help="what kind of file it is")
@click.option("--dry-run", is_flag=True, help="write nothing, and report what would be refused")
@click.option("--hashes", type=_FILE, help="Auth0's file of password hashes")
@click.option("--firebase-hash-config", type=_FILE, help="the hash parameters that Firebase's console shows")
@click.option("--roles-claim", metavar="NAME", help="take roles from this custom claim (firebase) or app_metadata (auth0)")
@click.option("--ignore-unknown-roles", is_flag=True, help="leave out roles that the deployment doesn't have")
@click.option("--with-administrators", is_flag=True, help="take users whose roles permit everything")
@click.option("--output", "prefix", type=click.Path(path_type=Path), metavar="PREFIX", help="of what is kept [default: FILE]")
@click.option(
    "--rate",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"users a second [default: {_RATE_IN_AWS} in AWS, any number locally]",
)
@pass_run
def import_(
    run: Run,
    file: Path,
    name: str,
    dry_run: bool,
    hashes: Path | None,
    firebase_hash_config: Path | None,
    roles_claim: str | None,
    ignore_unknown_roles: bool,
    with_administrators: bool,
    prefix: Path | None,
    rate: int | None,
) -> None:
    """Make users of those in FILE, with the password hashes they have.

    Whoever can't be imported is refused by line, and all others are, each with all that is theirs or not at all. An address
    that wasn't verified comes without its password: its owner signs in with a code by mail. Nobody is sent a mail.
    """
    options = Options(hashes=hashes, firebase_hash_config=firebase_hash_config, roles_claim=roles_claim)
    _demand_meant(FORMATS[name], options)
    if not file.is_file():
        raise click.UsageError("FILE must be a file that can be read more than once.")
    service, me, _ = run.deployment.acting()
    rules = Rules(service, me, ignore_unknown_roles=ignore_unknown_roles, with_administrators=with_administrators)
    files = Files.beside(prefix or file)
    about = journal.about(file, name, service)
    with _told(), file.open("rb") as stream, output.reading(stream, file.stat().st_size) as on_entry:
        summary = import_users(
            rules,
            FORMATS[name].read(stream, options),
            files,
            about,
            dry_run=dry_run,
            rate=rate or (None if me.id == LOCAL else _RATE_IN_AWS),
            on_entry=on_entry,
        )
    _report(run, summary, files, dry_run)


@click.command(cls=Command, examples=("gatepost --stack gatepost-prod users export users.jsonl",))
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@pass_run
def export(run: Run, file: str) -> None:
    """Write all users into FILE (or to stdout, for -), with their password hashes and all else that is theirs, as JSON Lines.

    `users import --format gatepost` takes it, in this deployment or in another; so does whatever reads JSON. Sessions aren't in
    it, and neither are roles themselves: see `roles export`.
    """
    service, number = run.deployment.service, 0
    with output.private_file(file) as lines:
        for some in exporting.lines(service):
            lines.writelines(some)
            number += len(some)
            output.say_progress(f"{number:,} users")
    output.say_progress("")
    if run.json and file != "-":
        output.print_json({"users": number, "file": file})
    output.say(
        f"{number:,} users are written, with their hashes: keep that as you keep the tables, and no longer.", fg="yellow"
    )


def _demand_meant(chosen: Format, options: Options) -> None:
    """Demand that each of the `options` that is given means something to the format."""
    for option, value in vars(options).items():
        if value is not None and option not in chosen.options:
            raise click.UsageError(f"--{option.replace('_', '-')} is for another format.")


@contextmanager
def _told() -> Iterator[None]:
    """Tell what has stopped an import, and how it goes on."""
    again = "What is imported stays so. Run the same command again: it goes on where it was."
    try:
        yield
    except (JournalRefused, UnusableOption) as exc:
        raise Refused(str(exc)) from exc
    except Unavailable as exc:
        raise Unreachable(
            f"The import has stopped. {of_aws(_cause(exc))} If it's too much at once, give a --rate. {again}"
        ) from exc
    except OSError as exc:
        raise Refused(f"The import has stopped: {exc}. {again}") from exc
    except KeyboardInterrupt:
        output.say(f"\nInterrupted. {again}")
        raise


def _cause(exc: Exception) -> Exception:
    """Return what AWS or its SDK has raised behind all that was raised for it."""
    while isinstance(exc.__cause__, Exception) and not isinstance(exc, ClientError | BotoCoreError):
        exc = exc.__cause__
    return exc


def _report(run: Run, summary: Summary, files: Files, dry_run: bool) -> None:
    left = {"refusals": files.refused, "ids": files.ids}
    there: dict[str, Any] = {what: str(path) if path.exists() else None for what, path in left.items()}
    if run.json:
        output.print_json({"dry_run": dry_run, **vars(summary), "seconds": round(summary.seconds, 3)} | there)
    else:
        click.echo(
            f"{summary.imported:,} users {'would be imported' if dry_run else 'are imported'} ({summary.seconds:.1f} s),"
        )
        click.echo(f"{summary.without_password:,} of them without a password: they sign in with a code by mail, or reset it;")
        click.echo(f"{summary.before:,} were imported by a run before;")
        click.echo(f"{summary.refused:,} are refused.")
    if summary.refused:
        with files.refused.open(encoding="utf-8") as refusals:
            for line, _ in zip(refusals, range(_SHOWN_REFUSALS), strict=False):
                output.say(line.rstrip())
        output.say(
            f"All refusals are in {files.refused}. Those whose reason is gone are imported by the same command.", fg="yellow"
        )
        raise click.exceptions.Exit(1)
