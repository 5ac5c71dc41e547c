"""`gatepost clients`: the OAuth clients."""

from typing import Any, get_args

import click

from cli import output
from cli.commanding import Group
from cli.run import Run, pass_run
from gatepost.administration import clients as rules
from gatepost.administration.wanted import CreateClient
from gatepost.clients.metadata import Client, ClientType, GrantType

_PAGE = 100


@click.group(cls=Group, examples=("gatepost clients list", "gatepost clients rotate-secret 0123456789abcdef0123456789abcdef"))
def clients() -> None:
    """Register OAuth clients, and give them secrets."""


@clients.command("list", examples=("gatepost clients list", "gatepost clients list --json | jq -r '.[].client_id'"))
@pass_run
def list_clients(run: Run) -> None:
    """List all clients."""
    service = run.deployment.service
    found, after = rules.page(service, _PAGE, None)
    while after is not None:
        more, after = rules.page(service, _PAGE, after)
        found += more
    if run.json:
        output.print_json([rules.described(client) for client in found])
    else:
        output.print_table(
            ("CLIENT ID", "TYPE", "NAME", "GRANT TYPES"),
            [(client.id, client.type, client.name, " ".join(client.grant_types)) for client in found],
        )


@clients.command(examples=("gatepost clients show 0123456789abcdef0123456789abcdef",))
@click.argument("client_id")
@pass_run
def show(run: Run, client_id: str) -> None:
    """Show a client, and until when its secrets work; never the secrets."""
    _print(run, rules.described(rules.read(run.deployment.service, client_id)))


@clients.command(
    examples=(
        "gatepost clients create 'Web shop' --type confidential --redirect-uri https://shop.example.com/callback",
        "gatepost clients create Reports --type confidential --grant-type client_credentials --scope reports:read",
        "gatepost clients create Phone --type public --redirect-uri com.example.app:/callback --scope openid",
    )
)
@click.argument("name")
@click.option(
    "--type", "kind", type=click.Choice(get_args(ClientType)), required=True, help="public: an app that can't keep a secret"
)
@click.option("--redirect-uri", "redirect_uris", multiple=True, metavar="URI", help="where users are sent back to")
@click.option(
    "--grant-type",
    "grant_types",
    type=click.Choice(get_args(GrantType)),
    multiple=True,
    help="how it gets tokens [default: authorization_code and refresh_token]",
)
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help="what it may ask for")
@pass_run
def create(
    run: Run, name: str, kind: str, redirect_uris: tuple[str, ...], grant_types: tuple[str, ...], scopes: tuple[str, ...]
) -> None:
    """Register a client called NAME. Options may be given several times.

    A confidential client's secret is printed once, and never again.
    """
    lists = {"redirect_uris": redirect_uris, "grant_types": grant_types, "scopes": scopes}
    given = {member: list(values) for member, values in lists.items() if values}
    asked = CreateClient.model_validate({"name": name, "type": kind, **given})
    service, me, caller = run.deployment.acting()
    _print_with_secret(run, *rules.create(service, me, asked.client(), None, caller))


@clients.command("rotate-secret", examples=("gatepost clients rotate-secret 0123456789abcdef0123456789abcdef --json",))
@click.argument("client_id")
@click.option("--stolen", is_flag=True, help="let the ones before work no more")
@pass_run
def rotate_secret(run: Run, client_id: str, stolen: bool) -> None:
    """Give a confidential client a new secret, which is printed once, and never again. The one before works for a day."""
    service, me, caller = run.deployment.acting()
    _print_with_secret(run, *rules.rotate_secret(service, me, client_id, caller, stolen=stolen))


@clients.command(examples=("gatepost clients delete 0123456789abcdef0123456789abcdef --yes",))
@click.argument("client_id")
@click.option("--yes", is_flag=True, help="don't ask")
@pass_run
def delete(run: Run, client_id: str, yes: bool) -> None:
    """Delete a client, which gets no tokens any more. Its id is never given again."""
    service, me, caller = run.deployment.acting()
    client = rules.read(service, client_id)
    if not yes:
        click.confirm(f"Delete {output.printable(client.name)} of {run.deployment.title}?", abort=True, err=True)
    rules.delete(service, me, client_id, caller)
    if run.json:
        output.print_json({"deleted": client_id})
    else:
        output.say("Deleted.")


def _print_with_secret(run: Run, client: Client, secret: str | None) -> None:
    _print(run, rules.described(client) | {"client_secret": secret})
    if secret is not None:
        output.say("Keep the secret now: nobody can see it again.")


def _print(run: Run, members: dict[str, Any]) -> None:
    if run.json:
        output.print_json(members)
        return
    secrets = [
        f"made {secret['created_at']}" + (f", works until {secret['expires_at']}" if secret["expires_at"] else "")
        for secret in members["secrets"]
    ]
    output.print_members({name: value for name, value in (members | {"secrets": secrets}).items() if value not in (None, [])})
