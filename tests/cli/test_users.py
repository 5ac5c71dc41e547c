"""`gatepost users`: what an operator sees of one user, and does for them. tests/e2e/test_runbooks.py have incidents for it."""

import json
from pathlib import Path
from typing import Any

import pytest

from gatepost.audit import Event
from tests.cli.support import Operator
from tests.integration.accounts import WRONG, User, new_user
from tests.integration.administrators import administrator, user_with
from tests.integration.ses_feedback import bounce, give
from tests.support import Api, new_email


@pytest.fixture
def ada(operator: Operator) -> User:
    """A user."""
    return new_user(operator.stack)


def names(operator: Operator, user: User) -> set[str]:
    return {event["event"] for event in operator.events(*Event) if event.get("user_id") == user.id}


def test_a_user_is_shown_by_id_and_by_address_with_what_keeps_them_out(operator: Operator, ada: User) -> None:
    shown = operator.json("users", "show", ada.id)
    assert shown == operator.json("users", "show", ada.email.upper())
    assert {name: shown[name] for name in ("id", "email", "status", "roles", "sessions", "api_keys", "locked_until")} == {
        "id": ada.id,
        "email": ada.email,
        "status": "active",
        "roles": ["user"],
        "sessions": 1,
        "api_keys": 0,
        "locked_until": None,
    }
    for _ in range(10):
        Api(operator.stack).login(ada.email, WRONG)
    give(operator.stack, bounce(ada.email))
    shown = operator.json("users", "show", ada.id)
    assert shown["locked_until"]
    assert shown["mail_stopped"]["reason"] == "bounced"
    lines = operator.run("users", "show", ada.id).stdout.splitlines()
    assert any(line.split()[:2] == ["mail_stopped", "bounced"] for line in lines)


@pytest.mark.parametrize("command", ["show", "sign-out", "reset-password", "disable", "enable", "delete"])
def test_who_is_not_there_is_refused(operator: Operator, command: str) -> None:
    assert operator.refusal("users", command, "0" * 32) == "There is no such user."
    assert operator.refusal("users", command, new_email()).startswith("No account has this address")
    assert "must be the id or the e-mail address" in operator.refusal("users", command, "ada", code=2)


def test_sessions_end_at_once(operator: Operator, ada: User) -> None:
    assert operator.json("users", "sign-out", ada.email)["sessions"] == 0
    assert not ada.lives()
    assert ada.login().lives()
    assert names(operator, ada) == {Event.ALL_SESSIONS_ENDED}


def test_who_is_disabled_is_out_until_they_are_enabled(operator: Operator, ada: User) -> None:
    assert operator.json("users", "disable", ada.email)["status"] == "disabled"
    assert not ada.lives()
    assert Api(operator.stack).login(ada.email).status == 401
    assert operator.json("users", "enable", ada.email)["status"] == "active"
    assert ada.login().lives()
    assert names(operator, ada) == {Event.USER_DISABLED, Event.USER_ENABLED}


def test_a_password_that_may_be_known_is_void_and_a_link_is_mailed(operator: Operator, ada: User) -> None:
    operator.run("users", "reset-password", ada.email)
    assert not ada.lives()
    assert Api(operator.stack).login(ada.email).status == 401
    assert ada.api.mailed_token(ada.email)
    assert names(operator, ada) == {Event.PASSWORD_RESET_DEMANDED}


@pytest.mark.parametrize(("name", "said"), [("", "at least 1 character"), ("a\nb", "one line"), ("a" * 101, "at most 100")])
def test_a_name_is_corrected_and_is_one(operator: Operator, ada: User, name: str, said: str) -> None:
    assert operator.json("users", "rename", ada.email, "Ada King")["name"] == "Ada King"
    assert said in operator.refusal("users", "rename", ada.email, name, code=2)
    assert operator.json("users", "show", ada.email)["name"] == "Ada King"
    assert names(operator, ada) == {Event.PROFILE_UPDATED}


def test_what_is_held_about_a_user_is_what_they_get_themselves(operator: Operator, ada: User, tmp_path: Path) -> None:
    def comparable(export: dict[str, Any]) -> dict[str, Any]:
        sessions = [{**session, "current": None} for session in export["sessions"]]
        return {**export, "exported_at": None, "sessions": sessions}

    file = tmp_path / "ada.json"
    told = operator.json("users", "data", ada.email, str(file))
    assert told == {"id": ada.id, "file": str(file)}
    assert file.stat().st_mode & 0o077 == 0
    assert comparable(json.loads(file.read_text("utf-8"))) == comparable(ada.export())
    assert json.loads(operator.run("users", "data", ada.id, "-").stdout)["user"]["email"] == ada.email


def test_a_user_is_deleted_once_that_is_meant(operator: Operator, ada: User) -> None:
    assert "for good?" in operator.run("users", "delete", ada.email, typed="n\n", code=1).stderr
    assert ada.refreshed()
    assert operator.json("users", "delete", ada.email, "--yes") == {"id": ada.id, "deleted": True}
    assert Api(operator.stack).login(ada.email).status == 401
    assert ada.api.mails(ada.email)[0].subject.startswith("Your account")
    assert names(operator, ada) == {Event.ACCOUNT_DELETED}


def test_the_last_administrator_stays(operator: Operator) -> None:
    last = administrator(operator.stack)
    for command in (("disable", last.email), ("delete", last.email, "--yes")):
        assert operator.refusal("users", *command).startswith("This is the last administrator")


def test_an_api_key_that_was_found_is_deleted(operator: Operator) -> None:
    owner = user_with(operator.stack, "orders:read")
    asked = {"name": "report", "permissions": ["orders:read"]}
    made = owner.call("POST", "/api-keys", asked).json()
    shown = made["api_key"][:51]
    assert "Delete the API key" in operator.run("users", "delete-api-key", shown, typed="n\n", code=1).stderr
    assert owner.api.post("/api-key", {"api_key": made["api_key"]}).status == 200
    assert operator.json("users", "delete-api-key", shown, "--yes") == {
        "id": made["id"],
        "user_id": owner.id,
        "deleted": True,
    }
    assert owner.api.post("/api-key", {"api_key": made["api_key"]}).status == 401
    assert operator.refusal("users", "delete-api-key", shown, "--yes") == "There is no such API key."
    assert "48 hexadecimal digits" in operator.refusal("users", "delete-api-key", made["api_key"], "--yes", code=2)
    (event,) = [event for event in operator.events(Event.API_KEY_DELETED) if event["user_id"] == owner.id]
    assert event["api_key_id"] == made["id"]
