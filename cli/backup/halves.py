"""Users who were restored by halves: DynamoDB says of transactions at the very second of a restore that a part of one may be in
it, and a part not.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from gatepost.access.roles import ADMIN
from gatepost.service import Service
from gatepost.storage import administrators, keys, users, whole_users
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.keys import Key
from gatepost.storage.users import User
from gatepost.storage.writes import Item, check, delete, put, update


@dataclass
class Mended:
    """Whose address was claimed again, how many claims of nobody were given up, the ids that came into the set of
    administrators or left it; of whom the address is another's by now, which nothing can mend; and whether the roles had to be.
    """

    claimed: list[str] = field(default_factory=list)
    given_up: int = 0
    administrators: list[str] = field(default_factory=list)
    address_taken: list[str] = field(default_factory=list)
    roles: bool = False


def mend(service: Service) -> Mended:
    """Put right what belongs together and isn't: each on condition that it's still so. What is in order is left alone. Raises
    `Unavailable`.
    """
    mended, table = Mended(), service.settings.users_table
    everybody = {user.id: user for user in _users(service)}
    claimed: dict[str, str] = {}
    for claim in service.db.scan(table, keys.email_claims(), segment=0, segments=1):
        owner = everybody.get(claim["user_id"])
        if owner is None or keys.email_claim(owner.email_digest)["pk"] != claim["pk"]:
            _give_up(service, claim, owner, mended)
        else:
            claimed[owner.id] = claim["pk"]
    for user in everybody.values():
        if user.id not in claimed:
            _claim(service, user, mended)
    _correct_set(service, {user.id for user in everybody.values() if administrators.is_one(user)}, mended)
    _correct_version(service, mended)
    return mended


def _users(service: Service) -> Iterator[User]:
    for item in service.db.scan(service.settings.users_table, keys.users(), segment=0, segments=1):
        if item["sk"] == whole_users.PROFILE and (user := users.from_item(item)) is not None:
            yield user


def _give_up(service: Service, claim: Item, owner: User | None, mended: Mended) -> None:
    """Delete a claim whose owner isn't there, or has another address."""
    table, user_id = service.settings.users_table, claim["user_id"]
    key: Key = {"pk": claim["pk"], "sk": claim["sk"]}
    same = (
        check(table, keys.user(user_id), "attribute_not_exists(pk)")
        if owner is None
        else check(table, keys.user(user_id), "email_digest = :digest", digest=owner.email_digest)
    )
    with suppress(ConditionFailed):
        service.db.transact(delete(table, key, "user_id = :id", id=user_id), same)
        mended.given_up += 1


def _claim(service: Service, user: User, mended: Mended) -> None:
    table = service.settings.users_table
    try:
        service.db.transact(
            users.claim_again(table, user),
            check(table, keys.user(user.id), "email_digest = :digest", digest=user.email_digest),
        )
    except ConditionFailed as exc:
        if 0 in exc.items:
            mended.address_taken.append(user.id)
    else:
        mended.claimed.append(user.id)


def _correct_set(service: Service, active: set[str], mended: Mended) -> None:
    """Let the set have those who are administrators, and nobody else."""
    table = service.settings.users_table
    noted: set[str] = set((service.db.get(table, keys.administrators()) or {}).get("ids", ()))
    is_one = "#status = :active AND contains(#roles, :admin)"
    for user_id in sorted(active ^ noted):
        joins = user_id in active
        demand = is_one if joins else f"attribute_not_exists(pk) OR NOT ({is_one})"
        with suppress(ConditionFailed):
            service.db.transact(
                update(table, keys.administrators(), "ADD ids :ids" if joins else "DELETE ids :ids", ids={user_id}),
                check(table, keys.user(user_id), demand, active="active", admin=ADMIN),
            )
            mended.administrators.append(user_id)


def _correct_version(service: Service, mended: Mended) -> None:
    """Let the version of the roles be that of the catalogue."""
    table = service.settings.roles_table
    catalogue, version = service.db.get_many((table, keys.role_catalogue()), (table, keys.role_catalogue_version()))
    if catalogue is None or (version is not None and version["version"] == catalogue["version"]):
        return
    with suppress(ConditionFailed):
        service.db.transact(
            put(table, {**keys.role_catalogue_version(), "version": catalogue["version"]}),
            check(table, keys.role_catalogue(), "version = :version", version=catalogue["version"]),
        )
        mended.roles = True
