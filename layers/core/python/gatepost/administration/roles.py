"""Writing and deleting roles."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from gatepost.access.authority import demand_may_edit
from gatepost.access.roles import Catalogue, Role, with_all, with_role, without_role
from gatepost.administration import actors
from gatepost.administration.actors import Actor
from gatepost.audit import Event
from gatepost.caller import Caller
from gatepost.errors import Conflict
from gatepost.service import Service
from gatepost.storage import roles as role_items
from gatepost.storage.failures import ConditionFailed

# A transaction has 100 writes at the most; the catalogue takes two, and the rights of who does it one.
_EVENTS = 97


@dataclass(frozen=True)
class Difference:
    """Which roles there are in one catalogue and not in another, or not as they are there, by name and in order."""

    created: tuple[str, ...]
    updated: tuple[str, ...]
    deleted: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.created, *self.updated, *self.deleted)


def difference(before: Mapping[str, Role], after: Mapping[str, Role]) -> Difference:
    """Return what is done to the roles `before` if they become `after`."""
    return Difference(
        created=tuple(sorted(after.keys() - before.keys())),
        updated=tuple(sorted(name for name in after.keys() & before.keys() if after[name] != before[name])),
        deleted=tuple(sorted(before.keys() - after.keys())),
    )


def put_role(service: Service, me: Actor, role: Role, caller: Caller) -> tuple[Catalogue, bool]:
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
    _commit(service, me, catalogue, {event: [role.name]}, caller)
    return catalogue, new


def delete_role(service: Service, me: Actor, name: str, caller: Caller) -> None:
    """Delete the role of this name. Who has it loses it.

    Raises:
        NotFound: there's none.
        NotPermitted: `me` doesn't hold all that it permits.
        Conflict: as `put_role`, and where others include it.
    """
    _commit(service, me, without_role(me.catalogue, name), {Event.ROLE_DELETED: [name]}, caller)


def replace_all(service: Service, me: Actor, roles: Mapping[str, Role], caller: Caller) -> Difference:
    """Have exactly these roles by their names, beside the built-in ones, and return what that has changed. All is done at
    once, or nothing. Raises what `put_role` does, with the name of the role in `subject`.
    """
    changes = difference(me.catalogue.roles, roles)
    catalogue = with_all(me.catalogue, roles)
    if changes.all:
        events = {
            Event.ROLE_CREATED: changes.created,
            Event.ROLE_UPDATED: changes.updated,
            Event.ROLE_DELETED: changes.deleted,
        }
        _commit(service, me, catalogue, events, caller)
    return changes


def _commit(service: Service, me: Actor, catalogue: Catalogue, events: Mapping[Event, Sequence[str]], caller: Caller) -> None:
    """Replace the catalogue that `me` was judged by, if it and what they may are still the same. `events` names the roles that
    each event is about.
    """
    settings = service.settings
    edited = {name for names in events.values() for name in names}
    demand_may_edit(me.permissions, edited, me.catalogue, catalogue)
    # One event a role; only where these would be too many for one transaction, an event is about a few.
    few = 1 if len(edited) <= _EVENTS else -(-len(edited) // (_EVENTS - len(events)))
    try:
        service.db.transact(
            *role_items.write(settings.roles_table, catalogue),
            *actors.demand_same_rights(service, me),
            *(
                actors.event(service, me, event, caller, role=" ".join(together))
                for event, names in events.items()
                for together in _chunks(names, few)
            ),
        )
    except ConditionFailed as exc:
        raise Conflict from exc


def _chunks(names: Iterable[str], size: int) -> Iterable[list[str]]:
    left = iter(names)
    while chunk := list(islice(left, size)):
        yield chunk
