"""Users who are missing come back from a copy of their table: each with all that is theirs, or not at all.

A user is several items that belong together, and the claim of an address that may be another's by now. So they aren't copied
one by one: a transaction writes them all, on condition that nothing of it stands there, as a registration does.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice

from cli.backup.copying import SEGMENTS
from cli.backup.ended import Trail, left_of, trail_of
from gatepost.administration import actors
from gatepost.administration.actors import Operator
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.service import Service
from gatepost.storage import administrators, keys, whole_users
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.users import User
from gatepost.storage.writes import Item, put

_CHUNK = 100


@dataclass
class Returned:
    """What became of the users of a copy: how many were there, and the ids of those who came back; of those who stay away,
    since they were deleted, or since their address has an account by now.
    """

    there: int = 0
    back: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    address_taken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.there:,} users are there, {len(self.back):,} came back, {len(self.deleted):,} stay deleted, of "
            f"{len(self.address_taken):,} the address has an account"
        )


@dataclass(frozen=True)
class _Partition:
    """A user as the copy has them, with all items of theirs."""

    user: User
    items: Sequence[Item]


@dataclass(frozen=True)
class _By:
    """The deployment, who does it by what call, and of when the copy is (milliseconds since the epoch), None where security
    events may not tell all since.
    """

    service: Service
    me: Operator
    caller: Caller
    since_ms: int | None


def bring_back(
    service: Service, me: Operator, caller: Caller, copy: str, on_chunk: Callable[[Returned], None], *, since_ms: int | None
) -> Returned:
    """Bring back all users of the table `copy` whom the Users table hasn't got, but for those who were deleted as their events
    say, and without what has ended since `since_ms` (milliseconds since the epoch), None where events may not tell all. Tell
    `on_chunk` now and then how much is done; doing it again goes on. Raises `Unavailable`.
    """
    by, returned = _By(service, me, caller, since_ms), Returned()
    for segment in range(SEGMENTS):
        partitions = _partitions(service, copy, segment)
        while some := list(islice(partitions, _CHUNK)):
            _bring_back(by, some, returned)
            on_chunk(returned)
    return returned


def _partitions(service: Service, copy: str, segment: int) -> Iterator[_Partition]:
    items = service.db.scan(copy, keys.users(), segment=segment, segments=SEGMENTS)
    for _, partition in groupby(items, key=lambda item: item["pk"]):
        together = list(partition)
        # Without a profile it's what is left of a user who was being erased.
        if (user := _user_of(together)) is not None:
            yield _Partition(user, together)


def _bring_back(by: _By, some: Sequence[_Partition], returned: Returned) -> None:
    service = by.service
    standing = service.db.get_many(*((service.settings.users_table, keys.user(each.user.id)) for each in some))
    for each, found in zip(some, standing, strict=True):
        if found is not None:
            returned.there += 1
        elif (trail := trail_of(service, each.user.id)).deleted:
            returned.deleted.append(each.user.id)
        else:
            _write(by, each, trail, returned)


def _write(by: _By, each: _Partition, trail: Trail, returned: Returned) -> None:
    service, table = by.service, by.service.settings.users_table
    items = left_of(each.items, trail, by.since_ms)
    user = _user_of(items)
    # Nobody signs in while the user isn't there.
    service.db.delete_all(service.settings.sessions_table, keys.everything_of_user(each.user.id))
    try:
        service.db.transact(
            user_items.claim_again(table, each.user),
            *(put(table, item, "attribute_not_exists(pk)") for item in items),
            actors.event(service, by.me, Event.USER_RESTORED, by.caller, user_id=each.user.id),
            *([administrators.add(table, each.user.id)] if administrators.is_one(user) else []),
        )
    except ConditionFailed as exc:
        if 0 in exc.items:
            returned.address_taken.append(each.user.id)
        else:
            returned.there += 1  # another run was faster
    else:
        returned.back.append(each.user.id)


def _user_of(items: Sequence[Item]) -> User | None:
    return user_items.from_item(next((item for item in items if item["sk"] == whole_users.PROFILE), None))
