"""`gatepost --local doctor`: what is as it should be on a developer's machine, and what isn't there."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from socket import socket

import pytest

from cli.diagnosis.checks import ALL
from local.aws import embedded_aws
from local.ports import HOST
from local.seed import ensure_administrator
from local.server import Server
from local.stack import Stack
from tests.cli.support import Operator
from tests.support import PARAMETERS, PASSWORD, ROOT

# What a local stack does otherwise than AWS, and nothing else.
_NOT_LOCAL = {
    "encryption.rotation",
    "encryption.use",
    "functions.alias",
    "functions.concurrency",
    "functions.logs",
    "functions.runtime",
    "functions.stack",
    "functions.state",
    "functions.version",
    "mail.configuration-set",
    "mail.dkim",
    "mail.events",
    "mail.identity",
    "mail.quota",
    "mail.sandbox",
    "mail.sending",
    "outbox.consumer",
    "outbox.dead-letters",
    "outbox.events",
    "tables.deletion-protection",
    "tables.encryption",
}


@pytest.fixture(scope="module")
def developer() -> Iterator[Operator]:
    """Who has started `make run`."""
    with closing(socket()) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    url = f"http://localhost:{port}"
    prepare = partial(ensure_administrator, password=PASSWORD)
    with (
        embedded_aws() as mailbox,
        Stack(ROOT / "template.yaml", mailbox, parameters={**PARAMETERS, "Issuer": url}, prepare=prepare) as stack,
    ):
        server = Server(stack.gateway, port)
        server.start()
        yield Operator(stack, ("--local", url))
        server.stop()


def test_a_local_stack_is_well_and_what_it_has_not_got_is_not_checked(developer: Operator) -> None:
    findings = {finding["name"]: finding for finding in developer.json("doctor")["checks"]}
    assert list(findings) == [check.name for check in ALL]
    assert {name: each["status"] for name, each in findings.items()} == {
        name: "not_checked" if name in _NOT_LOCAL else "ok" for name in findings
    }
    assert all(finding["found"].endswith(".") for finding in findings.values())
    assert all("local stack" in findings[name]["found"] for name in _NOT_LOCAL)
    assert not any(finding["remedy"] for finding in findings.values())
