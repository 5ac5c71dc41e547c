"""The rule of the ladder: nobody gives what they don't hold, or changes who or what holds more than they do."""

from collections.abc import Collection, Iterable

from gatepost.access.permissions import holds
from gatepost.access.roles import Catalogue
from gatepost.errors import NotPermitted


def demand_holds(held: Collection[str], needed: Iterable[str]) -> None:
    """Demand that who holds the permissions `held` holds all that are `needed`, those of a role or of another user.

    Raises:
        NotPermitted: if they don't.
    """
    if not all(holds(held, permission) for permission in needed):
        raise NotPermitted("You don't hold all the permissions that this gives, takes away or belongs to.")


def demand_may_edit(held: Collection[str], edited: Collection[str], before: Catalogue, after: Catalogue) -> None:
    """Demand that who holds `held` may replace the catalogue `before` by `after`, between which they edit the roles of the
    names `edited`: of these, and of every role whose permissions change with them since it includes one, they must hold all
    that it permits, before and after.

    Raises:
        NotPermitted: if they don't.
    """
    for name in {*edited, *before.roles, *after.roles}:
        was, becomes = before.permissions_of([name]), after.permissions_of([name])
        if name in edited or was != becomes:
            demand_holds(held, {*was, *becomes})
