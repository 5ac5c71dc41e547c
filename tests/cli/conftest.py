"""A local stack that the command line reaches by its port."""

from collections.abc import Iterator

import boto3
import pytest

from cli.backup import tables
from gatepost.config import AdminSettings
from gatepost.service import Service, connect
from local.stack import Stack
from tests.cli.restores import Beside, now
from tests.cli.support import Operator, serving


@pytest.fixture(scope="module")
def url(stack: Stack) -> Iterator[str]:
    """Where the service answers."""
    with serving(stack) as url:
        yield url


@pytest.fixture
def operator(stack: Stack, url: str) -> Operator:
    """An operator of the local stack."""
    return Operator(stack, ("--local", url))


@pytest.fixture(scope="module")
def service(stack: Stack) -> Service:
    """What the rules work with, as the command line has it of the local stack."""
    return connect(AdminSettings.from_environment(stack.functions["AdminFunction"].definition.environment))


@pytest.fixture
def beside(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Beside]:
    """Makes a copy of a table as it is now and returns its name; the copies are gone afterwards. Nobody waits for long."""
    monkeypatch.setattr(tables, "_PAUSE", 0.01)
    made: list[str] = []

    def copy(table: str) -> str:
        (copied,) = operator.json("restore", "beside", table, "--at", now())
        made.append(copied["name"])
        return made[-1]

    yield copy
    for name in made:
        boto3.client("dynamodb").delete_table(TableName=name)
