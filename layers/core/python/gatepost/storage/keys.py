"""Every key of every table. Nothing else knows what a key looks like, and no text of a user becomes one raw."""

from bisect import bisect_right
from typing import NamedTuple, TypedDict

from gatepost.clock import rfc3339_ms
from gatepost.identifiers import base64url


class Key(TypedDict):
    """Partition and sort key of an item in the Users, Roles, Sessions or Audit table."""

    pk: str
    sk: str


class Partition(NamedTuple):
    """The items of a table, or of one of its indexes, for which `attribute` is `value`; an index is named by its attribute."""

    attribute: str
    value: str


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


def of_user(user_id: str, sort_key: str) -> Key:
    """Any item in a user's partition, as an export of it names it."""
    return {"pk": _of_user(user_id), "sk": sort_key}


def users() -> str:
    """The beginning of the partitions of all users."""
    return _of_user("")


def api_key(user_id: str, key_id: str) -> Key:
    """An API key of a user."""
    return {"pk": _of_user(user_id), "sk": f"API_KEY#{key_id}"}


def email_claim(address_digest: bytes) -> Key:
    """The claim that makes an e-mail address unique; `address_digest` is the digest of its canonical form."""
    return {"pk": _of_address(address_digest), "sk": "CLAIM"}


def email_claims() -> str:
    """The beginning of the partitions of all claims."""
    return _of_address(b"")


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


def item_shapes() -> Key:
    """What shapes the items of all tables have."""
    return {"pk": "SHAPES", "sk": "SHAPES"}


# Clients table


def client(client_id: str) -> Key:
    """An OAuth client."""
    partition, prefix = clients()
    return {"pk": partition, "sk": prefix + client_id}


def clients() -> tuple[str, str]:
    """The partition of all OAuth clients and the beginning of their sort keys."""
    return "CLIENTS", "CLIENT#"


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


def sessions_of_nobody() -> Key:
    """Where there is no item, for a read that only asks whether the table answers."""
    return {"pk": _of_user(""), "sk": "SESSION#"}


def revocation(bucket: int, shard: int, subject: str) -> Key:
    """An entry of the revocation list; see `revocations`. The bucket is a quarter of an hour, the shard spreads its writes."""
    return {"pk": revocations(bucket, shard), "sk": subject}


def revocations(bucket: int, shard: int) -> str:
    """The partition of the entries of one bucket and shard."""
    return f"REVOKED#{bucket}#{shard}"


def idempotency(user_id: str, digest: bytes) -> Key:
    """What a user's request with an idempotency key has made; `digest` is that of the key and the operation."""
    return {"pk": f"IDEMPOTENCY#{user_id}#{base64url(digest)}", "sk": "IDEMPOTENCY"}


def suppression(address_digest: bytes) -> Key:
    """The mark that mail to an address has stopped. A partition of its own, so that the mailer may read nothing else."""
    return {"pk": f"SUPPRESSED#{base64url(address_digest)}", "sk": "SUPPRESSION"}


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


def audit_event_of_operators(at_ms: int, event_id: str) -> Key:
    """A security event of the deployment itself, that an operator has caused; `at_ms` in milliseconds since the epoch."""
    return {"pk": "OPERATORS", "sk": f"{rfc3339_ms(at_ms)}#{event_id}"}


def audit_trail_of_user(user_id: str) -> str:
    """The partition of a user's security events."""
    return _of_user(user_id)


# All events are written now, and so at one end of a partition of an index, which takes 1,000 writes a second.
AUDIT_SHARDS = 3
# The indexes, each named by the attribute it's made of.
AUDIT_INDEXES = ("shard", "event_shard", "actor_id")


def audit_indexed(event: str, event_id: str) -> dict[str, str]:
    """The attributes by which the indexes find a security event; the id, which is random, says in which shard."""
    shard = int(event_id, 16) % AUDIT_SHARDS
    return {"shard": f"SHARD#{shard}", "event_shard": f"{event}#{shard}"}


def audit_partitions(user_id: str | None = None, actor_id: str | None = None, event: str | None = None) -> list[Partition]:
    """The partitions that have the security events of a user, else of what one did, else of one name, else all."""
    if user_id is not None:
        return [Partition("pk", _of_user(user_id))]
    if actor_id is not None:
        return [Partition("actor_id", actor_id)]
    attribute, kind = ("shard", "SHARD") if event is None else ("event_shard", event)
    return [Partition(attribute, f"{kind}#{shard}") for shard in range(AUDIT_SHARDS)]


def audit_range(from_ms: int | None, to_ms: int | None, before: str | None) -> tuple[str, str]:
    """The first and the last sort key that security events may have: from a time on and until before one (milliseconds since
    the epoch), and before the sort key `before`. All of them have one length.
    """
    first = rfc3339_ms(from_ms or 0)
    if before is not None:
        return first, before[:-1] + chr(ord(before[-1]) - 1)
    return first, "~" if to_ms is None else rfc3339_ms(to_ms)


# Keys table


def signing_key_ring() -> HashKey:
    """The ring of keys that sign access tokens."""
    return {"pk": "RING#ACCESS_TOKEN"}
