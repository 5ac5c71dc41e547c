"""`GET /health/ready`: whether the deployment can serve (R-33), told to anybody, and so without a word more than that."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.client import BaseClient
from time_machine import Traveller

from gatepost import readiness
from gatepost.aws.clients import client
from gatepost.storage import item_shapes, keys
from gatepost.storage.table import Database
from gatepost.storage.writes import to_dynamodb
from local.events import Response
from local.intrinsics import load_yaml
from local.metrics import METRICS
from local.stack import Stack
from tests.calls import recorded
from tests.integration.aws_faults import Attempt, Fault, always, broken, error, faults, no_connection
from tests.integration.inside import fresh_process
from tests.integration.logs import captured_records
from tests.support import ROOT, Api, new_email, problem

NOT_READY = (503, "not_ready")


@pytest.fixture
def api(stack: Stack, clock: Traveller) -> Iterator[Api]:
    """A client of a process that has just started and has its key."""
    assert clock
    with fresh_process(stack):
        assert ready(Api(stack)).status == 200
        clock.shift(readiness.MAX_AGE)
        yield Api(stack)


def ready(api: Api) -> Response:
    return api.call("GET", "/health/ready")


def missing(api: Api) -> list[str]:
    """What the log says is missing, under the id of an answer that says nothing of it."""
    with captured_records() as records:
        answer = ready(api)
    assert problem(answer) == NOT_READY
    assert answer.header("retry-after") == "10"
    assert not [table.name for table in api.stack.template.tables.values() if table.name in answer.body.decode()]
    (line,) = [record for record in records if record.getMessage() == "not ready"]
    assert line.__dict__["request_id"] == answer.json()["request_id"]
    found: list[str] = line.__dict__["missing"]
    return found


@contextmanager
def described(change: Callable[[dict[str, Any]], Any]) -> Iterator[None]:
    """Let DynamoDB say of each table what `change` makes of it."""
    call_aws: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]

    def make_api_call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        answer = call_aws(client, operation, parameters)
        if operation == "DescribeTable":
            change(answer["Table"])
        return answer

    with patch.object(BaseClient, "_make_api_call", make_api_call):
        yield


def test_it_is_ready_when_all_is_there(api: Api) -> None:
    answer = ready(api)
    assert (answer.status, answer.json()) == (200, {"status": "ready"})
    assert answer.header("cache-control") == "no-store"


def test_whoever_asks_often_costs_no_more(api: Api, clock: Traveller) -> None:
    with recorded() as calls:
        for _ in range(50):
            assert ready(api).status == 200
    assert sorted(call.operation for call in calls) == ["BatchGetItem", *["DescribeTable"] * 7]
    assert sum(call.units for call in calls if call.operation == "BatchGetItem") <= 3
    clock.shift(readiness.MAX_AGE)
    with recorded() as again:
        ready(api)
    assert len(again) == len(calls)


def test_kms_is_asked_once_in_the_life_of_a_process(stack: Stack, clock: Traveller) -> None:
    with fresh_process(stack), recorded() as calls:
        for _ in range(5):
            clock.shift(600)
            ready(Api(stack))
    assert [call.operation for call in calls].count("Decrypt") == 1


def test_r33_every_table_that_is_missing_is_found(api: Api, clock: Traveller) -> None:
    for table in api.stack.template.tables.values():

        def only_this(attempt: Attempt, name: str = table.name) -> Fault | None:
            def gone(send: Any) -> Any:
                return (error("ResourceNotFoundException") if send.body["TableName"] == name else type(send).__call__)(send)

            return gone if attempt.operation == "DescribeTable" else None

        with faults(only_this):
            assert missing(api) == [f"table {table.name}: missing"]
        clock.shift(readiness.MAX_AGE)
        assert ready(api).status == 200
        clock.shift(readiness.MAX_AGE)


@pytest.mark.parametrize("state", ["CREATING", "DELETING", "ARCHIVED", "INACCESSIBLE_ENCRYPTION_CREDENTIALS"])
def test_r33_a_table_that_is_not_active_is_found(api: Api, state: str) -> None:
    with described(lambda table: table.update(TableStatus=state)):
        assert len(missing(api)) == 7


@pytest.mark.parametrize("state", ["CREATING", "DELETING", None])
def test_r33_an_index_that_is_not_active_is_found(api: Api, state: str | None) -> None:
    """Only who lists users, searches events or sends again what was not sent would notice."""

    def change(table: dict[str, Any]) -> None:
        indexes = table.pop("GlobalSecondaryIndexes", [])
        if state:
            table["GlobalSecondaryIndexes"] = [{**index, "IndexStatus": state} for index in indexes]

    with described(change):
        found = missing(api)
    assert {line.split()[1] for line in found} == {"by_address", "unsent", "shard", "event_shard", "actor_id"}
    assert {line.rpartition(": ")[2] for line in found} == {state or "missing"}


def test_a_table_that_is_being_changed_serves(api: Api) -> None:
    with described(lambda table: table.update(TableStatus="UPDATING")):
        assert ready(api).status == 200


@pytest.mark.parametrize("fault", [broken, no_connection, error("ResourceNotFoundException"), error("AccessDeniedException")])
def test_tables_that_do_not_answer_are_found(api: Api, fault: Fault) -> None:
    with faults(always("BatchGetItem", fault)):
        (found,) = missing(api)
    assert found.startswith("reads of tables: ")


@pytest.mark.parametrize("fault", [broken, no_connection, error("AccessDeniedException"), error("ThrottlingException")])
def test_r33_tables_that_could_not_be_looked_at_are_not_ready(api: Api, fault: Fault) -> None:
    """Nobody would find out otherwise that one is gone which is only written to, such as Audit or Outbox."""
    with faults(always("DescribeTable", fault)):
        found = missing(api)
    names = {table.name for table in api.stack.template.tables.values()}
    assert {line.partition(": not known, ")[0] for line in found} == {f"table {name}" for name in names}


def alarms_that_take_an_update_back(api: Api) -> set[str]:
    """Those of the functions behind the API that are on now."""
    resources = load_yaml(ROOT / "template.yaml")["Resources"]
    preferences = [resources[name]["Properties"]["DeploymentPreference"] for name in ("AccountFunction", "AdminFunction")]
    named = {alarm["Ref"] for preference in preferences for alarm in preference["Alarms"]["Fn::If"][1]}
    told = {each["name"]: each["state"] for each in api.call("GET", "/_local/alarms").json()}
    return {name for name in named if told[name] == "ALARM"}


def test_r33_whoever_polls_while_something_is_missing_takes_no_update_back(api: Api) -> None:
    """Anybody may ask, as often as they like, while an index is being built, for example."""
    METRICS.clear()
    with described(lambda table: table.update(TableStatus="CREATING")):
        for _ in range(10):
            assert problem(ready(api)) == NOT_READY
    assert not alarms_that_take_an_update_back(api)
    with faults(always("GetItem", broken)):
        for _ in range(3):
            assert api.login(new_email()).status == 503
    assert alarms_that_take_an_update_back(api) == {"RequestsFailing"}


def test_a_process_that_can_not_unwrap_its_key_is_not_ready(stack: Stack, api: Api) -> None:
    with faults(always("Decrypt", error("DisabledException"))):
        assert ready(api).status == 200  # it has its key
        with fresh_process(stack):
            (found,) = missing(api)
            assert found.startswith("signing key: ")
            assert "DisabledException" in found


def test_a_deployment_without_a_signing_key_is_not_ready(stack: Stack, api: Api) -> None:
    table, ring = api.table_name("KeysTable"), to_dynamodb(keys.signing_key_ring())
    dynamodb = boto3.client("dynamodb")
    item = dynamodb.get_item(TableName=table, Key=ring)["Item"]
    dynamodb.delete_item(TableName=table, Key=ring)
    try:
        with fresh_process(stack):
            (found,) = missing(api)
    finally:
        dynamodb.put_item(TableName=table, Item=item)
    assert found.startswith("signing key: ")


@pytest.fixture
def marker(api: Api) -> Iterator[Callable[..., None]]:
    """Notes what shapes stand in the tables; as if nobody had, afterwards."""
    db, table = Database(client("dynamodb")), api.table_name("RolesTable")

    def note(*, oldest: int | None = None, newest: int | None = None) -> None:
        if newest:
            db.write(item_shapes.note_newest(table, newest))
        if oldest:
            db.write(item_shapes.note_oldest(table, oldest))

    yield note
    boto3.client("dynamodb").delete_item(TableName=table, Key=to_dynamodb(keys.item_shapes()))


def test_r33_code_that_is_too_old_for_the_items_is_not_ready(api: Api, marker: Callable[..., None]) -> None:
    """A rollback to what can't read what newer code has written."""
    marker(newest=item_shapes.NEWEST + 1)
    (found,) = missing(api)
    assert "deploy newer code" in found


def test_r33_code_that_is_too_new_for_the_items_is_not_ready(
    api: Api, marker: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads the old shape no more, and the old items are still there."""
    monkeypatch.setattr(item_shapes, "OLDEST", 2)
    monkeypatch.setattr(item_shapes, "NEWEST", 2)
    (found,) = missing(api)
    assert "gatepost migrate" in found
    marker(oldest=2, newest=2)


def test_r33_during_a_deployment_code_that_reads_both_shapes_is_ready(
    api: Api, clock: Traveller, marker: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_shapes, "NEWEST", 2)
    for shapes in ({}, {"newest": 2}, {"oldest": 2}):
        marker(**shapes)
        assert ready(api).status == 200
        clock.shift(readiness.MAX_AGE)


def test_it_looks_at_every_table_and_index_of_the_template(stack: Stack) -> None:
    service = stack.functions["AccountFunction"].module.service  # type: ignore[attr-defined]
    declared = {
        table.name: {index["IndexName"] for index in table.properties.get("GlobalSecondaryIndexes", ())}
        for table in stack.template.tables.values()
    }
    assert readiness.indexes(service) == declared
