"""Reading, changing and deleting users. Who does it must hold all that the user holds (the rule of the ladder)."""

from dataclasses import replace
from typing import Literal

from gatepost import revocations
from gatepost.access.authority import demand_holds
from gatepost.accounts import erasure
from gatepost.administration import actors
from gatepost.administration.actors import Actor
from gatepost.audit import Event
from gatepost.authentication import Principal
from gatepost.caller import Caller
from gatepost.conflicts import LastAdministrator
from gatepost.errors import Conflict, NotFound
from gatepost.identifiers import is_id
from gatepost.service import Service
from gatepost.storage import administrators, keys, user_index
from gatepost.storage import roles as role_items
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.user_index import Search
from gatepost.storage.users import User
from gatepost.storage.writes import Write


def find(service: Service, me: Actor, user_id: str) -> User:
    """Return the user with this id. Raises `NotFound`."""
    if isinstance(me, Principal) and user_id == me.id:
        return me.user
    user = user_items.from_item(service.db.get(service.settings.users_table, keys.user(user_id))) if is_id(user_id) else None
    if user is None:
        raise NotFound("There is no such user.")
    return user


def page(service: Service, search: Search, limit: int, after: str | None) -> tuple[list[User], str | None]:
    """Return users by address, at most `limit`, those behind the position `after`; then the next position.

    The index says who may be meant; the users are read themselves, and left out where it was wrong.
    """
    db, table = service.db, service.settings.users_table
    ids, position = user_index.page(db, table, search, limit, after)
    items = db.get_many(*((table, keys.user(user_id)) for user_id in ids)) if ids else []
    return [user for user in map(user_items.from_item, items) if user is not None and search.finds(user)], position


def update(
    service: Service,
    me: Actor,
    before: User,
    caller: Caller,
    *,
    name: str | None,
    email_verified: bool,
    status: Literal["active", "disabled"],
) -> User:
    """Change a user and return them as they are then. Who is disabled is signed out everywhere, at once.

    Raises:
        NotPermitted: `me` doesn't hold all that the user holds.
        LastAdministrator: the user is it, and would be disabled.
        Conflict: the user, `me` or the roles changed meanwhile.
    """
    after = replace(before, name=name, email_verified=email_verified, status=status)
    events = [Event.PROFILE_UPDATED] if replace(before, name=name, email_verified=email_verified) != before else []
    if status != before.status:
        events.append(Event.USER_DISABLED if status == "disabled" else Event.USER_ENABLED)
        if status == "disabled":
            after = signed_out(after)
    commit(service, me, before, after, *(event_of(service, me, before, event, caller) for event in events))
    return after


def delete(service: Service, me: Actor, user: User, caller: Caller) -> None:
    """Delete a user, whose address is free then, and with them all that is theirs. Raises what `update` does."""
    demand_may_change(me, user)
    transact(service, me, user, None, *erasure.erasing(service, user, caller, **actors.by(me)))
    erasure.purge(service, user.id)


def end_sessions(service: Service, me: Actor, user: User, caller: Caller) -> None:
    """End all sessions of a user, at once. Raises what `update` does."""
    event = event_of(service, me, user, Event.ALL_SESSIONS_ENDED, caller)
    commit(service, me, user, signed_out(user), event)


def signed_out(user: User) -> User:
    """Return `user` with all sessions ended and all access tokens void."""
    return replace(user, epoch=user.epoch + 1, version=user.version + 1)


def event_of(service: Service, me: Actor, user: User, event: Event, caller: Caller, *, role: str | None = None) -> Write:
    """Return the write of an event of `user` that `me` has caused."""
    return actors.event(service, me, event, caller, user_id=user.id, role=role)


def demand_may_change(me: Actor, user: User) -> None:
    """Demand that `me` holds all that `user` holds, or would if they weren't disabled. Raises `NotPermitted`."""
    demand_holds(me.permissions, me.catalogue.permissions_of(user.roles))


def commit(service: Service, me: Actor, before: User, after: User, *writes: Write) -> None:
    """Commit the change of a user with `writes`, if it is one, and if `me` may change them.

    Where the version is raised, the access tokens before it go onto the revocation list. Raises what `update` does.
    """
    settings = service.settings
    demand_may_change(me, before)
    if after == before:
        return
    revoked = [revocations.of_user(settings.sessions_table, after.id, after.version)] if after.version > before.version else []
    transact(service, me, before, after, user_items.change(settings.users_table, before, after), *revoked, *writes)


def transact(service: Service, me: Actor, before: User | None, after: User | None, *writes: Write) -> None:
    """Commit `writes`, which make, change or delete a user, if another administrator remains, and what `me` was judged by, the
    roles and their own rights, is still the same. The writes themselves demand it of the user.
    """
    settings = service.settings
    followed = administrators.follow(settings.users_table, before, after)
    try:
        service.db.transact(*followed, *writes, *same_judge(service, me, of=before))
    except ConditionFailed as exc:
        raise LastAdministrator if administrators.was_the_last(followed, exc) else Conflict from exc


def same_judge(service: Service, me: Actor, *, of: User | None = None) -> list[Write]:
    """Demand that the roles and the rights of `me` are as they were. Where `of` is `me`, the write that changes them has to
    demand it: DynamoDB takes one write of an item in a transaction.
    """
    settings = service.settings
    unchanged = [role_items.demand_unchanged(settings.roles_table, me.catalogue)]
    if of is None or of.id != me.id:
        unchanged += actors.demand_same_rights(service, me)
    return unchanged
