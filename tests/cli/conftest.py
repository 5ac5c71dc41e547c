"""A local stack that the command line reaches by its port."""

from collections.abc import Iterator

import pytest

from gatepost.config import AdminSettings
from gatepost.service import Service, connect
from local.stack import Stack
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
