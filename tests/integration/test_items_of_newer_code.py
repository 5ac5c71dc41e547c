"""R-33: during a deployment, and after a rollback, the code of today meets items of newer code: it reads them, and gives back
what it doesn't know of them.
"""

import pytest

from gatepost.storage.writes import Item
from local.stack import Stack
from tests.integration.flows import FLOWS, Flow
from tests.integration.newer_code import Place, add_to_all, lost, newer_code_writes, put_item, with_additions
from tests.integration.ses_feedback import bounce, complaint, give
from tests.support import Api, new_email

# Of each only the newest counts, and it has nothing of the one before.
MADE_ANEW = {"EMAIL_CODE", "PASSWORD_RESET", "EMAIL_CHANGE", "INVITATION"}
# Two numbers, one of them the version: whoever has something to keep with the catalogue of roles keeps it in the catalogue.
VERSION_ALONE = {"VERSION"}


@pytest.fixture(scope="module")
def standing(stack: Stack) -> dict[Place, Item]:
    """What every deployment has: its keys, the first administrator's invitation."""
    return add_to_all(table.name for table in stack.template.tables.values())


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_r33_every_flow_works_on_items_of_newer_code_and_destroys_nothing_of_theirs(
    stack: Stack, standing: dict[Place, Item], flow: Flow
) -> None:
    with newer_code_writes() as made:
        send = flow.prepare(Api(stack))
    answer = send()
    assert answer.status == flow.success, answer.body
    stack.deliver()
    assert set(lost(standing | made)) <= MADE_ANEW | VERSION_ALONE


def test_r33_feedback_goes_into_a_mark_of_newer_code_and_destroys_nothing_of_it(stack: Stack) -> None:
    email = new_email()
    with newer_code_writes() as made:
        assert give(stack, bounce(email)) == 1
    assert give(stack, complaint(email)) == 1
    assert not list(lost(made))


def test_r33_a_key_is_removed_from_a_ring_of_newer_code_which_keeps_the_rest(stack: Stack, standing: dict[Place, Item]) -> None:
    keys_function = stack.functions["KeysFunction"]
    (kid, *_) = [key["kid"] for key in Api(stack).call("GET", "/.well-known/jwks.json").json()["keys"]]
    asked_by = {"operator": "local", "ip": "", "user_agent": "test", "request_id": "removal"}
    assert keys_function.invoke({"remove": kid, "asked_by": asked_by}) == {"refused": None}
    assert not list(lost(standing))


def test_what_an_item_loses_is_seen(stack: Stack) -> None:
    table = stack.template.tables["ClientsTable"].name
    before = with_additions({"pk": "CLIENTS", "sk": "CLIENT#0", "secrets": [{"digest": b"1"}, {"digest": b"2"}]})
    put_item(table, before | {"secrets": [before["secrets"][0], {"digest": b"2"}]})
    assert list(lost({(table, "CLIENTS", "CLIENT#0"): before})) == ["CLIENT"]
    put_item(table, before | {"secrets": [before["secrets"][0], {"digest": b"3"}]})
    assert not list(lost({(table, "CLIENTS", "CLIENT#0"): before}))
