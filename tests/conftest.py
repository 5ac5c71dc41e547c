"""Fixtures that all tests may use."""

from collections.abc import Iterator

import pytest

from local.aws import embedded_aws
from local.stack import Stack
from tests.support import PARAMETERS, ROOT, Api


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The service of `template.yaml` on embedded AWS: one for the tests of a file, which use addresses of their own."""
    with embedded_aws() as mailbox, Stack(ROOT / "template.yaml", mailbox, parameters=PARAMETERS) as service:
        yield service


@pytest.fixture
def api(stack: Stack) -> Api:
    """A client of the service."""
    return Api(stack)
