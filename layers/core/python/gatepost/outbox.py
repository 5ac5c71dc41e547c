"""Mails to send, written in the transaction of what causes them and sent by the mailer.

The whole mail is sealed: it names a person and may carry a link that signs in. Its plaintext is padded, so that nothing
can be told from the size of the item.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from gatepost import clock
from gatepost.aws.kms import Sealer
from gatepost.caller import Caller
from gatepost.identifiers import new_id
from gatepost.storage import keys
from gatepost.storage.table import Database
from gatepost.storage.writes import Item, Write, put, update

# Of those that are still to be sent, by the attribute of this name.
INDEX = "unsent"
_SHARDS = "0123456789abcdef"
_PADDED_TO = 1024  # bytes; an address has at most 254 characters, a link about 300
_KEPT = 3 * 86400  # seconds, longer than any link in a mail is valid


class MailKind(StrEnum):
    """The mails there are; each has a template of this name."""

    VERIFICATION = "verification"
    ACCOUNT_CREATED = "account_created"
    INVITATION = "invitation"
    ACCOUNT_EXISTS = "account_exists"
    PASSWORD_RESET = "password_reset"  # noqa: S105 (a name)
    PASSWORD_RESET_DEMANDED = "password_reset_demanded"  # noqa: S105 (a name)
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (a name)
    EMAIL_CODE = "email_code"
    EMAIL_CHANGE = "email_change"
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_CHANGED = "email_changed"
    API_KEY_CREATED = "api_key_created"
    ACCOUNT_DELETED = "account_deleted"
    REFRESH_TOKEN_REUSED = "refresh_token_reused"  # noqa: S105 (a name)


@dataclass(frozen=True)
class Mail:
    """A mail: to whom, which, and what its template is filled with."""

    to: str
    kind: MailKind
    parameters: dict[str, str]


def enqueue(table: str, sealer: Sealer, mail: Mail, caller: Caller, *, silent: bool = False) -> Write:
    """Return the write that puts `mail`, which a request of `caller` causes, into the outbox; if `silent`, the same work for a
    mail that's never sent.
    """
    mail_id, now = new_id(), clock.now()
    plaintext = json.dumps(asdict(mail), ensure_ascii=False).encode().ljust(_PADDED_TO)
    return put(
        table,
        {
            **keys.mail(mail_id),
            "id": mail_id,
            # The attribute the index of unsent mails is made of, spread over its partitions.
            "silent" if silent else "unsent": mail_id[0],
            "sealed": sealer.seal(plaintext, mail_id),
            "request_id": caller.request_id,
            "created_at": now,
            "expires_at": now + _KEPT,
        },
    )


def open_mail(sealer: Sealer, item: Item) -> Mail:
    """Return the mail that an outbox item holds. Raises `ValueError` if it wasn't sealed by us, `Unavailable` if KMS fails."""
    fields = json.loads(sealer.open(item["sealed"], item["id"]))
    return Mail(to=fields["to"], kind=MailKind(fields["kind"]), parameters=fields["parameters"])


def read_unsent(db: Database, table: str, mail_id: str) -> Item | None:
    """Return the item of a mail that is still to be sent, or None."""
    item = db.get(table, keys.mail(mail_id))
    return item if item and "unsent" in item else None


def close(db: Database, table: str, mail_id: str) -> None:
    """Note that a mail needs no sending any more, and forget what it said."""
    db.write(update(table, keys.mail(mail_id), "SET closed_at = :now REMOVE unsent, sealed", now=clock.now()))


def unsent_ids(db: Database, table: str, older_than: int) -> Iterator[str]:
    """Yield the ids of mails written before `older_than` (seconds since the epoch) and still unsent."""
    for shard in _SHARDS:
        condition = "unsent = :shard AND created_at < :time"
        for item in db.query_index(table, INDEX, condition, shard=shard, time=older_than):
            yield item["pk"].removeprefix("MAIL#")
