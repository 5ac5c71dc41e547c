"""The roles in a warm environment: the catalogue is kept, and read again when its version has changed.

The version is a tiny item of its own that is read beside something else, so that looking costs no further round trip.
"""

import logging
from collections.abc import Callable, Collection

from gatepost import telemetry
from gatepost.access.permissions import common
from gatepost.access.roles import EMPTY, Catalogue, Rights, those_that_fit
from gatepost.conflicts import TooManyPermissions
from gatepost.storage import keys, roles
from gatepost.storage.keys import Key
from gatepost.storage.users import User
from gatepost.storage.writes import Item
from gatepost.telemetry import Metric

_logger = logging.getLogger(__name__)


class CurrentRoles:
    """Knows what users may. `read` returns the catalogue in `table` and raises `Unavailable` where that fails."""

    def __init__(self, table: str, read: Callable[[], Catalogue]) -> None:
        # What a caller reads, for `Database.get_many`, before it asks here.
        self.version: tuple[str, Key] = (table, keys.role_catalogue_version())
        self._read = read
        self._catalogue = EMPTY

    def at(self, version: Item | None) -> Catalogue:
        """Return the catalogue, no older than `version`, the item just read. Raises `Unavailable`."""
        catalogue = self._catalogue
        if catalogue.version != roles.version_of(version):
            catalogue = self._catalogue = self._read()
        return catalogue

    def rights_of(self, user: User, version: Item | None) -> Rights:
        """Return what `user` may by the catalogue `at(version)`. Raises `Unavailable`."""
        return rights_in(self.at(version), user)


def rights_in(catalogue: Catalogue, user: User) -> Rights:
    """Return what `user` may by `catalogue`. Where that's more than a token may carry, since a role was edited after they got
    it, it's what fits without the last edits, and an operator has to see that (metric `TooManyPermissions`).
    """
    try:
        return catalogue.rights_of(user.roles)
    except TooManyPermissions:
        _logger.error(
            "the roles of a user permit more than a token may carry: the last edits are left out", extra={"user_id": user.id}
        )
        telemetry.count(Metric.TOO_MANY_PERMISSIONS)
        return catalogue.rights_that_fit(user.roles)


def rights_within(catalogue: Catalogue, user: User, permissions: Collection[str]) -> Rights:
    """Return what an API key of `user` may that has `permissions`: what they and the user's roles by `catalogue` give both. It
    has no role itself. In the odd case that this is more than a token may carry, it's what fits.
    """
    return Rights((), those_that_fit(common(rights_in(catalogue, user).permissions, permissions)))
