"""What has expired is gone to the second, though DynamoDB deletes it days later; and what DynamoDB deleted early is gone too
(S-17, R-28).
"""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from time_machine import Traveller

from gatepost.identifiers import base64url
from gatepost.storage import keys
from gatepost.storage.writes import to_dynamodb
from local.events import Response
from local.stack import Stack
from tests.integration.accounts import (
    INVALID_CODE,
    INVALID_REFRESH_TOKEN,
    INVALID_TOKEN,
    LIMITED,
    NOT_AUTHENTICATED,
    REFUSED,
    WRONG,
    mailed_change,
    mailed_code,
    mailed_reset,
    new_user,
    outcome,
    reset,
    use_code,
    verify,
)
from tests.integration.api_keys import INVALID_API_KEY, new_api_key
from tests.integration.flows import BY_NAME
from tests.integration.inside import events_of
from tests.integration.ses_feedback import bounce, give
from tests.support import Api, new_email, problem

DAY = 86_400
RETENTION = 400 * DAY

Use = Callable[[], Response]


def session(stack: Stack) -> Use:
    user = new_user(stack)
    return lambda: user.api.refresh(user.refresh_token)


def grace(stack: Stack) -> Use:
    user = new_user(stack)
    user.refreshed()
    return lambda: user.api.refresh(user.refresh_token)


def access_token(stack: Stack) -> Use:
    user = new_user(stack)
    return lambda: user.api.me(user.access_token)


def api_key(stack: Stack) -> Use:
    key = new_api_key(new_user(stack))
    return key.exchange


def access_token_by_api_key(stack: Stack) -> Use:
    key = new_api_key(new_user(stack))
    token = key.access_token()
    return lambda: key.api.me(token)


def registration(stack: Stack) -> Use:
    api, email = Api(stack), new_email()
    api.register(email)
    token = api.mailed_token(email)
    return lambda: verify(api, token)


def reset_token(stack: Stack) -> Use:
    user = new_user(stack)
    token = mailed_reset(user.api, user.email)
    return lambda: reset(user.api, token)


def email_code(stack: Stack) -> Use:
    user = new_user(stack)
    digits, _ = mailed_code(user.api, user.email)
    return lambda: use_code(user.api, user.email, digits)


def link_of_email_code(stack: Stack) -> Use:
    user = new_user(stack)
    _, token = mailed_code(user.api, user.email)
    return lambda: use_code(user.api, None, token)


def change_token(stack: Stack) -> Use:
    user = new_user(stack)
    token = mailed_change(user, new_email())
    return lambda: verify(user.api, token)


def fresh_sign_in(stack: Stack) -> Use:
    user = new_user(stack)
    return lambda: user.call("DELETE")


# How long each lives, and what its use is answered from then on.
KINDS: dict[str, tuple[Callable[[Stack], Use], int, tuple[int, str]]] = {
    "session": (session, 30 * DAY, INVALID_REFRESH_TOKEN),
    "grace of a rotated token": (grace, 30, INVALID_REFRESH_TOKEN),
    "access token": (access_token, 930, NOT_AUTHENTICATED),
    "API key": (api_key, 90 * DAY, INVALID_API_KEY),
    "access token by API key": (access_token_by_api_key, 930, NOT_AUTHENTICATED),
    "registration": (registration, DAY, INVALID_TOKEN),
    "reset": (reset_token, 3600, INVALID_TOKEN),
    "e-mail code": (email_code, 600, INVALID_CODE),
    "link of an e-mail code": (link_of_email_code, 600, INVALID_CODE),
    "change of address": (change_token, DAY, INVALID_TOKEN),
    "fresh sign-in": (fresh_sign_in, 300, REFUSED),
}


@pytest.mark.parametrize("kind", KINDS)
def test_s17_each_kind_is_good_until_the_second_before(stack: Stack, clock: Traveller, kind: str) -> None:
    make, lifetime, _ = KINDS[kind]
    use = make(stack)
    clock.shift(lifetime - 1)
    assert use().status in (200, 204)


@pytest.mark.parametrize("days", [0, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_s17_each_kind_is_refused_from_exactly_its_expiry_on(stack: Stack, clock: Traveller, kind: str, days: int) -> None:
    make, lifetime, refusal = KINDS[kind]
    if days and kind == "fresh sign-in":
        refusal = NOT_AUTHENTICATED  # so has the access token expired
    use = make(stack)
    items = len(Api(stack).table("SessionsTable"))
    clock.shift(lifetime + days * DAY)
    assert len(Api(stack).table("SessionsTable")) == items
    assert [problem(use()), problem(use())] == [refusal] * 2


def test_s17_events_are_shown_for_as_long_as_they_are_kept(stack: Stack, clock: Traveller) -> None:
    """In the trail and in the export alike."""
    user = new_user(stack)
    clock.shift(RETENTION - 1)
    again = user.login()
    assert [event["event"] for event in again.trail()] == ["sign_in.succeeded", "user.registered"]
    assert len(again.export()["security_events"]) == 2
    clock.shift(1)
    assert [event["event"] for event in again.trail()] == ["sign_in.succeeded"]
    assert len(events_of(user.api, user.id)) == 2  # DynamoDB deletes it days later
    assert [event["event"] for event in again.export()["security_events"]] == ["sign_in.succeeded"]


def test_s17_an_expired_session_is_neither_listed_nor_exported(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    clock.shift(DAY)
    here = user.login()
    clock.shift(29 * DAY)
    here = here.refreshed()
    assert [session["id"] for session in here.sessions()] == [here.session_id]
    assert [session["id"] for session in here.export()["sessions"]] == [here.session_id]
    assert problem(here.call("DELETE", f"/sessions/{'0' * 32}")) == (404, "not_found")


def test_s17_a_mail_that_could_not_be_sent_for_three_days_is_not_sent_any_more(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    stack.deliver()
    user.api.post("/password/forgot", {"email": user.email})
    mails = len(stack._mailbox.newest_first(user.email))
    clock.shift(3 * DAY)
    stack.deliver()
    stack.functions["MailerFunction"].invoke({"gatepost": "sweep"})
    assert len(user.api.mails(user.email)) == mails


def remove(api: Api, key: Any, table: str = "SessionsTable") -> None:
    """Delete an item, as DynamoDB does once it has expired."""
    dynamodb = boto3.client("dynamodb")
    old = dynamodb.delete_item(TableName=api.table_name(table), Key=to_dynamodb(key), ReturnValues="ALL_OLD")
    assert old["Attributes"]


def test_r28_a_session_that_was_deleted_early_is_over(stack: Stack, clock: Traveller) -> None:
    """And no old token of it is taken for theft: there's no family left to end, and nobody to tell."""
    user = new_user(stack)
    newest = user.refreshed()
    mails = len(user.api.mails(user.email))
    remove(user.api, keys.session(user.id, user.session_id))
    clock.shift(30)
    for token in (newest.refresh_token, user.refresh_token):
        assert problem(user.api.refresh(token)) == INVALID_REFRESH_TOKEN
        assert user.api.post("/logout", {"refresh_token": token}).status == 204
    assert problem(user.api.me(newest.access_token)) == NOT_AUTHENTICATED
    assert events_of(user.api, user.id) == ["user.registered"]
    assert len(user.api.mails(user.email)) == mails
    assert user.login().lives()


def test_r28_the_family_remembers_tokens_that_are_long_gone(stack: Stack, clock: Traveller) -> None:
    """There's no item a token that could expire before the session does."""
    users = [new_user(stack)]
    for _ in range(4):
        clock.shift(20 * DAY)
        users.append(users[-1].refreshed())
    clock.shift(5 * DAY)
    assert problem(users[0].api.refresh(users[0].refresh_token)) == INVALID_REFRESH_TOKEN
    assert not users[-1].lives()
    assert "session.refresh_token_reused" in events_of(users[0].api, users[0].id)


def test_r28_a_token_that_was_deleted_early_is_none(stack: Stack) -> None:
    user, mover = new_user(stack), new_user(stack)
    token, change = mailed_reset(user.api, user.email), mailed_change(mover, new_email())
    remove(user.api, keys.password_reset(user.id))
    remove(user.api, keys.email_change(mover.id))
    assert problem(reset(user.api, token)) == INVALID_TOKEN
    assert problem(verify(user.api, change)) == INVALID_TOKEN
    assert mover.export()["pending_email"] is None
    assert reset(user.api, mailed_reset(user.api, user.email)).status == 204


def test_r28_a_count_that_was_deleted_is_none(stack: Stack) -> None:
    """DynamoDB deletes it once it can't matter; a count that is gone limits nobody and takes a refund."""
    user = new_user(stack)
    for _ in range(10):
        assert problem(Api(stack).login(user.email, WRONG)) == REFUSED
    assert problem(user.api.login(user.email)) == LIMITED
    (owner,) = [owner for owner in user.api.table("UsersTable") if owner.get("id") == user.id]
    count = keys.limit("account", base64url(owner["email_digest"]))
    remove(user.api, {"pk": count["pk"], "sk": count["sk"]})
    assert outcome(user.api.login(user.email)) == (200, "")


def test_what_a_table_forgets_has_a_time_to_be_forgotten(stack: Stack) -> None:
    """DynamoDB keeps for ever what has no such attribute, or one that is no number of seconds."""
    for name in ("register", "log in", "log out", "forgot password", "change e-mail", "end a session"):
        BY_NAME[name].prepare(Api(stack))()
    give(stack, bounce(new_email()))
    for table in ("SessionsTable", "OutboxTable", "AuditTable"):
        items = Api(stack).table(table)
        assert items
        assert all(type(item.get("expires_at")) is int and item["expires_at"] < 10**10 for item in items), table
