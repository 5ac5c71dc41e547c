"""The Clients table: OAuth clients, all in one partition, so that a list of them is complete.

A deployment has few. The partition takes 1,000 changes a second, and DynamoDB spreads it by id where it's read more often than
3,000 times a second: there's no local index that would hold it together.
"""

from gatepost.clients.client_secrets import ClientSecret
from gatepost.clients.metadata import Client
from gatepost.storage import keys, writes
from gatepost.storage.shapes import known, whole
from gatepost.storage.table import Database
from gatepost.storage.writes import Item, Write, put

_LISTS = ("redirect_uris", "grant_types", "scopes")


def of(item: Item) -> Client:
    """Return the client that `item` holds."""
    secrets = tuple(ClientSecret(**known(ClientSecret, secret)) for secret in item["secrets"])
    lists = {name: tuple(item[name]) for name in _LISTS}
    return Client(**known(Client, item) | lists | {"secrets": secrets})


def read(db: Database, table: str, client_id: str) -> Client | None:
    """Return the client with this id. Raises `Unavailable`."""
    item = db.get(table, keys.client(client_id))
    return None if item is None else of(item)


def page(db: Database, table: str, limit: int, after: str | None) -> tuple[list[Client], str | None]:
    """Return at most `limit` clients in the order of their ids, those behind the id `after`; then where to go on, None at
    the end. Raises `Unavailable`.
    """
    partition, prefix = keys.clients()
    items, last = db.query(table, partition, prefix, limit=limit, after=prefix + after if after else None)
    return [of(item) for item in items], last.removeprefix(prefix) if last else None


def create(table: str, client: Client) -> Write:
    """Write a new client."""
    return put(table, _item(client), "attribute_not_exists(pk)")


def write(table: str, client: Client) -> Write:
    """Write `client`, provided that what stands there is its version before."""
    return put(table, _item(client), "version = :previous", previous=client.version - 1)


def delete(table: str, client: Client) -> Write:
    """Delete `client`, provided that it has not changed since it was read."""
    return writes.delete(table, keys.client(client.id), "version = :version", version=client.version)


def _item(client: Client) -> Item:
    attributes = whole(client)
    return {**attributes, **keys.client(client.id)} | {name: list(attributes[name]) for name in (*_LISTS, "secrets")}
