"""Writing and deleting roles."""

from gatepost.access.authority import demand_may_edit
from gatepost.access.roles import Catalogue, Role, with_role, without_role
from gatepost.audit import Event
from gatepost.authentication import Principal
from gatepost.caller import Caller
from gatepost.errors import Conflict
from gatepost.service import Service
from gatepost.storage import roles as role_items
from gatepost.storage import users as user_items
from gatepost.storage.failures import ConditionFailed


def put_role(service: Service, me: Principal, role: Role, caller: Caller) -> tuple[Catalogue, bool]:
    """Write `role` under its name, in place of what stood there. Return the catalogue then, and whether the role is new.

    Who has it may what it says now: tokens from their next refresh on, `/v1/me` and `/v1/admin` at once.

    Raises:
        NotPermitted: `me` doesn't hold all that this role, or one that includes it, permits before or after.
        UnknownRole: it includes one that doesn't exist.
        Conflict: another changed the roles, or `me`, meanwhile; or something stands against it (`with_role`).
    """
    new = role.name not in me.catalogue.roles
    event = Event.ROLE_CREATED if new else Event.ROLE_UPDATED
    catalogue = with_role(me.catalogue, role)
    _commit(service, me, role.name, catalogue, event, caller)
    return catalogue, new


def delete_role(service: Service, me: Principal, name: str, caller: Caller) -> None:
    """Delete the role of this name. Who has it loses it.

    Raises:
        NotFound: there's none.
        NotPermitted: `me` doesn't hold all that it permits.
        Conflict: as `put_role`, and where others include it.
    """
    _commit(service, me, name, without_role(me.catalogue, name), Event.ROLE_DELETED, caller)


def _commit(service: Service, me: Principal, name: str, catalogue: Catalogue, event: Event, caller: Caller) -> None:
    """Replace the catalogue that `me` was judged by, if it and what they may are still the same."""
    settings = service.settings
    demand_may_edit(me.rights.permissions, name, me.catalogue, catalogue)
    try:
        service.db.transact(
            *role_items.write(settings.roles_table, catalogue),
            user_items.demand_same_rights(settings.users_table, me.user),
            service.audit.event(event, caller, user_id=me.user.id, actor_id=me.user.id, role=name),
        )
    except ConditionFailed as exc:
        raise Conflict from exc
