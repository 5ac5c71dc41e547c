"""Fixtures that all tests may use."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from gatepost import telemetry
from local.aws import embedded_aws
from local.metrics import METRICS
from local.stack import Stack
from tests.emf import Counted, counted_up
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


@pytest.fixture
def counted() -> Iterator[Counted]:
    """What the rules count that the test calls."""
    with telemetry.collected() as entries:

        def look() -> list[str]:
            names = [str(entry.metric) for entry in entries if entry.value == 1]
            entries.clear()
            return names

        yield look


@pytest.fixture
def logged() -> Iterator[Counted]:
    """What the functions of the local stack write into their logs."""
    documents: list[Any] = []
    with patch.object(METRICS, "take", documents.append):

        def look() -> list[str]:
            names = [name for document in documents for name in counted_up(document)]
            documents.clear()
            return names

        yield look
