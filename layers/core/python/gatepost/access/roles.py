"""Roles: named sets of permissions, which may include other roles. Pure functions over the catalogue of all roles."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from gatepost.access.permissions import EVERYTHING, minimised
from gatepost.conflicts import BuiltInRole, IncludedRole, RoleCatalogueFull, RoleCycle, RolesTooDeep, TooManyPermissions
from gatepost.errors import NotFound, UnknownRole, of_subject

ADMIN = "admin"
USER = "user"

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
MAX_ROLES = 200
MAX_ROLES_OF_USER = 20
MAX_INCLUDES = 20
# A chain of roles of which each includes the next has at most so many links.
MAX_DEPTH = 8
# What a token may carry, which has to fit into a header.
MAX_PERMISSIONS = 100
MAX_PERMISSION_CHARACTERS = 3_000
# The catalogue is one item, of 400 KB at the most.
_MAX_BYTES = 350_000


@dataclass(frozen=True)
class Role:
    """A role as it was written: what it permits itself, and the roles whose permissions it has too."""

    name: str
    description: str = ""
    permissions: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()


_BUILT_IN = {
    ADMIN: Role(ADMIN, "May do everything.", (EVERYTHING,)),
    USER: Role(USER, "May do nothing but use their own account."),
}


@dataclass(frozen=True)
class Rights:
    """What a token says that its user may: the roles they have, and what these permit together, minimised and sorted."""

    roles: tuple[str, ...]
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class Further:
    """What newer code keeps with the catalogue, and with each of its roles by name."""

    catalogue: Mapping[str, Any] = field(default_factory=dict)
    roles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Catalogue:
    """All roles but the built-in ones by name, what each permits with all that it includes (`effective`), and in which
    version that changed last (`changed`).

    `version` is raised by one with each change, and is 0 while there are none but the built-in ones. `further` is what newer
    code keeps with it.
    """

    version: int
    roles: Mapping[str, Role]
    effective: Mapping[str, tuple[str, ...]]
    changed: Mapping[str, int]
    further: Further = field(default_factory=Further, compare=False)

    def all(self) -> list[Role]:
        """Return all roles in the order of their names."""
        return sorted([*_BUILT_IN.values(), *self.roles.values()], key=lambda role: role.name)

    def role(self, name: str) -> Role:
        """Return the role of this name. Raises `NotFound`."""
        role = _BUILT_IN.get(name) or self.roles.get(name)
        if role is None:
            raise NotFound("There is no such role.")
        return role

    def permissions_of(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return all that the roles of these names permit together, however much it is; one that doesn't exist permits
        nothing.
        """
        return minimised(permission for name in names for permission in self._effective(name))

    def rights_of(self, names: Iterable[str]) -> Rights:
        """Return what a token of a user with the roles of these names says. One that doesn't exist is left out.

        Raises:
            TooManyPermissions: they permit more than a token may carry.
        """
        existing = self.existing(names)
        permissions = self.permissions_of(existing)
        _demand_fits_token(permissions)
        return Rights(existing, permissions)

    def rights_that_fit(self, names: Iterable[str]) -> Rights:
        """Return what a token says where `rights_of` raises, since a role was edited after its user got it: the roles that
        changed last and don't fit permit nothing. So who edits a role takes nothing away but what that role gives.
        """
        existing, fitting = self.existing(names), list[str]()
        for name in sorted(existing, key=lambda name: (self.changed.get(name, 0), name)):
            if _fits_token(self.permissions_of([*fitting, name])):
                fitting.append(name)
        return Rights(existing, self.permissions_of(fitting))

    def existing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of `names` that are names of roles."""
        return tuple(name for name in names if name in _BUILT_IN or name in self.roles)

    def _effective(self, name: str) -> tuple[str, ...]:
        return _BUILT_IN[name].permissions if name in _BUILT_IN else self.effective.get(name, ())


EMPTY = Catalogue(version=0, roles={}, effective={}, changed={})


def is_built_in(name: str) -> bool:
    """Return whether the role of this name is one that every deployment has, and nobody changes."""
    return name in _BUILT_IN


def with_role(catalogue: Catalogue, role: Role) -> Catalogue:
    """Return the successor of `catalogue` in which `role` stands under its name.

    Raises:
        BuiltInRole: its name is that of a built-in one.
        UnknownRole: it includes one that doesn't exist.
        RoleCycle: it would include itself, by whatever detour.
        RolesTooDeep: a chain of includes would be longer than `MAX_DEPTH`.
        TooManyPermissions: it, or one that includes it, would permit more than a token may carry.
        RoleCatalogueFull: there would be more than `MAX_ROLES`, or all together would be too large.
    """
    return with_all(catalogue, {**catalogue.roles, role.name: role})


def with_all(catalogue: Catalogue, roles: Mapping[str, Role]) -> Catalogue:
    """Return the successor of `catalogue` that has exactly these roles by their names, and the built-in ones.

    Raises what `with_role` does, with the name of the role in `subject`.
    """
    for name in roles:
        if is_built_in(name):
            with of_subject(name):
                raise BuiltInRole
    return _successor(catalogue, roles)


def without_role(catalogue: Catalogue, name: str) -> Catalogue:
    """Return the successor of `catalogue` in which there is no role of this name. Who had it has it no more.

    Raises:
        BuiltInRole: it's one.
        NotFound: there's none already.
        IncludedRole: others include it.
    """
    if is_built_in(name):
        raise BuiltInRole
    catalogue.role(name)
    if any(name in role.includes for role in catalogue.roles.values()):
        raise IncludedRole
    return _successor(catalogue, {other: role for other, role in catalogue.roles.items() if other != name})


def _successor(catalogue: Catalogue, roles: Mapping[str, Role]) -> Catalogue:
    version, effective = catalogue.version + 1, _compiled(roles)
    changed = {
        name: catalogue.changed.get(name, 0) if permissions == catalogue.effective.get(name) else version
        for name, permissions in effective.items()
    }
    successor = Catalogue(version, roles, effective, changed, catalogue.further)
    if len(roles) > MAX_ROLES or _size(successor) > _MAX_BYTES:
        raise RoleCatalogueFull
    return successor


def _compiled(roles: Mapping[str, Role]) -> dict[str, tuple[str, ...]]:
    """Return what each of `roles` permits with all that it includes. Raises what `with_role` does."""
    effective = {name: role.permissions for name, role in _BUILT_IN.items()}
    depths = dict.fromkeys(_BUILT_IN, 0)

    def compile_role(name: str, includers: tuple[str, ...]) -> None:
        if name in includers:
            raise RoleCycle
        if name in effective:
            return
        if name not in roles:
            raise UnknownRole
        role = roles[name]
        with of_subject(name):
            for included in role.includes:
                compile_role(included, (*includers, name))
            depths[name] = max((1 + depths[included] for included in role.includes), default=0)
            if depths[name] > MAX_DEPTH:
                raise RolesTooDeep
            effective[name] = minimised([*role.permissions, *(each for other in role.includes for each in effective[other])])
            _demand_fits_token(effective[name])

    for name in roles:
        compile_role(name, ())
    return {name: effective[name] for name in roles}


def those_that_fit(permissions: Iterable[str]) -> tuple[str, ...]:
    """Return as many of `permissions` from the first on as a token may carry."""
    fitting: tuple[str, ...] = ()
    for permission in permissions:
        if not _fits_token((*fitting, permission)):
            break
        fitting += (permission,)
    return fitting


def _fits_token(permissions: tuple[str, ...]) -> bool:
    return len(permissions) <= MAX_PERMISSIONS and sum(map(len, permissions)) <= MAX_PERMISSION_CHARACTERS


def _demand_fits_token(permissions: tuple[str, ...]) -> None:
    if not _fits_token(permissions):
        raise TooManyPermissions


def _size(catalogue: Catalogue) -> int:
    """Return about how many bytes the catalogue's item has, and no less: JSON has more around each value than DynamoDB.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    members = [
        asdict(role) | {"effective": catalogue.effective[name], "changed": catalogue.changed[name]}
        for name, role in catalogue.roles.items()
    ]
    return len(json.dumps(members, ensure_ascii=False).encode())
