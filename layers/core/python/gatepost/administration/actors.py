"""Who does what administrators do: a user who has signed in, or an operator with the command line."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from gatepost.access.permissions import EVERYTHING
from gatepost.access.roles import Catalogue
from gatepost.audit import By, Event
from gatepost.authentication import Principal, SignedInPrincipal
from gatepost.caller import Caller
from gatepost.service import Service
from gatepost.storage import roles as role_items
from gatepost.storage import users as user_items
from gatepost.storage.writes import Write


@dataclass(frozen=True)
class Operator:
    """Somebody with access to the deployment's own tables. IAM has decided what they may, so the ladder finds that they hold
    everything; all other rules are theirs, too.

    `id` is the ARN by which AWS knows them. What they do is judged by the roles as they are in `catalogue`.
    """

    id: str
    catalogue: Catalogue
    permissions: ClassVar[tuple[str, ...]] = (EVERYTHING,)


Actor = Principal | Operator


def operator(service: Service, arn: str) -> Operator:
    """Return the operator that AWS knows by `arn`. Raises `Unavailable`."""
    return Operator(arn, role_items.read(service.db, service.settings.roles_table))


def demand_same_rights(service: Service, me: Actor) -> list[Write]:
    """Demand that `me` still has the rights that they were judged by. Those of an operator are not ours to know."""
    return [] if isinstance(me, Operator) else [user_items.demand_same_rights(service.settings.users_table, me.user)]


def by(me: Actor) -> By:
    """Return what events say of `me`."""
    if isinstance(me, Operator):
        return By(operator=me.id)
    return By(actor_id=me.id) if isinstance(me, SignedInPrincipal) else By(actor_id=me.id, api_key_id=me.sid)


def event(
    service: Service,
    me: Actor,
    event: Event,
    caller: Caller,
    *,
    user_id: str | None = None,
    role: str | None = None,
    client_id: str | None = None,
) -> Write:
    """Return the write of an event that `me` has caused: of the user `user_id`; where it's about none, it's their own."""
    whose = user_id or (None if isinstance(me, Operator) else me.id)
    return service.audit.event(event, caller, user_id=whose, role=role, client_id=client_id, **by(me))


def asking(me: Actor, caller: Caller) -> dict[str, Any]:
    """Return what tells another function of the deployment who asks it, by what call."""
    return {**by(me), **asdict(caller)}
