"""`gatepost mail`: addresses that mail has stopped to. docs/mail.md says when it does."""

from collections.abc import Iterator

import click

from cli import output, people
from cli.commanding import Group
from cli.failures import Refused
from cli.parameters import Moment
from cli.run import Run, pass_run
from gatepost.accounts import email_addresses
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.administration import audit_search, stopped_mail
from gatepost.administration.audit_search import Search
from gatepost.audit import Event
from gatepost.service import Service
from gatepost.storage import keys, suppressions
from gatepost.storage import users as user_items
from gatepost.storage.suppressions import Reason

_PAGE = 1000


@click.group(cls=Group, examples=("gatepost mail show ada@example.com", "gatepost mail resume ada@example.com"))
def mail() -> None:
    """See where mail has stopped, and let it go there again."""


@mail.command(examples=("gatepost mail show ada@example.com",))
@click.argument("address", metavar="ADDRESS")
@pass_run
def show(run: Run, address: str) -> None:
    """Say whether mail to ADDRESS has stopped, why, and until when; whether it has an account or not."""
    service = run.deployment.service
    told = suppressions.described(stopped_mail.find(service, people.address(address)))
    if run.json:
        output.print_json({"mail_stopped": told})
    elif told:
        click.echo(f"Mail has stopped: {told['reason']} at {told['at']}, until {told['until']}.")
    else:
        click.echo("Mail goes there.")


@mail.command(
    examples=(
        "gatepost mail resume ada@example.com",
        "gatepost mail resume --bounced-since 6h",
        "gatepost mail resume --bounced-since 6h --domain example.com --yes",
    )
)
@click.argument("address", metavar="[ADDRESS]", required=False)
@click.option("--bounced-since", type=Moment(), help="all accounts whose mail has bounced since, as after an outage over there")
@click.option("--domain", metavar="DOMAIN", help="of these, the ones with an address in DOMAIN")
@click.option("--yes", is_flag=True, help="don't ask")
@pass_run
def resume(run: Run, address: str | None, bounced_since: int | None, domain: str | None, yes: bool) -> None:
    """Let mail go to ADDRESS again, which is known to take it. What was dropped meanwhile isn't sent: have it asked for again.

    Mail that bounces again stops again. Mail to who has complained of it costs the sender's reputation, so that is asked about.
    """
    if (address is None) == (bounced_since is None):
        raise click.UsageError("Give either an ADDRESS or --bounced-since.")
    service, me, caller = run.deployment.acting()
    if address is not None:
        addresses = [people.address(address)]
        stopped = stopped_mail.find(service, addresses[0])
        if stopped and stopped.reason is Reason.COMPLAINED and not yes:
            click.confirm("Its owner has marked our mail as spam. Have they asked for this?", abort=True, err=True)
    else:
        addresses = [each for each in _bounced(service, bounced_since or 0) if domain in (None, each.domain)]
        if addresses and not yes:
            click.confirm(f"Let mail go to {len(addresses)} addresses of {run.deployment.title} again?", abort=True, err=True)
    for each in addresses:
        stopped_mail.resume(service, me, each, caller)
    if not addresses:
        raise Refused("There is none.")
    if run.json:
        output.print_json({"resumed": len(addresses)})
    output.say(f"Mail goes to {len(addresses)} address{'es' if len(addresses) > 1 else ''} again.")


def _bounced(service: Service, since_ms: int) -> Iterator[EmailAddress]:
    """Yield the addresses of accounts whose mail has stopped by a bounce, told since then."""
    search, after, seen = Search(event=Event.EMAIL_BOUNCED, from_ms=since_ms), None, set[str]()
    while True:
        items, after = audit_search.page(service.db, service.settings.audit_table, search, _PAGE, after)
        for user_id in (item["user_id"] for item in items if "user_id" in item):
            if user_id not in seen:
                seen.add(user_id)
                user = user_items.from_item(service.db.get(service.settings.users_table, keys.user(user_id)))
                if user and user.mail_stopped and user.mail_stopped.reason is Reason.BOUNCED:
                    yield email_addresses.parse(user.email)
        if after is None:
            return
