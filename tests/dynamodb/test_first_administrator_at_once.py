"""The first administrator is one, however many deployments and acceptances there are at once (I-23)."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from local.errors import StackError
from local.mailbox import Mailbox
from local.stack import Stack
from tests.dynamodb.support import at_once, split
from tests.integration.test_first_administrator import FIRST, deploy
from tests.support import PARAMETERS, PASSWORD, Api, new_email, token_of

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def new_stack(mailbox: Mailbox, project: Path) -> Iterator[Stack]:
    """A deployment of its own."""
    with Stack(project / "template.yaml", mailbox, parameters=PARAMETERS) as service:
        yield service


def accept_all(stack: Stack, tokens: list[str]) -> int:
    """Accept with all tokens at once; return how many did."""
    calls = [
        lambda token=token: Api(stack).post("/accept-invitation", {"token": token, "password": PASSWORD}) for token in tokens
    ]
    accepted, refused = split(at_once(calls))
    assert {status for status, _ in refused} <= {400, 503}
    return len(accepted)


def administrators(stack: Stack) -> set[str]:
    """Return the ids in the set."""
    items = [item for item in Api(stack).table("UsersTable") if (item["pk"], item["sk"]) == ("ADMINISTRATORS", "SET")]
    return {user_id for item in items for user_id in item["ids"]}


def test_i23_of_12_acceptances_at_once_one_makes_the_administrator(new_stack: Stack) -> None:
    token = token_of(new_stack.mails(FIRST)[0])
    assert accept_all(new_stack, [token] * 12) == 1
    assert len(administrators(new_stack)) == 1


def test_i23_of_8_deployments_at_once_one_invites_and_one_link_is_good(new_stack: Stack) -> None:
    addresses = [new_email() for _ in range(8)]

    def once_more(address: str) -> None:
        with suppress(StackError):  # another deployment was first
            deploy(new_stack, address)

    at_once(partial(once_more, address) for address in addresses)
    tokens = [token_of(mail) for address in (FIRST, *addresses) for mail in new_stack.mails(address)]
    assert len(tokens) >= 2
    assert accept_all(new_stack, tokens) == 1
    assert len(administrators(new_stack)) == 1
