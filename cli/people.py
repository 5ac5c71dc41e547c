"""The users that an operator means, by their ids or addresses."""

import click

from cli.failures import Refused
from gatepost.accounts import email_addresses
from gatepost.accounts.email_addresses import EmailAddress
from gatepost.administration import users
from gatepost.administration.actors import Operator
from gatepost.identifiers import is_id
from gatepost.service import Service
from gatepost.storage import keys
from gatepost.storage.users import User


def id_of(service: Service, text: str, hint: str) -> str:
    """Return the id of the user that `text` is the id or the address of, there or not; `hint` names where it was given.

    Raises:
        click.BadParameter: it's neither.
        Refused: no account has this address.
    """
    if is_id(text):
        return text
    claim = service.db.get(service.settings.users_table, keys.email_claim(address(text, hint, "the id or ").digest))
    if claim is None:
        raise Refused("No account has this address (any more). Search by the id of the user.")
    user_id: str = claim["user_id"]
    return user_id


def find(service: Service, me: Operator, text: str, hint: str = "USER") -> User:
    """Return the user with this id or address. Raises what `id_of` does, and `NotFound`."""
    return users.find(service, me, id_of(service, text, hint))


def address(text: str, hint: str = "ADDRESS", otherwise: str = "") -> EmailAddress:
    """Return an address that was given. Raises `click.BadParameter`, saying what could be given `otherwise`."""
    try:
        return email_addresses.parse(text)
    except ValueError as exc:
        raise click.BadParameter(f"must be {otherwise}the e-mail address of a user", param_hint=hint) from exc
