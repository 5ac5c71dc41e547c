"""What `gatepost restore` prints."""

import click

from cli import output
from cli.backup.copying import Copied
from cli.backup.missing_users import Returned
from cli.run import Run

AFTER_ALL = "Nothing was undone. Now: `gatepost restore mend`, `gatepost doctor`."
"""What follows where a table is as it was at last."""

AFTER_ADDING = "Now `gatepost restore review --since TIME`: what was taken away from who came back, they have again."
"""What follows where something was added."""

AFTER_UNDOING = (
    "Now `gatepost restore mend`. Then set the parameter SessionsNotBefore to what `date +%s` prints, and deploy: nothing that "
    "was ended or used comes alive again then. After that: `gatepost restore review` and `gatepost doctor`."
)
"""What follows where a table went back."""


def progress(done: Copied | Returned) -> None:
    """Show how far a copy is."""
    output.say_progress(str(done))


def print_names(run: Run, rows: list[dict[str, str]]) -> None:
    """Print which tables there are now."""
    if run.json:
        output.print_json(rows)
    else:
        output.print_table(["TABLE", "NAME"], [[row["table"], row["name"]] for row in rows])


def print_copied(run: Run, table: str, copied: Copied) -> None:
    """Print what was copied into a table."""
    output.say_progress("")
    if run.json:
        output.print_json({"table": table, "same": copied.same, "written": copied.written, "deleted": copied.deleted})
    else:
        click.echo(f"{table}: {copied}")


def print_returned(run: Run, returned: Returned) -> None:
    """Print what became of the users of a copy."""
    output.say_progress("")
    if run.json:
        shown = {"there": returned.there, "back": returned.back}
        output.print_json({"table": "users", **shown, "deleted": returned.deleted, "address_taken": returned.address_taken})
    else:
        click.echo(f"users: {returned}")
        for user_id in returned.address_taken:
            click.echo(f"{user_id} stays away: another account has the address.")
