"""Every command of the pages for who deploys and operates Gatepost can be run as it stands there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.commands import Words, check_aws, check_make, check_sam
from tests.deploy.rehearsal import blocks, rehearse
from tests.support import ROOT

pytestmark = pytest.mark.deploy

PAGES = [page for page in sorted((ROOT / "docs").rglob("*.md")) if any("aws " in block for block in blocks(page))]
CHECKS: dict[str, Callable[[Words], None]] = {"aws": check_aws, "make": check_make, "sam": check_sam, "git": lambda _: None}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_can_be_run(page: Path, tmp_path: Path) -> None:
    commands = rehearse(page, tmp_path, {}, {})
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
