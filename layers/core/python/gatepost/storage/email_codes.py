"""Codes for signing in by e-mail, in the Sessions table: at most one of an address, the newest."""

from dataclasses import asdict, dataclass

from gatepost.storage import keys
from gatepost.storage.keys import Key
from gatepost.storage.shapes import known
from gatepost.storage.writes import Item, Write, delete, put, update


@dataclass(frozen=True)
class EmailCode:
    """A code that was mailed, or would have been: one is kept for an address without an account too, and nothing tells them
    apart.

    `sealed_digits` are the six digits; of the secret in the link and of the one that the asking browser got (empty if it got
    none) only digests are kept. `tries` counts the answers given to the digits, right ones included. `expires_at` is in
    seconds since the epoch.
    """

    email_digest: bytes
    user_id: str
    sealed_digits: bytes
    link_digest: bytes
    browser_digest: bytes
    expires_at: int
    tries: int = 0


def from_item(item: Item | None) -> EmailCode | None:
    """Return the code that `item` holds."""
    if item is None:
        return None
    return EmailCode(**known(EmailCode, item))


def write(table: str, code: EmailCode, *, key: Key | None = None) -> Write:
    """Write `code` in place of any other of its address. With another `key` it's a decoy."""
    return put(table, {**(key or keys.email_code(code.email_digest)), **asdict(code)})


def count_try(table: str, code: EmailCode) -> Write:
    """Count one more answer to `code`, provided that it's still the newest; alone, it returns the code as it is then."""
    return _add_tries(table, code, 1)


def take_back_try(table: str, code: EmailCode) -> Write:
    """Count an answer no more, provided that `code` is still the newest."""
    return _add_tries(table, code, -1)


def _add_tries(table: str, code: EmailCode, number: int) -> Write:
    key = keys.email_code(code.email_digest)
    return update(table, key, "ADD tries :number", "link_digest = :link", number=number, link=code.link_digest)


def use(table: str, code: EmailCode) -> Write:
    """Delete `code`, provided that it's still the newest."""
    return delete(table, keys.email_code(code.email_digest), "link_digest = :link", link=code.link_digest)


def forget(table: str, email_digest: bytes) -> Write:
    """Delete whatever code an address has."""
    return delete(table, keys.email_code(email_digest))
