"""Listing and searching users: whoever matches, once, by address, a page in three calls (R-15, Z-08, Z-09, Z-10, Z-11)."""

import base64
import secrets
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import boto3
import pytest

from gatepost.access.roles import USER, Role
from gatepost.storage import keys, user_index
from gatepost.storage.writes import to_dynamodb
from local.events import Response
from local.stack import Stack
from tests.integration.accounts import INVALID_CURSOR, mailed_change, new_user, outcome, verify
from tests.integration.administrators import Staff, administrator, new_role
from tests.integration.inside import change_user
from tests.integration.trips import measured
from tests.support import Api, problem

PER_RANGE = 100
# Of the addresses of the many; the service of this file is its own.
TAG = "5f0c21"
LETTERS = "0acegilmosxz"


@pytest.fixture(scope="module")
def me(stack: Stack) -> Staff:
    """An administrator."""
    return administrator(stack)


@pytest.fixture(scope="module")
def role(stack: Stack) -> str:
    """A role that one in a hundred of the crowd has."""
    return new_role(stack, Role("", "", ("orders:read",)))


@pytest.fixture(scope="module")
def crowd(stack: Stack, role: str) -> dict[str, str]:
    """Some thousands of users, ids by address: in each range of the index some hundreds. One in ten is disabled."""
    written: dict[str, str] = {}
    for letter in LETTERS:
        for number in range(PER_RANGE):
            address, user_id = f"{letter}-{TAG}-{number:04}@example.com", secrets.token_hex(16)
            written[address] = user_id
            write(
                stack, address, user_id, "disabled" if number % 10 == 3 else "active", [USER, *([role] * (number % 100 == 7))]
            )
    return written


def write(stack: Stack, address: str, user_id: str, status: str, roles: list[str]) -> None:
    item = {
        **keys.user(user_id),
        **keys.user_by_address(address),
        "id": user_id,
        "email": address,
        "email_digest": b"-",
        "email_verified": True,
        "password_hash": "-",
        "status": status,
        "roles": roles,
        "epoch": 0,
        "version": 0,
        "created_at": 0,
    }
    boto3.client("dynamodb").put_item(TableName=Api(stack).table_name("UsersTable"), Item=to_dynamodb(item))


def ask(me: Staff, query: str = "", cursor: str | None = None) -> Response:
    return me.admin("GET", f"/users?{query}{'' if cursor is None else f'&cursor={cursor}'}")


def pages(me: Staff, query: str = "") -> Iterator[list[dict[str, Any]]]:
    cursor = None
    while True:
        answer = ask(me, query, cursor)
        assert answer.status == 200, answer.body
        yield answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return


def listed(me: Staff, query: str = "") -> list[str]:
    return [user["email"] for page in pages(me, query) for user in page]


def test_all_users_are_listed_once_in_the_order_of_their_addresses(me: Staff, crowd: dict[str, str]) -> None:
    found = listed(me, "limit=100")
    assert found == sorted(found)
    assert len(found) == len(set(found))
    assert crowd.keys() | {me.email} <= set(found)


@pytest.mark.parametrize("limit", [7, 60, 100])
def test_a_prefix_finds_whose_address_begins_with_it_in_full_pages(me: Staff, crowd: dict[str, str], limit: int) -> None:
    found = list(pages(me, f"limit={limit}&email=m-{TAG}"))
    assert [len(page) for page in found[:-1]] == [limit] * (PER_RANGE // limit - (PER_RANGE % limit == 0))
    assert [user["email"] for page in found for user in page] == sorted(each for each in crowd if each.startswith("m-"))


@pytest.mark.parametrize("spelling", ["O-{}-0012@EXAMPLE.com", "o-{}-0012@", "o-{}-0012@example.com"])
def test_a_prefix_is_compared_as_addresses_are(me: Staff, crowd: dict[str, str], spelling: str) -> None:
    address = f"o-{TAG}-0012@example.com"
    (user,) = ask(me, f"email={quote(spelling.format(TAG))}").json()["items"]
    assert (user["email"], user["id"]) == (address, crowd[address])


def test_status_and_role_narrow_a_search(me: Staff, crowd: dict[str, str], role: str) -> None:
    def numbered(remainder: int, modulus: int, letter: str = "") -> list[str]:
        return sorted(each for each in crowd if each.startswith(letter) and int(each[9:13]) % modulus == remainder)

    assert listed(me, "status=disabled") == numbered(3, 10)
    assert listed(me, f"role={role}&limit=2") == numbered(7, 100)
    assert listed(me, f"role={role}&email=x") == numbered(7, 100, "x")
    assert listed(me, f"role={role}&status=disabled") == []
    assert listed(me, "role=nothing-of-this-name") == []


@pytest.mark.parametrize(
    "query",
    ["", "limit=100", f"email=z-{TAG}&limit=100", "status=disabled&limit=100", "role={}&limit=100", "email=nobody-at-all"],
)
def test_a_page_among_thousands_costs_three_calls_and_no_scan(
    stack: Stack, me: Staff, crowd: dict[str, str], role: str, query: str
) -> None:
    """Among a hundred thousand as well: one query of at most 1,000 items of about 250 bytes, of one range (ADR 0016)."""
    assert len(crowd) == len(LETTERS) * PER_RANGE
    cursor: str | None = None
    ask(me)  # the process knows keys and roles
    for _ in range(3):
        with measured() as cost:
            answer = ask(me, query.format(role), cursor)
        operations = [call.operation for call in cost.calls]
        assert operations in (["BatchGetItem", "Query", "BatchGetItem"], ["BatchGetItem", "Query"])
        assert cost.calls[1].parameters["IndexName"] == "by_address"
        assert cost.calls[1].parameters["Limit"] <= 1000
        assert cost.queried <= 100
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            break


def test_the_index_spreads_its_writes() -> None:
    """By the first character, so that a search by beginning asks one partition; ranges are in the order of addresses."""
    ranges = [keys.address_range(chr(code)) for code in range(33, 127)]
    assert ranges == sorted(ranges)
    assert set(ranges) == set(range(keys.ADDRESS_RANGES))
    for one, other in pairwise(["a", "c", "e", "g", "j", "l", "m", "p", "s", "z"]):
        assert keys.address_range(one) + 1 == keys.address_range(other)


def test_r15_what_the_index_says_too_late_decides_nothing(stack: Stack, me: Staff, role: str) -> None:
    """A user who was deleted is left out, and one who has changed is shown, or left out, as they are."""
    deleted, disabled, changed = (f"r15-{name}-{TAG}@example.com" for name in ("a", "b", "c"))
    ids = {address: secrets.token_hex(16) for address in (deleted, disabled, changed)}
    for address, user_id in ids.items():
        write(stack, address, user_id, "active", [USER])
    query = f"email=r15-&status=active&role={USER}"
    assert listed(me, query) == [deleted, disabled, changed]

    def late() -> None:
        table = Api(stack).table_name("UsersTable")
        boto3.client("dynamodb").delete_item(TableName=table, Key=to_dynamodb(keys.user(ids[deleted])))
        change_user(me.api, ids[disabled], status="disabled")
        change_user(me.api, ids[changed], name="Grace")

    def stale(*args: Any) -> tuple[list[str], str | None]:
        answer = read_index(*args)
        late()
        return answer

    read_index = user_index.page
    with patch.object(user_index, "page", stale):
        (shown,) = ask(me, query).json()["items"]
    assert (shown["email"], shown["name"]) == (changed, "Grace")


def test_a_user_is_found_by_the_address_they_have_now(stack: Stack, me: Staff) -> None:
    user, address = new_user(stack), f"moved-{TAG}@example.com"
    assert verify(user.api, mailed_change(user, address)).status == 204
    assert [each["id"] for each in ask(me, f"email=moved-{TAG}").json()["items"]] == [user.id]
    assert ask(me, f"email={user.email}").json()["items"] == []


HOSTILE = ["#a", ":v", "a = :b", "begins_with(", "password_hash", "pk", "USER#", "\x00", "é", "😀", "*", "%", "' OR 1=1", "~"]


@pytest.mark.parametrize("text", HOSTILE)
def test_z09_strings_are_inert(me: Staff, crowd: dict[str, str], text: str) -> None:
    answer = ask(me, f"email={quote(text)}")
    assert (answer.status, answer.json()["items"]) == (200, [])
    assert outcome(ask(me, f"role={quote(text)}")) in [(422, "invalid_request"), (200, "")]
    assert problem(ask(me, f"status={quote(text)}")) == (422, "invalid_request")


@pytest.mark.parametrize(
    "query",
    ["password_hash=x", "sort=password_hash", "order=desc", "email_digest=x", "totp_secret=a", "filter=x", "user_id=1"],
)
def test_z10_there_is_no_other_search_and_no_sorting(me: Staff, query: str) -> None:
    answer = ask(me, query)
    assert problem(answer) == (422, "invalid_request")
    assert query.partition("=")[0] not in answer.body.decode()


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "status=", "status=invited", "role=%20", f"email={'x' * 255}"]
)
def test_what_a_search_cannot_be_is_refused(me: Staff, query: str) -> None:
    assert problem(ask(me, query)) == (422, "invalid_request")


def test_z08_a_cursor_is_good_for_its_search_and_its_administrator_alone(
    stack: Stack, me: Staff, crowd: dict[str, str]
) -> None:
    queries = ["limit=5&email=c", "limit=5&email=c-", "limit=5&email=c&status=active", "limit=5", "limit=5&status=active"]
    cursors = {query: str(ask(me, query).json()["next_cursor"]) for query in queries}
    for query in queries:
        for other, cursor in cursors.items():
            assert (outcome(ask(me, query, cursor)) == INVALID_CURSOR) == (query != other)
    # Another page size is the same search.
    assert ask(me, "limit=50&email=c", cursors["limit=5&email=c"]).status == 200
    someone = administrator(stack)
    for query, cursor in cursors.items():
        assert problem(ask(someone, query, cursor)) == INVALID_CURSOR
        assert problem(someone.admin("GET", f"/users/{me.id}/sessions?cursor={cursor}")) == INVALID_CURSOR


def test_z08_an_edited_cursor_is_refused(me: Staff, crowd: dict[str, str]) -> None:
    cursor = str(ask(me, "limit=5&email=c").json()["next_cursor"])
    for place in range(0, len(cursor), 7):
        other = "A" if cursor[place] != "A" else "B"
        assert problem(ask(me, "limit=5&email=c", cursor[:place] + other + cursor[place + 1 :])) == INVALID_CURSOR
    decoded = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for position in (b"1", b"9", f"{'0' * 32} m-{TAG}".encode(), b"USER#x"):
        forged = base64.urlsafe_b64encode(decoded[:16] + position).decode().rstrip("=")
        assert problem(ask(me, "limit=5&email=c", forged)) == INVALID_CURSOR
