"""R-34: who comes back from a copy is without what has ended since, as security events say; and where events may not tell,
nobody comes back unasked.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from cli.backup import tables
from gatepost import clock
from gatepost.storage import keys
from local.stack import Stack
from tests.cli.restores import Beside, administrators_of, copied, held, lose
from tests.cli.support import Operator
from tests.integration.accounts import NEW_PASSWORD, mailed_reset, new_user, outcome, reset
from tests.integration.administrators import administrator
from tests.integration.api_keys import INVALID_API_KEY, new_api_key
from tests.support import Api

INCOMPLETE = "--events-incomplete"


def profile(stack: Stack, user_id: str) -> Any:
    key = keys.user(user_id)
    return next(item for item in Api(stack).table("UsersTable") if (item["pk"], item["sk"]) == (key["pk"], key["sk"]))


def test_r34_what_a_user_has_ended_since_stays_ended(stack: Stack, operator: Operator, beside: Beside) -> None:
    user, reset_since = new_user(stack), new_user(stack)
    ended, kept, over = new_api_key(user), new_api_key(user), new_api_key(reset_since)
    elsewhere, copy = user.login(), beside("users")
    assert user.call("DELETE", f"/api-keys/{ended.id}").status == 204
    assert elsewhere.call("DELETE", "/sessions").status == 204  # all others, by a new epoch
    assert outcome(reset(reset_since.api, mailed_reset(reset_since.api, reset_since.email)))[0] == 204
    lose(user)
    lose(reset_since)

    assert sorted(copied(operator, "users", copy)["back"]) == sorted([user.id, reset_since.id])
    assert [outcome(key.exchange()) for key in (ended, over)] == [INVALID_API_KEY] * 2
    assert kept.exchange().status == 200
    assert not user.lives()
    assert not elsewhere.lives()
    assert [shown["id"] for shown in user.login().items("/api-keys")] == [kept.id]


def test_r34_who_was_disabled_demoted_or_gave_up_a_password_since_has_nothing_of_it(
    stack: Stack, operator: Operator, beside: Beside
) -> None:
    admin = administrator(stack)
    disabled, demoted, changed, same = (new_user(stack) for _ in range(4))
    for user in (disabled, demoted):
        assert admin.admin("PUT", f"/users/{user.id}/roles/admin").status == 204
    copy = beside("users")
    assert admin.admin("PATCH", f"/users/{disabled.id}", {"status": "disabled"}).status == 200
    assert admin.admin("DELETE", f"/users/{demoted.id}/roles/admin").status == 204
    assert changed.login().change_password(changed.password).status == 204
    lost = (disabled, demoted, changed, same)
    versions = {user.id: (profile(stack, user.id)["epoch"], profile(stack, user.id)["version"]) for user in lost}
    for user in lost:
        lose(user)

    assert sorted(copied(operator, "users", copy)["back"]) == sorted(user.id for user in lost)
    assert profile(stack, disabled.id)["status"] == "disabled"
    assert profile(stack, demoted.id)["roles"] == ["user"]
    assert administrators_of(stack) & {user.id for user in lost} == set()
    assert disabled.api.login(disabled.email).status == 401
    for password in (changed.password, NEW_PASSWORD):
        assert changed.api.login(changed.email, password).status == 401
    assert same.login().lives()
    # A number that a token of before has doesn't come again.
    for user in lost:
        now = profile(stack, user.id)
        assert now["epoch"] > versions[user.id][0]
        assert now["version"] > versions[user.id][1]
    # Their address opens the account as ever.
    assert reset(changed.api, mailed_reset(changed.api, changed.email)).status == 204


def test_r34_what_was_taken_and_given_again_since_is_as_it_was(stack: Stack, operator: Operator, beside: Beside) -> None:
    admin, user = administrator(stack), new_user(stack)
    assert admin.admin("PUT", f"/users/{user.id}/roles/admin").status == 204
    copy = beside("users")
    for status in ("disabled", "active"):
        assert admin.admin("PATCH", f"/users/{user.id}", {"status": status}).status == 200
    for method in ("DELETE", "PUT"):
        assert admin.admin(method, f"/users/{user.id}/roles/admin").status == 204
    lose(user)
    assert copied(operator, "users", copy)["back"] == [user.id]
    assert user.login().lives()
    assert user.id in administrators_of(stack)


@pytest.mark.parametrize("why", ["older than events", "lost or restored", "doesn't say of when"])
def test_r34_where_events_may_not_tell_nobody_comes_back_unasked(
    stack: Stack, operator: Operator, beside: Beside, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    user, copies = new_user(stack), {table: beside(table) for table in ("users", "keys")}
    key, description = new_api_key(user), tables.demand_there
    lose(user)

    def told(dynamodb: Any, name: str) -> Any:
        found = dict(description(dynamodb, name))
        if why.startswith("doesn't"):
            found.pop("RestoreSummary", None)
        if why.startswith("lost") and name == Api(stack).table_name("AuditTable"):
            found["CreationDateTime"] = datetime.now(UTC)
        if why.startswith("older") and "RestoreSummary" in found:
            found["RestoreSummary"] = {"RestoreDateTime": datetime.fromtimestamp(clock.now() - 401 * 86400, UTC)}
        return found

    monkeypatch.setattr("cli.backup.ended.demand_there", told)
    before = held(Api(stack).table_name("UsersTable"))
    assert why in operator.refusal("restore", "copy", "users", "--from", copies["users"], "--yes")
    assert held(Api(stack).table_name("UsersTable")) == before
    # Signing keys never, whatever is said.
    assert why in operator.refusal("restore", "copy", "keys", "--from", copies["keys"], INCOMPLETE, "--yes")

    # If it's worth it, they come back, and have to show that the address is theirs.
    assert copied(operator, "users", copies["users"], INCOMPLETE)["back"] == [user.id]
    assert outcome(key.exchange()) == INVALID_API_KEY
    assert user.api.login(user.email).status == 401
    assert reset(user.api, mailed_reset(user.api, user.email)).status == 204
