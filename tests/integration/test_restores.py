"""R-34: Users and Sessions go back to an earlier time, and nothing that was used or ended since comes alive again."""

from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from time_machine import Traveller

from gatepost.storage.writes import Item
from local.stack import Stack
from tests.integration.accounts import (
    INVALID_REFRESH_TOKEN,
    NEW_PASSWORD,
    deployed_with,
    mailed_reset,
    new_user,
    outcome,
    reset,
    verify,
)
from tests.integration.administrators import administrator
from tests.integration.api_keys import INVALID_API_KEY, new_api_key
from tests.integration.single_use import SINGLE_USE
from tests.support import PASSWORD, Api, new_email

_TABLES = ("UsersTable", "SessionsTable")


@dataclass(frozen=True)
class Tables:
    """What the tables held at one time, as a copy of them would."""

    held: dict[str, list[dict[str, Any]]]

    @classmethod
    def of(cls, stack: Stack) -> "Tables":
        """Copy them."""
        return cls({stack.template.tables[name].name: _items(stack.template.tables[name].name) for name in _TABLES})

    def bring_back(self) -> None:
        """Let them hold that again, and nothing else."""
        dynamodb = boto3.client("dynamodb")
        for name, items in self.held.items():
            now = _items(name)
            for item in (item for item in now if item not in items):
                dynamodb.delete_item(TableName=name, Key={part: item[part] for part in ("pk", "sk")})
            for item in (item for item in items if item not in now):
                dynamodb.put_item(TableName=name, Item=item)


def _items(table: str) -> list[dict[str, Any]]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return [item for page in pages for item in page["Items"]]


@pytest.mark.parametrize("kind", SINGLE_USE)
def test_r34_what_was_used_since_does_not_come_alive(stack: Stack, clock: Traveller, kind: str) -> None:
    issued, refusal = SINGLE_USE[kind]
    use = issued(stack)
    before = Tables.of(stack)
    clock.shift(1)
    assert use()[0] in (200, 204)
    assert use() == refusal

    before.bring_back()
    clock.shift(60)
    with deployed_with(stack, sessions_not_before=_now(clock)):
        assert use() == refusal
        # What is issued from then on is as good as ever.
        assert issued(stack)()[0] in (200, 204)
    # It's the time of the restore that has refused it: the tables alone tell nothing.
    assert use()[0] in (200, 204)


def test_r34_what_was_asked_for_again_before_a_restore_is_over_as_well(stack: Stack, clock: Traveller) -> None:
    """A registration from before is not mailed again, and stands in the way of none."""
    api, email = Api(stack), new_email()
    assert api.register(email).status == 202
    clock.shift(60)
    with deployed_with(stack, sessions_not_before=_now(clock)):
        mails = len(api.mails(email))
        assert api.post("/resend-verification", {"email": email}).status == 202
        assert len(api.mails(email)) == mails
        assert Api(stack).register(email).status == 202
        assert outcome(verify(api, api.mailed_token(email)))[0] == 200


def test_r34_a_restored_session_is_over_and_its_newest_token_no_theft(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    before = Tables.of(stack)
    clock.shift(1)
    newest = user.refreshed()
    before.bring_back()
    clock.shift(120)
    mails = len(user.api.mails(user.email))
    with deployed_with(stack, sessions_not_before=_now(clock)):
        for each in (user, newest):
            assert outcome(each.api.refresh(each.refresh_token)) == INVALID_REFRESH_TOKEN
            assert each.api.me(each.access_token).status == 401
        assert user.login().lives()
    assert len(user.api.mails(user.email)) == mails


def test_r34_what_was_ended_since_stays_ended(stack: Stack, clock: Traveller) -> None:
    """A session that was signed out of, and an API key that was deleted."""
    user = new_user(stack)
    key = new_api_key(user)
    before = Tables.of(stack)
    clock.shift(1)
    assert user.call("DELETE", f"/api-keys/{key.id}").status == 204
    assert user.api.post("/logout", {"refresh_token": user.refresh_token}).status == 204
    before.bring_back()
    clock.shift(60)
    with deployed_with(stack, sessions_not_before=_now(clock)):
        assert not user.lives()
        assert outcome(key.exchange()) == INVALID_API_KEY


def test_r34_of_users_alone_a_session_of_an_epoch_to_come_stays_dead(stack: Stack, clock: Traveller) -> None:
    """Users go back, Sessions don't: a session of epoch 1 would be good again once its user's epoch is 1 again."""
    user = new_user(stack)
    users = Tables({user.api.table_name("UsersTable"): _items(user.api.table_name("UsersTable"))})
    clock.shift(1)
    assert outcome(reset(user.api, mailed_reset(user.api, user.email)))[0] == 204
    of_epoch_1 = user.login(NEW_PASSWORD)
    users.bring_back()
    clock.shift(60)
    with deployed_with(stack, sessions_not_before=_now(clock)):
        assert user.login(PASSWORD).lives()
        assert outcome(reset(user.api, mailed_reset(user.api, user.email)))[0] == 204
        assert not of_epoch_1.lives()


def test_r34_an_invitation_from_before_is_shown_to_nobody(stack: Stack, clock: Traveller) -> None:
    admin = administrator(stack)
    invited: Item = admin.admin("POST", "/users", {"email": new_email(), "invite": True}).json()
    clock.shift(60)
    with deployed_with(stack, "AdminFunction", sessions_not_before=_now(clock)):
        admin = administrator(stack)
        assert admin.admin("DELETE", f"/users/{invited['id']}").status == 404
    assert administrator(stack).admin("DELETE", f"/users/{invited['id']}").status == 204


def _now(clock: Traveller) -> str:
    return str(clock.time_ns() // 10**9)
