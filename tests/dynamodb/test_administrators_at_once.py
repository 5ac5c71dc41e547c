"""The set of administrators on the engine itself: one always remains (R-04, Z-04)."""

import secrets

import pytest

from gatepost.storage import administrators, keys
from gatepost.storage.failures import ConditionFailed
from gatepost.storage.table import Database
from local.stack import Stack
from tests.dynamodb.support import at_once
from tests.integration.administrators import administrator

pytestmark = pytest.mark.dynamodb


def left(db: Database, table: str) -> set[str]:
    item = db.get(table, keys.administrators())
    return set(item["ids"]) if item else set()


def test_r04_of_40_removals_of_two_administrators_at_once_one_remains(stack: Stack, db: Database) -> None:
    table = stack.template.tables["UsersTable"].name
    one, two = administrator(stack).id, administrator(stack).id
    for other in left(db, table) - {one, two}:
        db.write(administrators.remove(table, other))

    def remove(user_id: str) -> bool:
        try:
            db.write(administrators.remove(table, user_id))
        except ConditionFailed:
            return False
        return True

    outcomes = at_once([lambda: remove(one), lambda: remove(two)] * 20)
    assert len(left(db, table)) == 1
    assert True in outcomes
    assert False in outcomes
    # Who isn't one takes nothing away; and the last one stays.
    (last,) = left(db, table)
    assert remove(secrets.token_hex(16))
    assert not remove(last)
    assert left(db, table) == {last}
