"""The shop: a small template with stand-in functions, run by the local stack."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aws import embedded_aws
from local.mailbox import Mailbox
from local.stack import Stack

SHOP = Path(__file__).parent / "shop" / "template.yaml"


@pytest.fixture
def shop_template() -> Path:
    return SHOP


@pytest.fixture
def aws() -> Iterator[Mailbox]:
    """AWS in memory, and its mailbox."""
    with embedded_aws() as mailbox:
        yield mailbox


@pytest.fixture
def shop(aws: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """The shop, running. Its code is on the path for as long."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    with Stack(SHOP, aws, name="shop", parameters={"Greeting": "Hello"}) as stack:
        yield stack
