"""Users who are missing come back from a copy of their table: each with all that is theirs, or not at all.

A user is several items that belong together, and the claim of an address that may be another's by now. So they aren't copied
one by one: a transaction writes them all, on condition that nothing of it stands there, as a registration does.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice

from cli.backup.copying import SEGMENTS
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
    """The deployment, and who does it by what call."""

    service: Service
    me: Operator
    caller: Caller


def bring_back(service: Service, me: Operator, caller: Caller, copy: str, on_chunk: Callable[[Returned], None]) -> Returned:
    """Bring back all users of the table `copy` whom the Users table hasn't got, but for those who were deleted as their events
    say. Tell `on_chunk` now and then how much is done; doing it again goes on. Raises `Unavailable`.
    """
    by, returned = _By(service, me, caller), Returned()
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
        user = user_items.from_item(next((item for item in together if item["sk"] == whole_users.PROFILE), None))
        # Without a profile it's what is left of a user who was being erased.
        if user is not None:
            yield _Partition(user, together)


def _bring_back(by: _By, some: Sequence[_Partition], returned: Returned) -> None:
    service = by.service
    standing = service.db.get_many(*((service.settings.users_table, keys.user(each.user.id)) for each in some))
    for each, found in zip(some, standing, strict=True):
        if found is not None:
            returned.there += 1
        elif (since := _trail(service, each.user.id)).deleted:
            returned.deleted.append(each.user.id)
        else:
            _write(by, each, since, returned)


@dataclass
class _Trail:
    """What a user's events say that mustn't be undone: whether they were deleted, which API keys were, and when they got a new
    password by mail for the last time, which ends the API keys from before; in milliseconds since the epoch.
    """

    deleted: bool = False
    api_keys: set[str] = field(default_factory=set)
    reset_at_ms: int = 0

    def ends(self, item: Item) -> bool:
        """Return whether `item` is an API key that was ended."""
        key_id = _api_key_of(item)
        return key_id is not None and (key_id in self.api_keys or item["created_at"] <= self.reset_at_ms // 1000)


def _trail(service: Service, user_id: str) -> _Trail:
    trail, before = _Trail(), None
    (partition,) = keys.audit_partitions(user_id=user_id)
    while True:
        between = keys.audit_range(None, None, before)
        items, before = service.db.query_newest(service.settings.audit_table, partition, *between, limit=1000, equal={})
        for item in items:
            trail.deleted |= item["event"] == Event.ACCOUNT_DELETED
            if item["event"] == Event.API_KEY_DELETED:
                trail.api_keys.add(item["api_key_id"])
            if item["event"] in (Event.PASSWORD_RESET, Event.PASSWORD_RESET_DEMANDED):
                trail.reset_at_ms = max(trail.reset_at_ms, item["at_ms"])
        if before is None:
            return trail


def _write(by: _By, each: _Partition, since: _Trail, returned: Returned) -> None:
    service, user = by.service, each.user
    table = service.settings.users_table
    items = [item for item in each.items if not since.ends(item)]
    # Nobody signs in while the user isn't there. A session that was ended together with all others would be good again by the
    # epoch that comes back.
    service.db.delete_all(service.settings.sessions_table, keys.everything_of_user(user.id))
    try:
        service.db.transact(
            user_items.claim_again(table, user),
            *(put(table, _with_keys(item, items), "attribute_not_exists(pk)") for item in items),
            actors.event(service, by.me, Event.USER_RESTORED, by.caller, user_id=user.id),
            *([administrators.add(table, user.id)] if administrators.is_one(user) else []),
        )
    except ConditionFailed as exc:
        if 0 in exc.items:
            returned.address_taken.append(user.id)
        else:
            returned.there += 1  # another run was faster
    else:
        returned.back.append(user.id)


def _with_keys(item: Item, items: Sequence[Item]) -> Item:
    """Return `item`; if it's the profile, with the API keys that are among `items`."""
    if item["sk"] != whole_users.PROFILE:
        return item
    left = {key_id for each in items if (key_id := _api_key_of(each)) is not None}
    without = {name: value for name, value in item.items() if name != "api_keys"}
    return without | ({"api_keys": left} if left else {})


def _api_key_of(item: Item) -> str | None:
    """Return the id of the API key that `item` is, if it's one."""
    prefix = keys.api_key("", "")["sk"]
    return str(item["sk"]).removeprefix(prefix) if item["sk"].startswith(prefix) else None
