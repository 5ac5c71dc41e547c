"""What template.yaml declares, as far as checks go by it; a test holds both together."""

from collections.abc import Mapping
from dataclasses import dataclass

from gatepost.config import (
    AccountSettings,
    AdminSettings,
    EventsSettings,
    FeedbackSettings,
    KeysSettings,
    MailerSettings,
    Settings,
    SetupSettings,
)

FUNCTIONS: Mapping[str, type[Settings]] = {
    "AccountFunction": AccountSettings,
    "AdminFunction": AdminSettings,
    "MailerFunction": MailerSettings,
    "FeedbackFunction": FeedbackSettings,
    "EventsFunction": EventsSettings,
    "KeysFunction": KeysSettings,
    "SetupFunction": SetupSettings,
}
"""The functions of template.yaml, and what each reads."""


@dataclass(frozen=True)
class Declared:
    """What the template says of a table: whether it's durable (backed up, and protected from deletion), whether its items
    expire, whether it's encrypted under the deployment's own key, and its indexes.
    """

    setting: str
    durable: bool = True
    expires: bool = False
    own_key: bool = False
    indexes: tuple[str, ...] = ()


TABLES = {
    "UsersTable": Declared("USERS_TABLE", own_key=True, indexes=("by_address",)),
    "RolesTable": Declared("ROLES_TABLE"),
    "ClientsTable": Declared("CLIENTS_TABLE"),
    "SessionsTable": Declared("SESSIONS_TABLE", durable=False, expires=True),
    "OutboxTable": Declared("OUTBOX_TABLE", durable=False, expires=True, indexes=("unsent",)),
    "AuditTable": Declared("AUDIT_TABLE", expires=True, indexes=("shard", "event_shard", "actor_id")),
    "KeysTable": Declared("KEYS_TABLE"),
}
"""The tables of template.yaml."""
