"""What the rules work with, made once at the cold start of the account or the admin function."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.access.current_roles import CurrentRoles
from gatepost.audit import Trail
from gatepost.aws.clients import client
from gatepost.aws.kms import KeyWrapper, Sealer
from gatepost.config import ServiceSettings
from gatepost.limits import Limit
from gatepost.signing.signer import Signer
from gatepost.storage import roles, signing_keys
from gatepost.storage.table import Database

if TYPE_CHECKING:
    from gatepost.credentials.breached_passwords import BreachedPasswords

_QUARTER_HOUR, _HOUR = 900, 3600


@dataclass(frozen=True)
class Limits:
    """The limits of this deployment."""

    account_failures: Limit
    address_failures: Limit
    address_registrations: Limit
    address_mails: Limit
    reset_mails: Limit
    code_mails: Limit
    invitation_mails: Limit
    email_changes: Limit
    api_key_mails: Limit
    api_key_failures: Limit


@dataclass(frozen=True)
class Service:
    """The settings, and the clients and keys made from them."""

    settings: ServiceSettings
    db: Database
    sealer: Sealer
    signer: Signer
    roles: CurrentRoles
    audit: Trail
    limits: Limits
    # None where the deployment asks nobody.
    breached_passwords: "BreachedPasswords | None" = None


def connect(settings: ServiceSettings) -> Service:
    """Return the service for `settings`. Makes clients, but calls nothing."""
    kms = client("kms")
    db = Database(client("dynamodb"))
    return Service(
        settings=settings,
        db=db,
        sealer=Sealer(kms, settings.kms_key_id),
        signer=Signer(
            read_ring=lambda: signing_keys.read(db, settings.keys_table), unwrap=KeyWrapper(kms, settings.kms_key_id).unwrap
        ),
        roles=CurrentRoles(settings.roles_table, read=lambda: roles.read(db, settings.roles_table)),
        audit=Trail(settings.audit_table, settings.audit_retention_days),
        limits=Limits(
            account_failures=Limit("account", settings.limit_account_failures, _QUARTER_HOUR),
            address_failures=Limit("address", settings.limit_address_failures, _QUARTER_HOUR),
            address_registrations=Limit("registration", settings.limit_address_registrations, _HOUR),
            # To prove an address, or to tell that it has an account: by recipient.
            address_mails=Limit("address_mail", settings.limit_recipient_mails, _HOUR),
            reset_mails=Limit("reset_mail", settings.limit_recipient_mails, _HOUR),
            code_mails=Limit("code_mail", settings.limit_recipient_mails, _HOUR),
            invitation_mails=Limit("invitation_mail", settings.limit_recipient_mails, _HOUR),
            # By the account that changes, which gets a notice each time.
            email_changes=Limit("email_change", settings.limit_recipient_mails, _HOUR),
            api_key_mails=Limit("api_key_mail", settings.limit_recipient_mails, _HOUR),
            # Apart from failed sign-ins: a script that keeps trying an old key must not lock people out behind its address.
            api_key_failures=Limit("api_key", settings.limit_address_failures, _QUARTER_HOUR),
        ),
        breached_passwords=_breached_passwords(settings.breached_passwords_url),
    )


def _breached_passwords(url: str) -> "BreachedPasswords | None":
    if not url:
        return None
    # With its TLS: no other deployment's cold start pays for it.
    from gatepost.credentials.breached_passwords import BreachedPasswords  # noqa: PLC0415

    return BreachedPasswords(url)
