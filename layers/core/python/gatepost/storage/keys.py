"""Every key of every table. Nothing else knows what a key looks like, and no text of a user becomes one raw."""

from typing import TypedDict

from gatepost.clock import rfc3339
from gatepost.identifiers import base64url


class Key(TypedDict):
    """Partition and sort key of an item in the Users, Sessions or Audit table."""

    pk: str
    sk: str


class HashKey(TypedDict):
    """The key of an item in the Outbox or Keys table."""

    pk: str


def _of_address(address_digest: bytes) -> str:
    return f"EMAIL#{base64url(address_digest)}"


def _of_user(user_id: str) -> str:
    return f"USER#{user_id}"


# Users table


def user(user_id: str) -> Key:
    """The profile and credentials of a user."""
    return {"pk": _of_user(user_id), "sk": "PROFILE"}


def email_claim(address_digest: bytes) -> Key:
    """The claim that makes an e-mail address unique; `address_digest` is the digest of its canonical form."""
    return {"pk": _of_address(address_digest), "sk": "CLAIM"}


# Sessions table


def registration_attempt(address_digest: bytes, slot: int) -> Key:
    """One of the registration attempts that stand side by side for an address."""
    return {"pk": _of_address(address_digest), "sk": f"ATTEMPT#{slot}"}


def decoy(address_digest: bytes, decoy_id: str) -> Key:
    """What is written in place of an attempt where there is nothing to write, so that both do the same work."""
    return {"pk": _of_address(address_digest), "sk": f"DECOY#{decoy_id}"}


def session(user_id: str, session_id: str) -> Key:
    """A session of a user."""
    return {"pk": _of_user(user_id), "sk": f"SESSION#{session_id}"}


def limit(kind: str, subject: str) -> Key:
    """The count of one limit for one account, client address or recipient."""
    return {"pk": f"LIMIT#{kind}#{subject}", "sk": "LIMIT"}


# Outbox table


def mail(mail_id: str) -> HashKey:
    """A mail to send."""
    return {"pk": f"MAIL#{mail_id}"}


# Audit table


def audit_event_of_user(user_id: str, at: int, event_id: str) -> Key:
    """A security event of a user; `at` in seconds since the epoch."""
    return {"pk": _of_user(user_id), "sk": f"{rfc3339(at)}#{event_id}"}


def audit_event_of_address(address_digest: bytes, at: int, event_id: str) -> Key:
    """A security event of an address that may have no account; `at` in seconds since the epoch."""
    return {"pk": _of_address(address_digest), "sk": f"{rfc3339(at)}#{event_id}"}


# Keys table


def signing_key_ring() -> HashKey:
    """The ring of keys that sign access tokens."""
    return {"pk": "RING#ACCESS_TOKEN"}
