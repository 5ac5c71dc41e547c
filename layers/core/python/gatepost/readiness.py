"""Whether this deployment can serve right now: its tables, their indexes, the shapes of their items, and a key that signs.

It makes the calls that requests make too, and asks what DynamoDB tells of each table, since no read finds out that an index is
being built, or that a table is gone which is only written to. What couldn't be looked at isn't ready. docs/decisions/0031
"""

import logging
from collections.abc import Iterator
from functools import partial
from threading import Lock

from gatepost import clock, outbox
from gatepost.errors import NotReady, Unavailable
from gatepost.service import Service
from gatepost.storage import item_shapes, keys, user_index
from gatepost.storage.table import Database, together

# For so long an answer is given again: whoever asks often costs no more than whoever asks now and then.
MAX_AGE = 10  # seconds
# Also while something about it is being changed, DynamoDB serves a table or an index.
_SERVED = {"ACTIVE", "UPDATING"}

_logger = logging.getLogger(__name__)


class Readiness:
    """What the last look has found, for `MAX_AGE` seconds."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = Lock()
        self._looked_at = 0
        self._found: tuple[str, ...] = ()

    def demand(self) -> None:
        """Demand that everything is there. Raises `NotReady`; what isn't there, only the log says."""
        with self._lock:
            if not 0 <= clock.now() - self._looked_at < MAX_AGE:
                looked_at = clock.now()
                self._found = tuple(_missing(self._service))
                self._looked_at = looked_at
            found = self._found
        if found:
            _logger.warning("not ready", extra={"missing": list(found)})
            raise NotReady


def indexes(service: Service) -> dict[str, set[str]]:
    """Return the tables of the deployment, each with the indexes that the code reads."""
    settings = service.settings
    return {
        settings.users_table: {user_index.INDEX},
        settings.roles_table: set(),
        settings.clients_table: set(),
        settings.sessions_table: set(),
        settings.outbox_table: {outbox.INDEX},
        settings.audit_table: set(keys.AUDIT_INDEXES),
        settings.keys_table: set(),
    }


def _missing(service: Service) -> Iterator[str]:
    """Yield what isn't as it must be, in words for the log."""
    for found in together(
        partial(_reads, service),
        partial(_signs, service),
        *(partial(_states, service.db, table, needed) for table, needed in indexes(service).items()),
    ):
        yield from found


def _reads(service: Service) -> list[str]:
    """One consistent read of each of the tables that a sign-in reads; one of the items says what shapes the tables have."""
    settings = service.settings
    try:
        shapes, *_ = service.db.get_many(
            (settings.roles_table, keys.item_shapes()),
            (settings.users_table, keys.administrators()),
            (settings.sessions_table, keys.sessions_of_nobody()),
        )
    except Unavailable as failure:
        return [f"reads of tables: {failure.__cause__!r}"]
    return item_shapes.unreadable(shapes)


def _signs(service: Service) -> list[str]:
    """Asks KMS at the most once in the life of an environment, as signing does."""
    try:
        service.signer.prepare()
    except Unavailable as failure:
        return [f"signing key: {failure.__cause__ or failure!r}"]
    return []


def _states(db: Database, table: str, needed: set[str]) -> list[str]:
    try:
        described = db.description(table)
    except Unavailable as failure:
        return [f"table {table}: not known, {failure.__cause__!r}"]
    if described is None:
        return [f"table {table}: missing"]
    states = {index["IndexName"]: index["IndexStatus"] for index in described.get("GlobalSecondaryIndexes", ())}
    found = {f"index {name} of {table}": states.get(name, "missing") for name in sorted(needed)}
    found[f"table {table}"] = described["TableStatus"]
    return [f"{what}: {state}" for what, state in found.items() if state not in _SERVED]
