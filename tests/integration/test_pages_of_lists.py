"""Lists in pages: every item once, newest first where time counts, and no cursor that this list didn't give (Z-08)."""

import base64
import secrets
import string
from collections.abc import Iterator
from itertools import permutations

import pytest
from time_machine import Traveller

from local.events import Response
from local.stack import Stack
from tests.integration.accounts import INVALID_CURSOR, User, new_user, outcome
from tests.integration.api_keys import write_api_key
from tests.support import problem

LISTS = ["/audit", "/sessions", "/api-keys"]


@pytest.fixture
def user(stack: Stack, clock: Traveller) -> User:
    """A user with seven sessions, seven events and seven API keys, a second apart."""
    user = new_user(stack)
    write_api_key(user)
    for _ in range(6):
        clock.shift(1)
        user.login()
        write_api_key(user)
    return user


@pytest.fixture(scope="module")
def someone(stack: Stack) -> User:
    """A user with two sessions, two events and two API keys."""
    user = new_user(stack)
    user.login()
    write_api_key(user)
    write_api_key(user)
    return user


def page(user: User, path: str, limit: object, cursor: str | None = None) -> Response:
    return user.call("GET", f"{path}?limit={limit}{'' if cursor is None else f'&cursor={cursor}'}")


def pages(user: User, path: str, limit: int) -> Iterator[list[dict[str, object]]]:
    cursor = None
    while True:
        answer = page(user, path, limit, cursor)
        assert answer.status == 200, answer.body
        assert answer.json().keys() == {"items", "next_cursor"}
        yield answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 100])
@pytest.mark.parametrize("path", LISTS)
def test_every_item_is_on_one_page(user: User, path: str, limit: int) -> None:
    found = list(pages(user, path, limit))
    assert all(len(items) <= limit for items in found)
    listed = [item["id"] for items in found for item in items]
    assert len(listed) == len(set(listed)) == 7
    assert listed == [item["id"] for item in user.items(path)]


def test_events_are_listed_newest_first(user: User, clock: Traveller) -> None:
    times = [str(item["at"]) for items in pages(user, "/audit", 2) for item in items]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == 7
    assert times == [item["at"] for item in user.trail()]
    cursor = page(user, "/audit", 3).json()["next_cursor"]
    clock.shift(1)
    user.login()
    assert [item["at"] for item in page(user, "/audit", 3, cursor).json()["items"]] == times[3:6]  # a new one moves none


def test_api_keys_are_listed_newest_first(user: User) -> None:
    times = [str(item["created_at"]) for items in pages(user, "/api-keys", 3) for item in items]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == 7


def test_a_page_has_25_items_by_default(stack: Stack) -> None:
    user = new_user(stack)
    for number in range(30):
        user.call("PATCH", "", {"name": f"Ada {number}"})
    first = user.call("GET", "/audit").json()
    assert len(first["items"]) == 25
    assert len(user.call("GET", f"/audit?cursor={first['next_cursor']}").json()["items"]) == 6


@pytest.mark.parametrize(
    "limit", ["0", "101", "-1", "abc", "1.5", "", "1e2", "null", "9" * 100, "0x10", "\u0661\u0660", "25,25", "[1]"]
)
@pytest.mark.parametrize("path", LISTS)
def test_another_limit_is_refused_and_not_repeated(someone: User, path: str, limit: str) -> None:
    answer = page(someone, path, limit)
    assert problem(answer) == (422, "invalid_request")
    assert [error["field"] for error in answer.json()["errors"]] == ["limit"]
    assert not limit or len(limit) < 3 or limit not in answer.body.decode().replace("100", "")


RANDOM = [
    *(
        "",
        "x",
        "=",
        "====",
        "null",
        "0",
        "-1",
        "*",
        ".",
        "%00",
        "%20",
        "%F0%9F%98%80",
        "é",
        "../../etc/passwd",
        "{}",
        "[]",
        "A" * 255,
    ),
    *("'%20OR%20'1'='1", "a%20=%20:b", "begins_with(sk,:x)", "%23a", "<script>", "%22%7B%7D%22"),
]


@pytest.mark.parametrize("cursor", RANDOM)
@pytest.mark.parametrize("path", LISTS)
def test_z08_what_is_no_cursor_is_refused(someone: User, path: str, cursor: str) -> None:
    answer = page(someone, path, 1, cursor)
    assert problem(answer) == INVALID_CURSOR
    assert len(cursor) < 4 or cursor not in answer.body.decode()


@pytest.mark.parametrize("length", [256, 257, 1000, 4000])
@pytest.mark.parametrize("path", LISTS)
def test_z08_what_is_too_long_for_a_cursor_is_refused_as_one(someone: User, path: str, length: int) -> None:
    assert outcome(page(someone, path, 1, "A" * length)) == INVALID_CURSOR


@pytest.mark.parametrize("path", LISTS)
def test_z08_random_bytes_are_no_cursor(someone: User, path: str) -> None:
    for size in (1, 8, 16, 32, 40, 64, 100):
        for _ in range(5):
            cursor = base64.urlsafe_b64encode(secrets.token_bytes(size)).decode().rstrip("=")
            assert problem(page(someone, path, 1, cursor)) == INVALID_CURSOR


def test_z08_the_cursor_of_another_list_is_refused(someone: User) -> None:
    cursors = {path: page(someone, path, 1).json()["next_cursor"] for path in LISTS}
    for path, other in permutations(LISTS, 2):
        assert problem(page(someone, path, 1, cursors[other])) == INVALID_CURSOR


@pytest.mark.parametrize("path", LISTS)
def test_z08_a_cursor_that_was_edited_is_refused(someone: User, path: str) -> None:
    """At any place, by whichever letter; also where what comes out looks like one."""
    cursor = page(someone, path, 1).json()["next_cursor"]
    taken = []
    for place, letter in enumerate(cursor):
        for other in {string.ascii_letters[place % 52], string.digits[place % 10]} - {letter}:
            edited = cursor[:place] + other + cursor[place + 1 :]
            if outcome(page(someone, path, 1, edited)) != INVALID_CURSOR:
                taken.append(edited)
    for edited in (
        cursor[:-1],
        cursor[1:],
        f"{cursor}A",
        f"{cursor}=",
        f"{cursor}==",
        f"A{cursor}",
        cursor.swapcase(),
        cursor * 2,
    ):
        assert problem(page(someone, path, 1, edited)) == INVALID_CURSOR
    assert not taken


@pytest.mark.parametrize("path", LISTS)
def test_z08_the_cursor_of_another_user_is_refused(stack: Stack, user: User, path: str) -> None:
    other = new_user(stack)
    for _ in range(3):
        other.login()
        write_api_key(other)
    cursor = page(user, path, 2).json()["next_cursor"]
    assert outcome(page(other, path, 2, cursor)) == INVALID_CURSOR


@pytest.mark.parametrize("path", LISTS)
def test_z08_no_cursor_shows_anything_of_another_user(stack: Stack, user: User, path: str) -> None:
    """Whatever comes of it."""
    other = new_user(stack)
    other.login()
    write_api_key(other)
    known = {item["id"] for item in other.items(path)}
    for limit in (1, 2, 3):
        answer = page(other, path, 100, page(user, path, limit).json()["next_cursor"])
        shown = {item["id"] for item in answer.json()["items"]} if answer.status == 200 else set()
        assert shown <= known


@pytest.mark.parametrize("path", LISTS)
def test_z08_a_cursor_is_opaque_and_repeats_nothing_secret(someone: User, path: str) -> None:
    cursor = page(someone, path, 1).json()["next_cursor"]
    assert set(cursor) <= set(string.ascii_letters + string.digits + "-_")
    assert someone.id not in base64.urlsafe_b64decode(cursor + "==").decode("latin-1")
    assert page(someone, path, 1, cursor).body == page(someone, path, 1, cursor).body


def test_a_page_may_be_short_while_a_cursor_follows(user: User, clock: Traveller) -> None:
    """What has expired is left out after it was read."""
    user.call("DELETE", "/sessions")
    found = list(pages(user, "/sessions", 2))
    assert len(found) == 4
    assert [item["id"] for items in found for item in items] == [user.session_id]
