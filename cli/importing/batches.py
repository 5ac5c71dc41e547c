"""As many users as go into one transaction, each with all that is theirs.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.importing.admission import Candidate
from gatepost.administration import actors
from gatepost.administration.actors import Operator
from gatepost.audit import Event
from gatepost.caller import Caller, of_service
from gatepost.service import Service
from gatepost.storage import whole_users
from gatepost.storage.writes import Write

# What DynamoDB takes in a transaction, less one write for the set of administrators; and in an item.
_MAX_WRITES = 99
_MAX_BYTES = 3_500_000
_MAX_ITEM_BYTES = 390_000


@dataclass(frozen=True)
class Import:
    """What all transactions of an import have in common: its id, the tables, and the operator who runs it."""

    id: str
    service: Service
    operator: Operator

    @property
    def caller(self) -> Caller:
        """What stands for the client of all calls."""
        return of_service("gatepost command line", self.id)


@dataclass(frozen=True)
class Prepared:
    """A candidate, and the writes that make them a user, the claim of the address first; about how many bytes these are."""

    candidate: Candidate
    writes: tuple[Write, ...]
    size: int


@dataclass
class Batch:
    """What is to be written in one transaction."""

    prepared: list[Prepared] = field(default_factory=list)
    _places: set[tuple[str, str, str]] = field(default_factory=set)
    _writes: int = 0
    _bytes: int = 0

    def add(self, prepared: Prepared) -> bool:
        """Take in another one, and return whether there was room for it."""
        places = set(map(_place, prepared.writes))
        full = self._writes + len(prepared.writes) > _MAX_WRITES or self._bytes + prepared.size > _MAX_BYTES
        if self.prepared and (full or not self._places.isdisjoint(places)):
            return False
        self.prepared.append(prepared)
        self._places |= places
        self._writes += len(prepared.writes)
        self._bytes += prepared.size
        return True

    @property
    def first(self) -> int:
        """The ordinal of the first entry in it."""
        return self.prepared[0].candidate.ordinal


def prepare(all_of: Import, candidate: Candidate) -> Prepared | None:
    """Return the writes that make a user of `candidate`, or None if no transaction takes them."""
    service, user = all_of.service, candidate.user
    made = whole_users.write(service.settings.users_table, user, candidate.further, candidate.attached)
    roles = " ".join(user.roles) or None
    event = actors.event(service, all_of.operator, Event.USER_IMPORTED, all_of.caller, user_id=user.id, role=roles)
    sizes = [_size(write) for write in (*made, event)]
    if len(sizes) > _MAX_WRITES or sum(sizes) > _MAX_BYTES or max(sizes) > _MAX_ITEM_BYTES:
        return None
    return Prepared(candidate, (*made, event), sum(sizes))


def _place(write: Write) -> tuple[str, str, str]:
    """Return where a put writes."""
    item = write.request["Item"]
    return write.request["TableName"], item["pk"]["S"], item["sk"]["S"]


def _size(write: Write) -> int:
    """Return about how many bytes a put writes, and no less."""
    return sum(len(name.encode()) + _size_of_value(attribute) for name, attribute in write.request["Item"].items())


def _size_of_value(attribute: Mapping[str, Any]) -> int:
    """As DynamoDB counts, rounded up, by https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "B" | "N":
            return len(value)
        case "SS" | "NS":
            return sum(len(each.encode()) for each in value)
        case "BS":
            return sum(map(len, value))
        case "L":
            return 3 + sum(1 + _size_of_value(each) for each in value)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _size_of_value(each) for name, each in value.items())
        case _:
            return 1
