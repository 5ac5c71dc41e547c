"""The signed-in user's own profile."""

from dataclasses import replace

from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.errors import NotAuthenticated
from gatepost.service import Service
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.users import User


def rename(service: Service, user: User, name: str | None, caller: Caller) -> User:
    """Set the name of `user`, or remove it with None, and return the user as it is then.

    Raises:
        NotAuthenticated: if the user was deleted or disabled meanwhile.
    """
    try:
        service.db.transact(
            user_items.rename(service.settings.users_table, user.id, name),
            service.audit.event(Event.PROFILE_UPDATED, caller, user_id=user.id, actor_id=user.id),
        )
    except ConditionFailed as exc:
        raise NotAuthenticated from exc
    return replace(user, name=name)
