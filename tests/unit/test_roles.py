"""The catalogue of roles: what each permits with all that it includes, and what it refuses (Z-02, R-29)."""

from dataclasses import replace
from functools import reduce

import pytest

from gatepost.access.authority import demand_holds, demand_may_edit
from gatepost.access.roles import (
    ADMIN,
    EMPTY,
    MAX_DEPTH,
    MAX_PERMISSION_CHARACTERS,
    MAX_PERMISSIONS,
    MAX_ROLES,
    USER,
    Catalogue,
    Rights,
    Role,
    with_role,
    without_role,
)
from gatepost.conflicts import BuiltInRole, IncludedRole, RoleCatalogueFull, RoleCycle, RolesTooDeep, TooManyPermissions
from gatepost.errors import NotFound, NotPermitted, UnknownRole


def catalogue(*roles: Role) -> Catalogue:
    found = EMPTY
    for role in roles:
        found = with_role(found, role)
    return found


def chain(links: int) -> list[Role]:
    """Return roles of which each includes the one before."""
    return [Role(f"r{number}", "", (f"x:{number}",), (f"r{number - 1}",) if number else ()) for number in range(links + 1)]


def many(number: int, length: int = 5) -> tuple[str, ...]:
    """Return so many permissions of so many characters each."""
    return tuple(f"p:{index:0{length - 2}}" for index in range(number))


def test_a_role_permits_what_it_says_and_what_it_includes() -> None:
    clerk, chief = Role("clerk", "", ("orders:read",)), Role("chief", "", ("orders:write",), ("clerk",))
    found = catalogue(clerk, chief, Role("boss", "", ("users:read",), ("chief", "clerk")))
    assert found.permissions_of(["boss"]) == ("orders:read", "orders:write", "users:read")
    assert found.permissions_of(["clerk", "chief"]) == ("orders:read", "orders:write")
    assert found.version == 3


def test_what_a_wider_permission_includes_is_left_out() -> None:
    found = catalogue(Role("a", "", ("orders:read", "users:read")), Role("b", "", ("orders:*",), ("a",)))
    assert found.permissions_of(["b"]) == ("orders:*", "users:read")
    assert found.permissions_of(["b", ADMIN]) == ("*",)


def test_a_change_reaches_the_roles_that_include_it() -> None:
    found = with_role(catalogue(*chain(3)), Role("r0", "", ("y:y",)))
    assert found.permissions_of(["r3"]) == ("x:1", "x:2", "x:3", "y:y")


def test_the_built_in_roles_are_there_from_the_start() -> None:
    assert [role.name for role in EMPTY.all()] == [ADMIN, USER]
    assert EMPTY.permissions_of([ADMIN]) == ("*",)
    assert EMPTY.permissions_of([USER]) == ()
    assert catalogue(Role("deputy", "", (), (ADMIN, USER))).permissions_of(["deputy"]) == ("*",)


def test_a_role_that_does_not_exist_gives_nothing_and_is_not_named() -> None:
    found = catalogue(Role("clerk", "", ("orders:read",)))
    rights = found.rights_of(["gone", "clerk", "", "*"])
    assert (rights.roles, rights.permissions) == (("clerk",), ("orders:read",))


@pytest.mark.parametrize("name", [ADMIN, USER])
def test_a_built_in_role_is_neither_written_nor_deleted(name: str) -> None:
    with pytest.raises(BuiltInRole):
        with_role(EMPTY, Role(name, "", ("orders:read",)))
    with pytest.raises(BuiltInRole):
        without_role(EMPTY, name)


@pytest.mark.parametrize("length", range(MAX_DEPTH + 1))
def test_a_cycle_is_refused_whatever_its_length(length: int) -> None:
    roles = chain(length)
    with pytest.raises(RoleCycle):
        with_role(catalogue(*roles), replace(roles[0], includes=(roles[-1].name,)))


def test_two_ways_to_the_same_role_are_no_cycle() -> None:
    base = Role("base", "", ("a:b",))
    found = catalogue(base, Role("x", "", (), ("base",)), Role("y", "", (), ("base",)), Role("z", "", (), ("x", "y", "base")))
    assert found.permissions_of(["z"]) == ("a:b",)


def test_a_chain_of_includes_has_an_end() -> None:
    roles = chain(MAX_DEPTH)
    found = catalogue(*roles)
    with pytest.raises(RolesTooDeep):
        with_role(found, Role("above", "", (), (roles[-1].name,)))
    with pytest.raises(RolesTooDeep):  # also where it grows at its foot
        with_role(with_role(found, Role("below")), replace(roles[0], includes=("below",)))


def test_only_what_exists_is_included() -> None:
    with pytest.raises(UnknownRole):
        with_role(EMPTY, Role("a", "", (), ("b",)))


@pytest.mark.parametrize(
    ("fits", "one_more"),
    [
        (many(MAX_PERMISSIONS), ("q:q",)),
        (many(30, MAX_PERMISSION_CHARACTERS // 30), ("q:q",)),
        ((*many(MAX_PERMISSIONS - 1), "orders:*"), ("users:*",)),
    ],
)
def test_r29_a_role_permits_no_more_than_a_token_carries(fits: tuple[str, ...], one_more: tuple[str, ...]) -> None:
    found = catalogue(Role("full", "", fits), Role("one-more", "", one_more))
    assert found.rights_of(["full"]).permissions == tuple(sorted(fits))
    with pytest.raises(TooManyPermissions):
        with_role(found, Role("full", "", fits + one_more))
    with pytest.raises(TooManyPermissions):
        with_role(found, Role("both", "", (), ("full", "one-more")))
    including = with_role(with_role(found, Role("small")), Role("including", "", fits, ("small",)))
    with pytest.raises(TooManyPermissions):  # the role that is edited is small; the one that includes it is not
        with_role(including, Role("small", "", one_more))
    with pytest.raises(TooManyPermissions):
        found.rights_of(["full", "one-more"])


def test_r29_what_does_not_count_is_what_a_wider_one_includes() -> None:
    found = catalogue(Role("full", "", many(MAX_PERMISSIONS)), Role("wide", "", ("p:*", "q:q"), ("full",)))
    assert found.permissions_of(["wide"]) == ("p:*", "q:q")


def test_z02_what_is_judged_of_a_user_is_all_they_hold_even_if_no_token_carries_it() -> None:
    found = catalogue(Role("a", "", many(MAX_PERMISSIONS)), Role("b", "", ("keys:write",)))
    assert len(found.permissions_of(["a", "b"])) == MAX_PERMISSIONS + 1


def test_r29_there_are_no_more_roles_than_fit() -> None:
    found = catalogue(*(Role(f"r{number}") for number in range(MAX_ROLES)))
    with pytest.raises(RoleCatalogueFull):
        with_role(found, Role("one-more"))
    assert with_role(found, Role("r0", "changed")).version == MAX_ROLES + 1
    assert with_role(without_role(found, "r1"), Role("one-more"))


def test_r29_all_roles_together_are_no_larger_than_an_item() -> None:
    large = many(23, 129)
    found = catalogue(*(Role(f"r{number}", "", large) for number in range(40)))
    some_more = [Role(f"s{number}", "", large) for number in range(MAX_ROLES // 2)]
    with pytest.raises(RoleCatalogueFull):
        reduce(with_role, some_more, found)


def test_a_role_that_others_include_stays() -> None:
    found = catalogue(*chain(1))
    with pytest.raises(IncludedRole):
        without_role(found, "r0")
    assert without_role(without_role(found, "r1"), "r0").all() == EMPTY.all()
    with pytest.raises(NotFound):
        without_role(found, "gone")


@pytest.mark.parametrize(
    ("held", "needed"),
    [({"*"}, ("*",)), ({"orders:*"}, ("orders:read", "orders:*")), (set(), ()), ({"*:read", "a:b"}, ("c:read", "a:b"))],
)
def test_who_holds_it_all_may_give_it(held: set[str], needed: tuple[str, ...]) -> None:
    demand_holds(held, needed)


@pytest.mark.parametrize(
    ("held", "needed"),
    [
        ({"orders:*"}, ("*",)),
        ({"orders:read"}, ("orders:*",)),
        ({"orders:read", "roles:write"}, ("orders:read", "users:write")),
        (set(), ("a:b",)),
    ],
)
def test_z02_who_lacks_some_of_it_may_not(held: set[str], needed: tuple[str, ...]) -> None:
    with pytest.raises(NotPermitted):
        demand_holds(held, needed)


def test_z02_a_role_that_a_higher_one_includes_is_edited_only_by_who_holds_the_higher_one() -> None:
    before = catalogue(Role("low", "", ("orders:read",)), Role("high", "", ("keys:write",), ("low",)))
    after = with_role(before, Role("low", "", ()))
    with pytest.raises(NotPermitted):
        demand_may_edit({"orders:*"}, "low", before, after)
    demand_may_edit({"orders:*", "keys:write"}, "low", before, after)
    # Where nothing changes for the higher one, nothing is asked of it.
    demand_may_edit({"orders:*"}, "low", before, with_role(before, Role("low", "said otherwise", ("orders:read",))))


def test_z02_where_not_all_fits_the_roles_that_changed_last_give_way() -> None:
    """In whatever order the user has them, and whichever is larger."""
    small, large = Role("small", "", ("s:1",)), Role("large", "", many(60))
    filled = with_role(catalogue(small, large), Role("small", "", tuple(f"s:{number}" for number in range(90))))
    for names in (["small", "large"], ["large", "small"]):
        assert filled.rights_that_fit(names) == Rights(tuple(names), many(60))
    assert filled.rights_that_fit(["small"]).permissions == filled.permissions_of(["small"])
    regrown = with_role(filled, Role("large", "", many(61)))
    assert regrown.rights_that_fit(["small", "large"]).permissions == regrown.permissions_of(["small"])


def test_a_role_has_changed_when_what_it_permits_has() -> None:
    found = catalogue(Role("a", "", ("x:1",)), Role("b", "", (), ("a",)), Role("c", "", ("x:3",)))
    described = with_role(found, Role("c", "other words", ("x:3",)))
    assert described.changed == found.changed == {"a": 1, "b": 2, "c": 3}
    assert with_role(described, Role("a", "", ("x:2",))).changed == {"a": 5, "b": 5, "c": 3}
