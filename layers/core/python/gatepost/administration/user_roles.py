"""Giving roles to users and taking them away. Tokens from before go onto the revocation list: the change counts at once."""

from dataclasses import replace

from gatepost.access.authority import demand_holds
from gatepost.access.roles import MAX_ROLES_OF_USER
from gatepost.administration.actors import Actor
from gatepost.administration.users import commit, event_of
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.conflicts import TooManyRoles
from gatepost.service import Service
from gatepost.storage.users import User


def assign(service: Service, me: Actor, user: User, name: str, caller: Caller) -> None:
    """Give a user the role of this name, if they don't have it yet.

    Raises:
        NotFound: there is no such role.
        NotPermitted: `me` doesn't hold all that the role permits and the user holds.
        TooManyRoles: the user has as many as one can have.
        TooManyPermissions: all their roles would permit more than a token may carry.
        Conflict: the user, `me` or the roles changed meanwhile.
    """
    me.catalogue.role(name)
    demand_holds(me.permissions, me.catalogue.permissions_of([name]))
    after = user
    if name not in user.roles:
        if len(user.roles) >= MAX_ROLES_OF_USER:
            raise TooManyRoles
        after = replace(user, roles=(*user.roles, name), version=user.version + 1)
        me.catalogue.rights_of(after.roles)
    commit(service, me, user, after, event_of(service, me, user, Event.ROLE_ASSIGNED, caller, role=name))


def unassign(service: Service, me: Actor, user: User, name: str, caller: Caller) -> None:
    """Take the role of this name from a user, if they have it; also one that exists no more.

    Raises:
        NotFound: there is no such role, and the user has none of this name.
        NotPermitted: `me` doesn't hold all that the user holds.
        LastAdministrator: the role is `admin`, and the user the last one who has it.
        Conflict: the user, `me` or the roles changed meanwhile.
    """
    after = user
    if name in user.roles:
        after = replace(user, roles=tuple(role for role in user.roles if role != name), version=user.version + 1)
    else:
        me.catalogue.role(name)
    commit(service, me, user, after, event_of(service, me, user, Event.ROLE_UNASSIGNED, caller, role=name))
