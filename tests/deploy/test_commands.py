"""Every command of the pages for who deploys and operates Gatepost can be run as it stands there."""

import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from local.aws import embedded_aws
from local.server import Server
from local.stack import Stack
from tests.deploy.commands import Words, check_aws, check_make, check_sam
from tests.deploy.rehearsal import Command, blocks, rehearse
from tests.support import PARAMETERS, ROOT, Api

pytestmark = pytest.mark.deploy

WRITTEN = (*sorted((ROOT / "docs").rglob("*.md")), ROOT / "examples/webhook/README.md")
PAGES = [page for page in WRITTEN if any("aws " in block for block in blocks(page))]
DEPLOYING = ROOT / "docs/deployment.md"
NEWCOMER = "you@example.com"
CHECKS: dict[str, Callable[[Words], None]] = {"aws": check_aws, "make": check_make, "sam": check_sam, "git": lambda _: None}


@pytest.fixture
def deployed() -> Iterator[tuple[str, str]]:
    """What the newcomer of the page has deployed, here on a port of this machine: its issuer, and the token that was mailed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    issuer = f"http://localhost:{port}"
    parameters = PARAMETERS | {"Issuer": issuer, "FirstAdminEmail": NEWCOMER}
    with embedded_aws() as mailbox, Stack(ROOT / "template.yaml", mailbox, parameters=parameters) as stack:
        server = Server(stack.gateway, port)
        server.start()
        yield issuer, Api(stack).mailed_token(NEWCOMER)
        server.stop()


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page != DEPLOYING], ids=lambda page: f"{page.parent.name}/{page.stem}"
)
def test_every_command_of_a_page_can_be_run(page: Path, tmp_path: Path) -> None:
    _check(rehearse(page, tmp_path))


def test_the_page_takes_a_newcomer_from_nothing_to_a_signed_in_user(deployed: tuple[str, str], tmp_path: Path) -> None:
    """Its `curl` asks the service as it runs here."""
    issuer, token = deployed
    _check(rehearse(DEPLOYING, tmp_path, answers={"OutputKey=='Issuer'": issuer}, replaced={"the-token-of-the-link": token}))


def _check(commands: Sequence[Command]) -> None:
    assert commands
    for name, *words in commands:
        CHECKS[name](words)


@pytest.mark.parametrize(
    "command",
    [
        "dynamobd list-tables",
        "dynamodb list-table",
        "dynamodb describe-table",
        "dynamodb describe-table --table x",
        "dynamodb update-table --table-name x --billing-mode PAY",
        "dynamodb query --table-name x --limit some",
        "cloudformation wait stack-done --stack-name x",
        "cloudformation describe-stacks --query Stacks[",
        "logs tail /aws/lambda/x --folow",
    ],
)
def test_a_mistake_is_noticed(command: str) -> None:
    with pytest.raises(Exception, match=r"."):
        check_aws(command.split())


def test_mistakes_with_sam_and_make_are_noticed() -> None:
    for check, command in ((check_sam, "deploy --config-envv dev"), (check_sam, "depoy"), (check_make, "deploi")):
        with pytest.raises(AssertionError):
            check(command.split())
