"""R-33: the code of today reads what older code has written, and whoever holds something of it gets on with it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatepost.aws.clients import client
from gatepost.clients import client_secrets
from gatepost.storage import clients, keys
from gatepost.storage.table import Database
from local.stack import Stack
from tests.integration.accounts import (
    INVALID_REFRESH_TOKEN,
    NOT_AUTHENTICATED,
    REFUSED,
    User,
    outcome,
    revocations,
    use_code,
    verify,
)
from tests.integration.administrators import Staff
from tests.integration.api_keys import present
from tests.integration.ses_feedback import complaint, give
from tests.shapes.recording import Recording, recordings
from tests.support import ISSUER, PASSWORD, Api, problem


@pytest.fixture(scope="module", params=recordings(), ids=lambda file: file.stem)
def recording(request: pytest.FixtureRequest) -> Recording:
    """What the code of a day wrote."""
    file: Path = request.param
    return Recording.read(file)


@pytest.fixture(scope="module")
def stack(recording: Recording) -> Iterator[Stack]:
    """Today's code on it."""
    with recording.loaded() as stack:
        yield stack


@pytest.fixture
def held(recording: Recording) -> dict[str, Any]:
    """What its users and clients hold."""
    return recording.held


@pytest.fixture
def admin(stack: Stack, held: dict[str, Any]) -> Staff:
    """The administrator of that day, who signs in."""
    api, email = Api(stack), held["administrator"]["email"]
    answer = api.login(email, audience=ISSUER)
    assert answer.status == 200, answer.body
    return Staff(api, email, PASSWORD, answer.json())


def test_the_deployment_is_ready(stack: Stack) -> None:
    assert Api(stack).call("GET", "/health/ready").status == 200


def test_an_access_token_still_counts_and_one_of_an_ended_session_does_not(stack: Stack, held: dict[str, Any]) -> None:
    api = Api(stack)
    profile = api.me(held["ada"]["access_token"]).json()
    assert (profile["name"], profile["email"], profile["roles"]) == ("Ada", "Ada@example.com", ["user", "clerk"])
    assert problem(api.me(held["ended"]["access_token"])) == NOT_AUTHENTICATED
    assert len(revocations(api)["sessions"]) == 1


def test_a_session_goes_on_by_its_refresh_token_and_is_in_the_list(stack: Stack, held: dict[str, Any]) -> None:
    api = Api(stack)
    answer = api.refresh(held["ada"]["refresh_token"])
    assert answer.status == 200, answer.body
    user = User(api, "Ada@example.com", PASSWORD, answer.json())
    assert {"phone", None} == {session["device_name"] for session in user.sessions()}
    assert "sign_in.failed" in {event["event"] for event in user.trail()}
    exported = user.export()
    assert len(exported["api_keys"]) == 2
    assert problem(api.refresh(held["ended"]["refresh_token"])) == INVALID_REFRESH_TOKEN


def test_everybody_signs_in_but_who_is_disabled(stack: Stack) -> None:
    api = Api(stack)
    assert api.login("ada@example.com").status == 200
    assert api.login("bounced@example.com").status == 200
    assert problem(api.login("disabled@example.com")) == REFUSED


def test_api_keys_are_exchanged_for_what_they_were_made_for(stack: Stack, held: dict[str, Any]) -> None:
    for text in held["api_keys"]:
        answer = present(Api(stack), text)
        assert answer.status == 200, answer.body


def test_an_attempt_becomes_an_account(stack: Stack, held: dict[str, Any]) -> None:
    answer = verify(Api(stack), held["attempt"])
    assert answer.status == 200, answer.body
    assert answer.json()["user"]["name"] == "Gil"


def test_an_attempt_is_mailed_again(stack: Stack) -> None:
    assert Api(stack).post("/resend-verification", {"email": "attempt@example.com"}).status == 202


def test_an_invitation_is_accepted(stack: Stack, held: dict[str, Any]) -> None:
    answer = Api(stack).post("/accept-invitation", {"token": held["invitation"], "password": PASSWORD})
    assert answer.status == 200, answer.body
    assert answer.json()["user"]["roles"] == ["reader"]


def test_a_password_is_reset(stack: Stack, held: dict[str, Any]) -> None:
    new = f"{PASSWORD}, but new"
    body = {"token": held["password_reset"], "new_password": new}
    assert outcome(Api(stack).post("/password/reset", body)) == (204, "")
    assert Api(stack).login("forgetful@example.com", new).status == 200


def test_an_address_is_changed(stack: Stack, held: dict[str, Any]) -> None:
    assert outcome(verify(Api(stack), held["email_change"])) == (204, "")
    assert Api(stack).login("moved@example.com").status == 200


def test_a_code_signs_in(stack: Stack, held: dict[str, Any]) -> None:
    assert use_code(Api(stack), "coded@example.com", held["digits"]).status == 200


def test_waiting_mails_are_sent_and_none_to_where_mail_has_stopped(stack: Stack, held: dict[str, Any]) -> None:
    api = Api(stack)
    api.post("/email-code/start", {"email": "bounced@example.com"})
    assert stack.mails(to=held["unsent_to"])
    assert not stack.mails(to="bounced@example.com")


def test_feedback_goes_into_the_mark_of_an_address(stack: Stack) -> None:
    assert give(stack, complaint("bounced@example.com")) == 1
    assert Api(stack).login("bounced@example.com").json()["user"]["mail_stopped"]["reason"] == "complained"


def test_roles_and_what_they_include_are_changed(admin: Staff) -> None:
    assert {"reader", "clerk"} <= {role["name"] for role in admin.admin("GET", "/roles").json()["items"]}
    body = {"description": "Reads orders.", "permissions": ["orders:read", "reports:read"]}
    assert admin.admin("PUT", "/roles/reader", body).status == 200
    assert admin.admin("GET", "/roles/clerk").json()["includes"] == ["reader"]


def test_the_secrets_of_a_client_still_match_and_another_is_made(stack: Stack, admin: Staff, held: dict[str, Any]) -> None:
    made, secrets = held["client"]["id"], held["client"]["secrets"]
    table = stack.template.tables["ClientsTable"].name
    db = Database(client("dynamodb"))
    kept = clients.of(db.get(table, keys.client(made)) or {})
    assert all(client_secrets.matches(kept.secrets, text, kept.created_at + 60) for text in secrets)
    assert admin.admin("POST", f"/clients/{made}/secret").status == 200


def test_what_was_made_by_an_idempotency_key_is_remembered(admin: Staff, held: dict[str, Any]) -> None:
    listed = [client["client_id"] for client in admin.admin("GET", "/clients").json()["items"]]
    assert listed == [held["client"]["id"]]


def test_a_user_is_enabled_and_another_deleted(admin: Staff, held: dict[str, Any]) -> None:
    assert admin.admin("PATCH", f"/users/{held['disabled']}", {"status": "active"}).status == 200
    assert admin.admin("DELETE", f"/users/{held['disabled']}").status == 204


def test_the_ring_of_keys_signs_on_and_is_changed(stack: Stack, admin: Staff, held: dict[str, Any]) -> None:
    ring = admin.admin("GET", "/keys").json()["items"]
    assert held["signing_key"] in {key["kid"] for key in ring}
    assert "keys" in revocations(Api(stack))
    assert problem(admin.admin("POST", "/keys/rotate")) == (409, "rotation_pending")
    asked_by = {"operator": "local", "ip": "", "user_agent": "a test", "request_id": "of a test"}
    assert stack.functions["KeysFunction"].invoke({"remove": ring[-1]["kid"], "asked_by": asked_by}) == {"refused": None}


def test_security_events_are_found(admin: Staff, held: dict[str, Any]) -> None:
    for query in ("", "&event=role.created", f"&user_id={held['ada']['id']}", "&actor_id=local"):
        assert admin.admin("GET", f"/audit?limit=100{query}").json()["items"], query
