"""Permissions: `resource:action`, where `*` stands for all resources or all actions; `*` alone is all of both."""

import re
from collections.abc import Collection, Iterable
from itertools import product

MAX_PART = 64  # characters of a resource or an action
EVERYTHING = "*"

_PART = rf"(?:[A-Za-z0-9._-]{{1,{MAX_PART}}}|\*)"
PATTERN = rf"^(?:{_PART}:{_PART}|\*)$"
_PERMISSION = re.compile(PATTERN)
# The same as `*`, spelt out.
_SPELT_OUT = "*:*"


def is_permission(text: str) -> bool:
    """Return whether `text` is a permission, with or without `*`."""
    return _PERMISSION.fullmatch(text) is not None


def holds(held: Collection[str], needed: str) -> bool:
    """Return whether the set `held` includes the permission `needed`, which may have `*` itself: `orders:*` is held only by
    who has `orders:*` or everything. For one without `*`, this is what the verifier says (`requirements.grants`).
    """
    return not {needed, *_wider(needed)}.isdisjoint(held)


def minimised(permissions: Iterable[str]) -> tuple[str, ...]:
    """Return the least set that gives what `permissions` give together, sorted: none of it includes another."""
    given = {EVERYTHING if permission == _SPELT_OUT else permission for permission in permissions}
    return tuple(sorted(permission for permission in given if _wider(permission).isdisjoint(given)))


def common(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    """Return the least set that gives what both sets give, sorted: of `orders:*` and `*:read`, that is `orders:read`."""
    overlaps = (_overlap(first, second) for first, second in product(one, other))
    return minimised(overlap for overlap in overlaps if overlap is not None)


def _overlap(one: str, other: str) -> str | None:
    """Return the permission for all that both permissions include; None if there's no such thing."""
    parts = []
    for first, second in zip(_spelt_out(one), _spelt_out(other), strict=True):
        if EVERYTHING not in (first, second) and first != second:
            return None
        parts.append(second if first == EVERYTHING else first)
    return ":".join(parts)


def _spelt_out(permission: str) -> list[str]:
    return (_SPELT_OUT if permission == EVERYTHING else permission).split(":")


def _wider(permission: str) -> set[str]:
    """Return all others that include `permission`."""
    resource, _, action = permission.partition(":")
    wider = {f"{resource}:*", f"*:{action}", _SPELT_OUT, EVERYTHING} if action else {_SPELT_OUT}
    return wider - {permission}
