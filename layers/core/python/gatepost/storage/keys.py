"""Every key of every table. Nothing else knows what a key looks like, and no text of a user becomes one raw."""

from bisect import bisect_right
from typing import TypedDict

from gatepost.clock import rfc3339_ms
from gatepost.identifiers import base64url


class Key(TypedDict):
    """Partition and sort key of an item in the Users, Roles, Sessions or Audit table."""

    pk: str
    sk: str


class HashKey(TypedDict):
    """The key of an item in the Outbox or Keys table."""

    pk: str


class AddressKey(TypedDict):
    """Partition and sort key of a user in the index of users by address."""

    address_range: str
    address: str


# The ranges of addresses, the partitions of that index, by the character that each begins with but the first: about as many
# addresses begin in each.
_RANGE_STARTS = "bdfjkmnrt"
ADDRESS_RANGES = len(_RANGE_STARTS) + 1


def _of_address(address_digest: bytes) -> str:
    return f"EMAIL#{base64url(address_digest)}"


def _of_user(user_id: str) -> str:
    return f"USER#{user_id}"


# Users table


def user(user_id: str) -> Key:
    """The profile and credentials of a user."""
    return {"pk": _of_user(user_id), "sk": "PROFILE"}


def id_of_user(partition: str) -> str:
    """Return the id of the user whose partition this is."""
    return partition.removeprefix(_of_user(""))


def email_claim(address_digest: bytes) -> Key:
    """The claim that makes an e-mail address unique; `address_digest` is the digest of its canonical form."""
    return {"pk": _of_address(address_digest), "sk": "CLAIM"}


def user_by_address(address: str) -> AddressKey:
    """A user in the index by address, which is sorted within each of its ranges; `address` is the canonical form."""
    return {"address_range": str(address_range(address)), "address": address}


def address_range(beginning: str) -> int:
    """Return the number (from 0) of the range of all addresses with this beginning, which is not empty. Ranges are in the
    order of the addresses in them.
    """
    return bisect_right(_RANGE_STARTS, beginning[0])


def administrators() -> Key:
    """The set of active administrators."""
    return {"pk": "ADMINISTRATORS", "sk": "SET"}


def first_administrator() -> Key:
    """The invitation of the first administrator, and whether it was accepted."""
    return {"pk": "ADMINISTRATORS", "sk": "FIRST"}


# Roles table


def role_catalogue() -> Key:
    """All roles, compiled."""
    return {"pk": "ROLES", "sk": "CATALOGUE"}


def role_catalogue_version() -> Key:
    """The version of the catalogue, which is read far more often than the catalogue."""
    return {"pk": "ROLES", "sk": "VERSION"}


# Sessions table


def registration_attempt(address_digest: bytes, slot: int) -> Key:
    """One of the registration attempts that stand side by side for an address."""
    return {"pk": _of_address(address_digest), "sk": f"ATTEMPT#{slot}"}


def decoy(address_digest: bytes, decoy_id: str) -> Key:
    """What is written in place of an attempt where there is nothing to write, so that both do the same work."""
    return {"pk": _of_address(address_digest), "sk": f"DECOY#{decoy_id}"}


def email_code(address_digest: bytes) -> Key:
    """The code with which the owner of an address may sign in; the newest is the only one."""
    return {"pk": _of_address(address_digest), "sk": "EMAIL_CODE"}


def session(user_id: str, session_id: str) -> Key:
    """A session of a user."""
    return {"pk": _of_user(user_id), "sk": f"SESSION#{session_id}"}


def password_reset(user_id: str) -> Key:
    """The one-time token with which a user may set a new password; the newest is the only one."""
    return {"pk": _of_user(user_id), "sk": "PASSWORD_RESET"}


def email_change(user_id: str) -> Key:
    """The change of address that waits for its mail to be answered; the newest is the only one."""
    return {"pk": _of_user(user_id), "sk": "EMAIL_CHANGE"}


def invitation(user_id: str) -> Key:
    """The invitation of who is to be the user with this id; the newest is the only one."""
    return {"pk": _of_user(user_id), "sk": "INVITATION"}


def invited_address(address_digest: bytes) -> Key:
    """Whose id an address has that is invited."""
    return {"pk": _of_address(address_digest), "sk": "INVITATION"}


def everything_of_user(user_id: str) -> str:
    """The partition of a user's sessions and one-time tokens."""
    return _of_user(user_id)


def sessions_of(user_id: str) -> tuple[str, str]:
    """The partition of a user's sessions and the beginning of their sort keys."""
    return _of_user(user_id), "SESSION#"


def revocation(bucket: int, shard: int, subject: str) -> Key:
    """An entry of the revocation list; see `revocations`. The bucket is a quarter of an hour, the shard spreads its writes."""
    return {"pk": revocations(bucket, shard), "sk": subject}


def revocations(bucket: int, shard: int) -> str:
    """The partition of the entries of one bucket and shard."""
    return f"REVOKED#{bucket}#{shard}"


def limit(kind: str, subject: str) -> Key:
    """The count of one limit for one account, client address or recipient."""
    return {"pk": f"LIMIT#{kind}#{subject}", "sk": "LIMIT"}


# Outbox table


def mail(mail_id: str) -> HashKey:
    """A mail to send."""
    return {"pk": f"MAIL#{mail_id}"}


# Audit table


def audit_event_of_user(user_id: str, at_ms: int, event_id: str) -> Key:
    """A security event of a user; `at_ms` in milliseconds since the epoch."""
    return {"pk": _of_user(user_id), "sk": f"{rfc3339_ms(at_ms)}#{event_id}"}


def audit_event_of_address(address_digest: bytes, at_ms: int, event_id: str) -> Key:
    """A security event of an address that may have no account; `at_ms` in milliseconds since the epoch."""
    return {"pk": _of_address(address_digest), "sk": f"{rfc3339_ms(at_ms)}#{event_id}"}


def audit_trail_of_user(user_id: str) -> str:
    """The partition of a user's security events."""
    return _of_user(user_id)


# Keys table


def signing_key_ring() -> HashKey:
    """The ring of keys that sign access tokens."""
    return {"pk": "RING#ACCESS_TOKEN"}
