"""Fixtures that all tests may use."""

from collections.abc import Iterator

import pytest

from local.aws import embedded_aws
from local.stack import Stack
from tests.support import PARAMETERS, ROOT, Api


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Unit tests first: some embed an AWS of their own, which must not lie inside the one that `stack` keeps open."""
    items.sort(key=lambda item: ROOT / "tests" / "unit" not in item.path.parents)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The service of `template.yaml` on embedded AWS: one for all tests, which use addresses of their own."""
    with embedded_aws() as mailbox, Stack(ROOT / "template.yaml", mailbox, parameters=PARAMETERS) as service:
        yield service


@pytest.fixture
def api(stack: Stack) -> Api:
    """A client of the service."""
    return Api(stack)
