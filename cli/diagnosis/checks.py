"""All checks, in the order in which one thing needs another."""

from typing import Any

from cli.diagnosis import (
    administrators,
    ageing,
    capacity,
    encryption,
    functions,
    issuer,
    mail,
    outbox,
    published,
    roles,
    settings,
    signing,
    tables,
)
from cli.diagnosis.findings import Check

ALL: tuple[Check[Any], ...] = (
    *functions.CHECKS,
    *capacity.CHECKS,
    *settings.CHECKS,
    *ageing.CHECKS,
    *tables.CHECKS,
    *encryption.CHECKS,
    *signing.CHECKS,
    *issuer.CHECKS,
    *published.CHECKS,
    *mail.CHECKS,
    *outbox.CHECKS,
    *roles.CHECKS,
    *administrators.CHECKS,
)
"""In an order of areas, the part of a name before its point."""
