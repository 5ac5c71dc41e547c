"""`gatepost migrate`: old items get the shape that newer code writes (R-33)."""

from collections.abc import Iterator

import boto3
import pytest

from cli import item_changes
from cli.item_changes import Change
from gatepost.storage import item_shapes, keys
from gatepost.storage.writes import Item, to_dynamodb
from local.stack import Stack
from tests.calls import failing, recorded
from tests.cli.support import Operator
from tests.integration.accounts import new_user
from tests.integration.tables import items
from tests.support import Api


def _named_otherwise(item: Item) -> Item | None:
    if item["sk"] != "PROFILE" or "name" not in item:
        return None
    return {name: value for name, value in item.items() if name != "name"} | {"display_name": item["name"]}


@pytest.fixture
def second_shape(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> Iterator[None]:
    """This version writes a second shape, and reads both: in it, the name of a user stands elsewhere."""
    monkeypatch.setattr(item_shapes, "NEWEST", 2)
    monkeypatch.setattr(item_changes, "CHANGES", (Change(2, "users_table", keys.users(), _named_otherwise),))
    yield
    boto3.client("dynamodb").delete_item(
        TableName=stack.template.tables["RolesTable"].name, Key=to_dynamodb(keys.item_shapes())
    )


def _marker(stack: Stack) -> tuple[int, int]:
    (item,) = items(Api(stack), "RolesTable", "pk = :pk", pk="SHAPES")
    return item["oldest"], item["newest"]


def test_there_is_nothing_to_do_for_the_first_shape(operator: Operator) -> None:
    with recorded() as calls:
        assert operator.json("migrate") == {"shape": 1, "changed": 0}
    assert {call.operation for call in calls} <= {"GetItem", "GetCallerIdentity"}
    assert "All items have shape 1" in operator.run("migrate").stderr


@pytest.mark.usefixtures("second_shape")
def test_r33_old_items_get_the_new_shape_and_the_rest_stays_as_it_is(operator: Operator, stack: Stack) -> None:
    named, nameless = new_user(stack, name="Ada"), new_user(stack)
    before = {item["id"]: item for item in items(Api(stack), "UsersTable", "sk = :sk", sk="PROFILE")}
    assert operator.json("migrate", "--yes")["shape"] == 2
    after = {item["id"]: item for item in items(Api(stack), "UsersTable", "sk = :sk", sk="PROFILE")}
    assert after[named.id] == _named_otherwise(before[named.id])
    assert after[nameless.id] == before[nameless.id]
    assert _marker(stack) == (2, 2)
    assert operator.json("migrate") == {"shape": 2, "changed": 0}


@pytest.mark.usefixtures("second_shape")
def test_what_was_stopped_goes_on_when_it_runs_again(operator: Operator, stack: Stack) -> None:
    """Until all is done, nobody is told that no old item is left."""
    new_user(stack, name="Ada")
    with failing("Scan"):
        operator.refusal("migrate", "--yes", code=3)
    (marker,) = items(Api(stack), "RolesTable", "pk = :pk", pk="SHAPES")
    assert (marker["newest"], "oldest" in marker) == (2, False)
    assert operator.json("migrate", "--yes") == {"shape": 2, "changed": 1}


@pytest.mark.usefixtures("second_shape")
def test_it_asks_first(operator: Operator, stack: Stack) -> None:
    assert "Aborted" in operator.run("migrate", typed="n\n", code=1).output
    assert not items(Api(stack), "RolesTable", "pk = :pk", pk="SHAPES")
