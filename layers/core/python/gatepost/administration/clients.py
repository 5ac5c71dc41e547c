"""Registering, changing and deleting OAuth clients. Only administrators do: nobody registers a client of their own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gatepost import clock, idempotency
from gatepost.administration import actors
from gatepost.administration.actors import Actor
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.clients import client_secrets
from gatepost.clients.metadata import Client, demand_consistent
from gatepost.conflicts import PublicClient
from gatepost.errors import Conflict, NotFound
from gatepost.idempotency import Attempt
from gatepost.identifiers import is_id
from gatepost.service import Service
from gatepost.storage import clients as client_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.writes import Write


def page(service: Service, limit: int, after: str | None) -> tuple[list[Client], str | None]:
    """Return at most `limit` clients in the order of their ids, those behind the id `after`; then where to go on."""
    return client_items.page(service.db, service.settings.clients_table, limit, after)


def read(service: Service, client_id: str) -> Client:
    """Return the client with this id.

    Raises:
        NotFound: there's none.
    """
    client = client_items.read(service.db, service.settings.clients_table, client_id) if is_id(client_id) else None
    if client is None:
        raise NotFound("There is no such client.")
    return client


def described(client: Client) -> dict[str, Any]:
    """Return what is seen of a client: all but its secrets, of which only those that work are told, the newest last."""
    return {
        "client_id": client.id,
        "name": client.name,
        "type": client.type,
        "redirect_uris": list(client.redirect_uris),
        "grant_types": list(client.grant_types),
        "scopes": list(client.scopes),
        "created_at": clock.rfc3339(client.created_at),
        "secrets": [
            {
                "created_at": clock.rfc3339(secret.created_at),
                "expires_at": None if secret.expires_at is None else clock.rfc3339(secret.expires_at),
            }
            for secret in client.secrets
            if secret.is_alive(clock.now())
        ],
    }


def create(service: Service, me: Actor, client: Client, attempt: Attempt | None, caller: Caller) -> tuple[Client, str | None]:
    """Register `client`, and return it with its secret, which nobody sees again; a public one has none.

    Where `attempt` was made before, return what it made, without its secret: that may only be rotated now.

    Raises:
        InvalidField: members of `client` don't fit together.
        IdempotencyKeyReused: the attempt's key was used for another client.
        Conflict: what `me` may was changed meanwhile.
    """
    demand_consistent(client)
    settings, secret = service.settings, None
    if client.type == "confidential":
        secret, kept = client_secrets.new(client.created_at)
        client = replace(client, secrets=(kept,))
    writes = _with_event(service, me, client_items.create(settings.clients_table, client), client, Event.CLIENT_CREATED, caller)
    if attempt is not None:
        writes.append(idempotency.remember(settings.sessions_table, attempt, client.id))
    try:
        service.db.transact(*writes)
    except ConditionFailed as exc:
        remembered = exc.items.get(len(writes) - 1)
        if attempt is None or remembered is None or len(exc.items) > 1:
            raise Conflict from exc
        return read(service, idempotency.made_before(attempt, remembered)), None
    return client, secret


def update(service: Service, me: Actor, client_id: str, changes: Mapping[str, Any], caller: Caller) -> Client:
    """Set the members of a client that `changes` gives, and return it as it is then.

    Raises:
        NotFound: there's none of this id.
        InvalidField: its members wouldn't fit together.
        Conflict: another changed it, or `me`, meanwhile.
    """
    before = read(service, client_id)
    client = replace(before, **changes)
    if client == before:
        return before
    demand_consistent(client)
    return _write(service, me, client, Event.CLIENT_UPDATED, caller)


def rotate_secret(service: Service, me: Actor, client_id: str, caller: Caller, *, stolen: bool = False) -> tuple[Client, str]:
    """Give a client a new secret, which nobody sees again, and return both. The one before works for a day, or, where it was
    `stolen`, no more.

    Raises:
        NotFound: there's none of this id.
        PublicClient: it's one that has no secret.
        TooManyClientSecrets: it was rotated too often today.
        Conflict: another changed it, or `me`, meanwhile.
    """
    client = read(service, client_id)
    if client.type == "public":
        raise PublicClient
    secret, kept = client_secrets.rotated(() if stolen else client.secrets, clock.now())
    return _write(service, me, replace(client, secrets=kept), Event.CLIENT_SECRET_ROTATED, caller), secret


def delete(service: Service, me: Actor, client_id: str, caller: Caller) -> None:
    """Delete a client, whose id is never given again.

    Raises:
        NotFound: there's none of this id.
        Conflict: another changed it, or `me`, meanwhile.
    """
    client = read(service, client_id)
    removal = client_items.delete(service.settings.clients_table, client)
    _commit(service, _with_event(service, me, removal, client, Event.CLIENT_DELETED, caller))


def _write(service: Service, me: Actor, client: Client, event: Event, caller: Caller) -> Client:
    client = replace(client, version=client.version + 1)
    change = client_items.write(service.settings.clients_table, client)
    _commit(service, _with_event(service, me, change, client, event, caller))
    return client


def _with_event(service: Service, me: Actor, change: Write, client: Client, event: Event, caller: Caller) -> list[Write]:
    """Return `change` with its event and the demand that `me` still has the rights that it was judged by."""
    return [
        change,
        *actors.demand_same_rights(service, me),
        actors.event(service, me, event, caller, client_id=client.id),
    ]


def _commit(service: Service, writes: list[Write]) -> None:
    try:
        service.db.transact(*writes)
    except ConditionFailed as exc:
        raise Conflict from exc
