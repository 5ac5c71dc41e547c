"""An erased account leaves nothing but its security events, and whoever comes to its address after it inherits nothing
(S-21, Z-12).
"""

from typing import Any

import boto3
import pytest
from time_machine import Traveller

from gatepost.accounts import email_addresses
from local.stack import Stack
from tests.integration.accounts import (
    INVALID_REFRESH_TOKEN,
    INVALID_TOKEN,
    NEW_PASSWORD,
    NOT_AUTHENTICATED,
    REFUSED,
    WRONG,
    User,
    forgot,
    mailed_change,
    mailed_reset,
    new_user,
    reset,
    verify,
)
from tests.integration.administrators import administrator
from tests.integration.api_keys import INVALID_API_KEY, new_api_key, present
from tests.integration.aws_faults import faults, nothing_processed, times
from tests.integration.inside import change_user, events_of
from tests.opaque import items_in_clear, spellings
from tests.support import PASSWORD, new_email, problem


def traces(user: User, *more: str) -> dict[str, list[bytes]]:
    """Return, by table, the items that hold the user's id, a session's, an address or its digest, in any spelling."""
    texts = [user.id, user.session_id, user.email, *more]
    marks = {spelling for text in texts for spelling in spellings(text.encode())}
    marks |= {spelling for text in (user.id, user.session_id) for spelling in spellings(bytes.fromhex(text))}
    for text in (user.email, *(text for text in more if "@" in text)):
        # Limits count by the digest of an address, whether or not it has an account, and so go on.
        marks |= spellings(email_addresses.parse(text).digest)
    found: dict[str, list[bytes]] = {}
    for table, content in items_in_clear(user.api.stack):
        if any(mark in content for mark in marks) and b"LIMIT#" not in content:
            found.setdefault(table, []).append(content)
    return found


def lived_in(stack: Stack) -> tuple[User, dict[str, str]]:
    """Return a user who has had everything that one can have so far, and the tokens that are out there."""
    user = new_user(stack, name="Ada Lovelace")
    phone = user.login(device_name="phone").refreshed()
    user.call("PATCH", "", {"name": "Ada King"})
    user.api.login(user.email, WRONG)
    user.change_password(PASSWORD)
    user = User(user.api, user.email, NEW_PASSWORD, user.signed_in)
    tablet = user.login(device_name="tablet")
    tokens = {"change": mailed_change(user, f"new-{user.email}"), "reset": mailed_reset(user.api, user.email)}
    key = new_api_key(user, name="Ada's script")
    tokens |= {"API key": key.text, "access by API key": key.access_token()}
    tokens |= {"phone": phone.refresh_token, "tablet": tablet.refresh_token, "access": tablet.access_token}
    stack.deliver()
    return user, tokens


def test_s21_nothing_of_the_user_is_left_but_the_audit(stack: Stack) -> None:
    user, _ = lived_in(stack)
    before = traces(user)
    assert before.keys() == {"UsersTable", "SessionsTable", "AuditTable"}
    answer = user.erase()
    assert (answer.status, answer.body) == (204, b"")
    stack.deliver()
    after = traces(user, f"new-{user.email}")
    assert after.keys() == {"AuditTable"}
    assert events_of(user.api, user.id)[-1] == "user.deleted"
    # And that names the user by id alone.
    marks = {mark for text in (user.email, "Ada Lovelace", "Ada King", "Ada's script") for mark in spellings(text.encode())}
    kept = [content for content in after["AuditTable"] if user.id.encode() in content]
    assert not [content for content in kept for mark in marks if mark in content]


def test_s21_nothing_that_was_out_there_works(stack: Stack) -> None:
    user, tokens = lived_in(stack)
    assert user.erase().status == 204
    for password in (NEW_PASSWORD, PASSWORD):
        assert problem(user.api.login(user.email, password)) == REFUSED
    assert not user.lives()
    for kind in ("phone", "tablet"):
        assert problem(user.api.refresh(tokens[kind])) == INVALID_REFRESH_TOKEN
    for kind in ("access", "access by API key"):
        assert problem(user.api.me(tokens[kind])) == NOT_AUTHENTICATED
    assert problem(present(user.api, tokens["API key"])) == INVALID_API_KEY
    assert problem(reset(user.api, tokens["reset"])) == INVALID_TOKEN
    assert problem(verify(user.api, tokens["change"], NEW_PASSWORD)) == INVALID_TOKEN
    mails = len(user.api.mails(user.email))
    assert forgot(user.api, user.email).status == 202
    assert len(user.api.mails(user.email)) == mails


def test_s21_a_hundred_sessions_go_as_well(stack: Stack) -> None:
    """More than one batch, and one of them comes back undone."""
    user = new_user(stack)
    copy_session(user, 100)
    with faults(times(2, "BatchWriteItem", nothing_processed)):
        assert user.erase().status == 204
    assert traces(user).keys() == {"AuditTable"}


def copy_session(user: User, number: int) -> None:
    """Write a session of the user's `number` times more, without the work of signing in."""
    dynamodb, table = boto3.client("dynamodb"), user.api.table_name("SessionsTable")
    key = {"pk": {"S": f"USER#{user.id}"}, "sk": {"S": f"SESSION#{user.session_id}"}}
    item: dict[str, Any] = dict(dynamodb.get_item(TableName=table, Key=key)["Item"])
    for copy in range(number):
        name = f"{copy:032x}"
        dynamodb.put_item(TableName=table, Item=item | {"sk": {"S": f"SESSION#{name}"}, "id": {"S": name}})


def test_z12_the_address_is_free_at_once_and_its_next_user_inherits_nothing(stack: Stack) -> None:
    user, tokens = lived_in(stack)
    assert administrator(stack)  # else the last one would go
    change_user(user.api, user.id, roles=["user", "admin"])
    assert user.erase().status == 204

    newcomer = new_user(stack, user.email, "the newcomer's password")

    assert newcomer.id != user.id
    assert newcomer.signed_in["user"] == {
        "id": newcomer.id,
        "email": user.email,
        "email_verified": True,
        "name": None,
        "created_at": newcomer.signed_in["user"]["created_at"],
        "roles": ["user"],
        "permissions": [],
        "mfa": {"totp": False, "passkeys": 0, "recovery_codes_left": 0},
        "mail_stopped": None,
    }
    assert [session["id"] for session in newcomer.sessions()] == [newcomer.session_id]
    assert [event["event"] for event in newcomer.trail()] == ["user.registered"]
    assert newcomer.export()["pending_email"] is None
    assert user.id not in str(newcomer.export())
    assert newcomer.items("/api-keys") == []
    assert problem(present(newcomer.api, tokens["API key"])) == INVALID_API_KEY
    for token in (tokens["phone"], tokens["tablet"]):
        assert problem(newcomer.api.refresh(token)) == INVALID_REFRESH_TOKEN
    assert problem(reset(newcomer.api, tokens["reset"])) == INVALID_TOKEN
    assert problem(verify(newcomer.api, tokens["change"], "the newcomer's password")) == INVALID_TOKEN
    assert problem(newcomer.api.login(user.email, NEW_PASSWORD)) == REFUSED
    assert not user.lives()
    assert newcomer.login().lives()


def test_z12_ids_are_never_used_again(stack: Stack) -> None:
    email = new_email()
    seen = set()
    for _ in range(3):
        user = new_user(stack, email)
        seen |= {user.id, user.session_id}
        assert user.erase().status == 204
    assert len(seen) == 6


@pytest.mark.parametrize("body", [{"password": WRONG}, {"password": PASSWORD.upper()}])
def test_a_wrong_password_erases_nothing_however_fresh_the_sign_in(stack: Stack, body: dict[str, str]) -> None:
    user = new_user(stack)
    assert problem(user.call("DELETE", "", body)) == REFUSED
    assert user.lives()


@pytest.mark.parametrize("body", [{"password": ""}, {"password": "x" * 257}, {"password": 1}, {"confirm": True}])
def test_a_wrong_body_erases_nothing(stack: Stack, body: dict[str, Any]) -> None:
    user = new_user(stack)
    assert problem(user.call("DELETE", "", body)) == (422, "invalid_request")
    assert user.lives()


@pytest.mark.parametrize("body", [None, {}, {"password": None}])
def test_z18_a_fresh_sign_in_stands_for_the_password_and_a_refresh_makes_none(
    stack: Stack, clock: Traveller, body: dict[str, None] | None
) -> None:
    fresh, stale = new_user(stack), new_user(stack)
    clock.shift(299)
    assert fresh.call("DELETE", "", body).status == 204
    clock.shift(1)
    stale = stale.refreshed()
    assert problem(stale.call("DELETE", "", body)) == REFUSED
    assert stale.login().call("DELETE", "", body).status == 204


def test_the_owner_is_told_by_mail(stack: Stack) -> None:
    user = new_user(stack)
    user.erase()
    mail = user.api.mails(user.email)[0]
    assert mail.subject == "Your account at Gatepost was deleted"
    assert not mail.links
