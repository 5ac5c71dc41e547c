"""Permissions with and without `*`: which includes which, and that the API and other teams' authorizers say the same."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.access.permissions import common, holds, is_permission, minimised
from gatepost_verifier.requirements import grants

# Three of each stand for all: permissions see of a name only whether it's the same.
RESOURCES, ACTIONS = ("orders", "users", "keys"), ("read", "write", "delete")
PLAIN = [f"{resource}:{action}" for resource, action in itertools.product(RESOURCES, ACTIONS)]
ALL = ["*", *(f"{resource}:{action}" for resource, action in itertools.product((*RESOURCES, "*"), (*ACTIONS, "*")))]

permission_sets = st.frozensets(st.sampled_from(ALL), max_size=6)


def meant(permission: str) -> set[str]:
    """Return what `permission` stands for, by looking at all there is. The last of each is what nobody names: more to come."""
    resource, _, action = permission.partition(":")
    return {
        f"{each}:{what}"
        for each, what in itertools.product((*RESOURCES, "?"), (*ACTIONS, "?"))
        if resource in (each, "*") and action in (what, "*", "")
    }


@given(permission_sets, st.sampled_from(PLAIN))
def test_the_api_and_the_verifier_agree_on_plain_permissions(held: frozenset[str], needed: str) -> None:
    assert holds(held, needed) == grants(held, needed)


@given(permission_sets, st.sampled_from(ALL))
def test_z02_a_set_holds_what_one_of_it_means_and_no_more(held: frozenset[str], needed: str) -> None:
    assert holds(held, needed) == any(meant(needed) <= meant(each) for each in held)


@given(permission_sets)
def test_the_least_set_means_the_same_and_nothing_twice(permissions: frozenset[str]) -> None:
    least = minimised(permissions)
    assert list(least) == sorted(set(least))
    assert {each for one in least for each in meant(one)} == {each for one in permissions for each in meant(one)}
    assert not any(holds(set(least) - {one}, one) for one in least)


@given(permission_sets, permission_sets)
def test_z07_what_two_sets_have_in_common_means_what_both_mean(one: frozenset[str], other: frozenset[str]) -> None:
    both = common(one, other)
    meanings = [{each for permission in permissions for each in meant(permission)} for permissions in (one, other, both)]
    assert meanings[0] & meanings[1] == meanings[2]
    assert both == minimised(both) == common(other, one)


def test_z07_two_wildcards_meet_where_they_overlap() -> None:
    assert common(["orders:*"], ["*:read", "users:*"]) == ("orders:read",)
    assert common(["*"], ["orders:*", "*:read"]) == ("*:read", "orders:*")
    assert common(["*:*"], ["*"]) == ("*",)
    assert common(["orders:read"], ["orders:write", "users:read"]) == ()


@pytest.mark.parametrize("all_but", [{"orders:*"}, {"*:read", "orders:*"}, set(PLAIN)])
def test_z02_everything_is_held_only_by_who_has_everything(all_but: set[str]) -> None:
    for everything in ("*", "*:*"):
        assert not holds(all_but, everything)
        assert holds({"*"}, everything)
        assert holds({"*:*"}, everything)


@pytest.mark.parametrize("text", ["*", "*:*", "orders:*", "*:read", "a:b", "A.b_c-9:d", "x" * 64 + ":" + "y" * 64])
def test_what_is_a_permission(text: str) -> None:
    assert is_permission(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", ":", "a:", ":b", "a", "a:b:c", "a b:c", "a:b ", "a:b\n", "**", "a*:b", "a:b*", "*:", ":*", "é:a", "a:é"),
        *("x" * 65 + ":a", "a:" + "x" * 65, "a:b&c", "a:b,c:d", "scope:a:b", "\uff41:b"),
    ],
)
def test_what_is_none(text: str) -> None:
    assert not is_permission(text)
