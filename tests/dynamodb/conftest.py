"""The service on DynamoDB Local, in tables of this run's own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatepost.aws.clients import client
from gatepost.storage.table import Database
from local.aws import DYNAMODB_URL, embedded_aws
from local.mailbox import Mailbox
from local.stack import Stack
from tests.dynamodb.projects import project_in
from tests.dynamodb.wire import Wire
from tests.support import PARAMETERS, Api


@pytest.fixture(scope="session")
def engine() -> str:
    """The URL of the engine."""
    if DYNAMODB_URL not in os.environ:
        pytest.fail("This test needs DynamoDB Local: run it by `make test-dynamodb`.", pytrace=False)
    return os.environ[DYNAMODB_URL]


@pytest.fixture(scope="session")
def mailbox(engine: str) -> Iterator[Mailbox]:
    """The mails that were sent; AWS but for DynamoDB is in this process."""
    with embedded_aws() as mailbox:
        yield mailbox


@pytest.fixture
def project(mailbox: Mailbox, tmp_path: Path) -> Iterator[Path]:
    """A folder with the project in it, its tables named apart from all others on the engine."""
    yield from project_in(tmp_path)


@pytest.fixture
def other_project(mailbox: Mailbox, tmp_path: Path) -> Iterator[Path]:
    """Another such folder, with other tables."""
    folder = tmp_path / "other"
    folder.mkdir()
    yield from project_in(folder)


@pytest.fixture(scope="session")
def wire() -> Wire:
    """What passes between the functions and DynamoDB."""
    return Wire()


@pytest.fixture(scope="session")
def db(mailbox: Mailbox, wire: Wire) -> Database:
    """The tables as the functions see them, also by the wire."""
    with wire.laid():
        return Database(client("dynamodb"))


@pytest.fixture(scope="session")
def shared_project(mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of `stack` and `wide_stack`."""
    yield from project_in(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def stack(mailbox: Mailbox, wire: Wire, shared_project: Path) -> Iterator[Stack]:
    """The service: one for all tests, which use addresses of their own."""
    with wire.laid():
        service = Stack(shared_project / "template.yaml", mailbox, parameters=PARAMETERS)
    with service:
        yield service


@pytest.fixture(scope="session")
def wide_stack(mailbox: Mailbox, wire: Wire, shared_project: Path, stack: Stack) -> Iterator[Stack]:
    """Another environment of the same service, whose limits let 40 guesses at one account pass at once."""
    with wire.laid():
        service = Stack(shared_project / "template.yaml", mailbox, parameters=PARAMETERS, limits_scale="4")
    with service:
        yield service


@pytest.fixture
def new_stack(mailbox: Mailbox, wire: Wire, project: Path) -> Iterator[Stack]:
    """A service of its own, whose keys a test may rotate."""
    with wire.laid():
        service = Stack(project / "template.yaml", mailbox, parameters=PARAMETERS)
    with service:
        yield service


@pytest.fixture
def wide_api(wide_stack: Stack) -> Api:
    """A client of `wide_stack`."""
    return Api(wide_stack)
