"""Feedback of SES that comes at once, and while the address's owner acts: each counts once, and mark and account agree."""

from functools import partial

import pytest

from gatepost.accounts import email_addresses
from gatepost.errors import Unavailable
from gatepost.storage import keys
from local.stack import Stack
from tests.dynamodb.support import assert_one_account, at_once, events, users_items
from tests.dynamodb.wire import TRANSACTION, Wire
from tests.integration.ses_feedback import Event, bounce, complaint, give
from tests.support import PASSWORD, Api, new_email

pytestmark = pytest.mark.dynamodb


def given(stack: Stack, event: Event) -> None:
    """Hand an event over until it's taken, as Lambda does."""
    try:
        give(stack, event)
    except Unavailable:
        given(stack, event)


def is_marked(api: Api, email: str) -> bool:
    pk = keys.suppression(email_addresses.parse(email).digest)["pk"]
    return any(item["pk"] == pk for item in api.table("SessionsTable"))


def says_so(api: Api, email: str) -> bool:
    """Whether the account of an address says that mail to it has stopped."""
    (stopped,) = ["mail_stopped" in item for item in users_items(api, email) if "password_hash" in item]
    return stopped


def test_r20_of_20_copies_of_an_event_at_once_one_counts(stack: Stack, api: Api, wire: Wire) -> None:
    email = new_email()
    user_id = api.sign_up(email)["user"]["id"]
    with wire.meeting(20, TRANSACTION):
        at_once([partial(given, stack, bounce(email))] * 20)
    assert events(api, user_id).count("email.bounced") == 1
    assert is_marked(api, email)
    assert says_so(api, email)


def test_r20_each_of_six_events_at_once_counts_and_the_longest_stands(stack: Stack, api: Api, wire: Wire) -> None:
    email = new_email()
    user_id = api.sign_up(email)["user"]["id"]
    told = [*(bounce(email) for _ in range(5)), complaint(email)]
    with wire.meeting(6, TRANSACTION):
        at_once([partial(given, stack, event) for event in told])
    assert events(api, user_id).count("email.bounced") == 5
    assert events(api, user_id).count("email.complained") == 1
    (user,) = [item for item in users_items(api, email) if "password_hash" in item]
    assert user["mail_stopped"]["reason"] == "complained"


@pytest.mark.parametrize("complaint_first", [True, False])
def test_r01_of_a_complaint_in_the_midst_of_a_verification_or_the_reverse_mark_and_account_agree(
    stack: Stack, api: Api, wire: Wire, complaint_first: bool
) -> None:
    """There's no account whose mail has stopped and that doesn't say so."""
    email = new_email()
    api.register(email)
    answer = partial(api.post, "/verify-email", {"token": api.mailed_token(email), "password": PASSWORD})
    complain = partial(give, stack, complaint(email))
    inner, outer = (complain, answer) if complaint_first else (answer, complain)
    with wire.in_the_midst(TRANSACTION, inner):
        outer()
    user_id = assert_one_account(api, email)
    assert is_marked(api, email) == says_so(api, email) == (not complaint_first)
    assert events(api, user_id).count("email.complained") == (not complaint_first)


@pytest.mark.parametrize("bounce_first", [True, False])
def test_r01_of_a_bounce_in_the_midst_of_a_change_of_address_or_the_reverse_the_new_address_gets_mail(
    stack: Stack, api: Api, wire: Wire, bounce_first: bool
) -> None:
    old, new = new_email(), new_email()
    user_id, access = (signed_in := api.sign_up(old))["user"]["id"], signed_in["access_token"]
    api.call("POST", "/v1/me/email", {"new_email": new, "password": PASSWORD}, token=access)
    change = partial(api.post, "/verify-email", {"token": api.mailed_token(new), "password": PASSWORD})
    come_back = partial(give, stack, bounce(old))
    inner, outer = (come_back, change) if bounce_first else (change, come_back)
    with wire.in_the_midst(TRANSACTION, inner):
        outer()
    assert_one_account(api, new)
    assert is_marked(api, old)
    assert not is_marked(api, new)
    assert not says_so(api, new)
    assert events(api, user_id).count("email.bounced") == bounce_first
