"""The built-in roles and what they permit. A permission is `resource:action`; `*` stands for all."""

from collections.abc import Iterable

ADMIN = "admin"
USER = "user"

_PERMISSIONS: dict[str, frozenset[str]] = {
    ADMIN: frozenset({"*"}),
    USER: frozenset(),  # nothing but one's own account
}


def effective_permissions(roles: Iterable[str]) -> tuple[str, ...]:
    """Return the permissions that `roles` give together, sorted. A role that doesn't exist gives none."""
    return tuple(sorted(set().union(*(_PERMISSIONS.get(role, frozenset()) for role in roles))))
