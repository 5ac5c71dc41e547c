"""R-33: items get a new shape while code of the old one goes on writing them: nothing is lost, and nobody comes back."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from cli import item_changes
from cli.item_changes import Change
from gatepost import clock
from gatepost.config import AdminSettings
from gatepost.identifiers import new_id
from gatepost.storage import item_shapes, keys, users
from gatepost.storage.table import Database
from gatepost.storage.users import User
from gatepost.storage.writes import Item, update
from local.stack import Stack

pytestmark = pytest.mark.dynamodb

USERS, RENAMES = 60, 8


def in_second_shape(item: Item) -> Item | None:
    """The name stands elsewhere, and in a map."""
    if item["sk"] != "PROFILE" or "name" not in item:
        return None
    return {name: value for name, value in item.items() if name != "name"} | {"names": {"display": item["name"]}}


def shown_by_newer_code(item: Item) -> str:
    """Newer code reads both shapes. Where both are there, older code has written last, which knows but one."""
    return str(item["name"] if "name" in item else item["names"]["display"])


@pytest.fixture
def settings(new_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> AdminSettings:
    """A deployment whose code writes a second shape."""
    monkeypatch.setattr(item_shapes, "NEWEST", 2)
    return AdminSettings.from_environment(new_stack.functions["AdminFunction"].definition.environment)


@pytest.fixture
def people(db: Database, settings: AdminSettings) -> list[User]:
    """Users as code of the first shape has written them."""
    people = []
    for number in range(USERS):
        user_id, email = new_id(), f"user-{number}@example.com"
        digest = number.to_bytes(32)
        user = User(user_id, email, digest, True, f"name 0 of {number}", "-", "active", (), 0, 0, clock.now())
        db.transact(*users.create(settings.users_table, user))
        people.append(user)
    return people


def profiles(db: Database, settings: AdminSettings, people: Sequence[User]) -> list[Item | None]:
    return db.get_many(*((settings.users_table, keys.user(user.id)) for user in people))


def test_r33_what_older_code_writes_meanwhile_is_kept_and_who_is_erased_stays_so(
    db: Database, settings: AdminSettings, people: list[User]
) -> None:
    table = settings.users_table
    change = Change(2, "users_table", keys.users(), in_second_shape)
    staying, leaving = people[: USERS // 2], people[USERS // 2 :]

    def rename(number: int) -> None:
        for turn in range(1, RENAMES + 1):
            db.write(users.rename(table, staying[number].id, f"name {turn} of {number}"))
            # And something that neither shape touches.
            db.write(update(table, keys.user(staying[number].id), "ADD version :one", one=1))

    def erase(number: int) -> None:
        db.transact(*users.erase(table, leaving[number]))

    with ThreadPoolExecutor(16) as threads:
        working = [threads.submit(rename, number) for number in range(len(staying))]
        working += [threads.submit(erase, number) for number in range(len(leaving))]
        item_changes.apply(db, settings, [change], lambda *_: None)
        for each in working:
            each.result()

    # In between, newer code sees of everybody what was written last.
    for number, item in enumerate(profiles(db, settings, staying)):
        assert item is not None
        assert (shown_by_newer_code(item), item["version"]) == (f"name {RENAMES} of {number}", RENAMES)
    assert profiles(db, settings, leaving) == [None] * len(leaving)
    assert not item_shapes.unreadable(item_shapes.read(db, settings.roles_table))

    # Once no older code is left, what it had left is done too: the marker is no reason not to look.
    item_changes.apply(db, settings, [Change(3, "users_table", keys.users(), in_second_shape)], lambda *_: None)
    for number, item in enumerate(profiles(db, settings, staying)):
        assert item is not None
        assert ("name" in item, item["names"]) == (False, {"display": f"name {RENAMES} of {number}"})
