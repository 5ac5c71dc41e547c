"""What users, administrators and operators do is on the event bus a moment later, as docs/events.md has it (Z-13, Z-14)."""

from typing import Any

import pytest
from time_machine import Traveller

from gatepost.access.roles import Role
from gatepost.audit import Event
from gatepost.domain_events.catalogue import PUBLISHED
from local.stack import Stack
from tests.integration.accounts import User, new_user
from tests.integration.administrators import administrator, new_role, user_with
from tests.integration.api_keys import ApiKey, new_api_key
from tests.integration.audited_deeds import AGENT, DEEDS, NOBODY, Agent
from tests.integration.published import Detail, published
from tests.integration.ses_feedback import bounce, give
from tests.support import ISSUER, PASSWORD, Api, new_email


def told(stack: Stack, user: User, act: Any) -> list[Detail]:
    """Return what is published of a user by what `act` does."""
    before = len(published(stack, user.id))
    act()
    return published(stack, user.id)[before:]


def test_a_registration_is_published_once_its_address_is_proved(stack: Stack) -> None:
    api, email = Api(stack), new_email()
    before = len(stack.events())
    api.register(email)
    assert len(stack.events()) == before
    signed_in = api.post("/verify-email", {"token": api.mailed_token(email), "password": PASSWORD})
    (detail,) = published(stack, signed_in.json()["user"]["id"])
    assert (detail["type"], detail["reason"]) == ("user.registered", "address_verified")
    assert detail["session_id"] == signed_in.json()["session_id"]
    assert detail["request_id"] == signed_in.header("x-request-id")
    (kept,) = [item for item in api.table("AuditTable") if item["id"] == detail["id"]]
    assert kept["event"] == "user.registered"


@pytest.mark.parametrize("deed", DEEDS)
def test_z14_a_deed_is_published_as_documented_or_not_at_all(stack: Stack, clock: Traveller, deed: str) -> None:
    prepare, event, _, actor = DEEDS[deed]
    user = new_user(stack)
    other = user.login()
    act, agent = prepare(user, other), Agent(Api(stack))
    clock.shift(60)

    details = told(stack, user, lambda: act(agent))

    assert [detail["type"] for detail in details] == ([PUBLISHED[event].type] if event in PUBLISHED else [])
    for detail in details:
        assert detail["at"] == "2026-11-23T12:01:00.000Z"
        assert detail.get("actor") == (None if actor == NOBODY else user.id)
        text = str(detail)
        assert not [secret for secret in (user.email, agent.api.ip, AGENT, PASSWORD) if secret in text]


def test_what_ends_sessions_says_which(stack: Stack) -> None:
    user = new_user(stack)
    second, third = user.login(), user.login()

    (out,) = told(stack, user, lambda: user.api.post("/logout", {"refresh_token": third.refresh_token}))
    assert (out["reason"], out["session_id"], out["sessions_ended"]) == ("signed_out", third.session_id, "one")
    (one,) = told(stack, user, lambda: user.call("DELETE", f"/sessions/{second.session_id}"))
    assert (one["reason"], one["session_id"], one["sessions_ended"]) == ("ended", second.session_id, "one")
    (others,) = told(stack, user, lambda: user.call("DELETE", "/sessions"))
    assert (others["reason"], others["session_id"], others["sessions_ended"]) == ("others_ended", user.session_id, "others")
    new = f"{PASSWORD}, but new"
    (changed,) = told(stack, user, lambda: user.call("POST", "/password", {"current_password": PASSWORD, "new_password": new}))
    assert (changed["reason"], changed["session_id"], changed["sessions_ended"]) == ("changed", user.session_id, "others")


def test_a_stolen_refresh_token_ends_its_session(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    user.refreshed()
    clock.shift(31)
    (detail,) = told(stack, user, lambda: user.api.refresh(user.refresh_token))
    assert (detail["type"], detail["reason"]) == ("session.revoked", "refresh_token_reused")
    assert (detail["session_id"], "actor" in detail) == (user.session_id, False)


def test_what_an_administrator_does_to_a_user_names_both(stack: Stack) -> None:
    me, user = administrator(stack), new_user(stack)
    role = new_role(stack, Role("", "", ("orders:read",)))

    details = told(
        stack,
        user,
        lambda: [
            me.admin("PUT", f"/users/{user.id}/roles/{role}"),
            me.admin("DELETE", f"/users/{user.id}/roles/{role}"),
            me.admin("DELETE", f"/users/{user.id}/sessions"),
            me.admin("POST", f"/users/{user.id}/password-reset"),
            me.admin("PATCH", f"/users/{user.id}", {"status": "disabled"}),
            me.admin("PATCH", f"/users/{user.id}", {"status": "active"}),
            me.admin("DELETE", f"/users/{user.id}"),
        ],
    )

    assert [(detail["type"], detail.get("roles"), detail.get("sessions_ended")) for detail in details] == [
        ("role.assigned", [role], None),
        ("role.unassigned", [role], None),
        ("session.revoked", None, "all"),
        ("user.password_reset_demanded", None, "all"),
        ("user.disabled", None, "all"),
        ("user.enabled", None, None),
        ("user.deleted", None, "all"),
    ]
    assert {detail["actor"] for detail in details} == {me.id}


def test_an_api_key_is_told_of_when_it_is_made_and_when_it_ends_and_not_when_it_is_used(stack: Stack) -> None:
    me = administrator(stack)
    made: list[ApiKey] = []

    def live() -> None:
        key = new_api_key(me, "*")
        made.append(key)
        assert Api(stack).call("GET", "/v1/admin/users", token=key.access_token(audience=ISSUER)).status == 200
        assert me.call("DELETE", f"/api-keys/{key.id}").status == 204

    details = told(stack, me, live)
    assert [(detail["type"], detail["api_key_id"], detail["actor"]) for detail in details] == [
        ("api_key.created", made[0].id, me.id),
        ("api_key.deleted", made[0].id, me.id),
    ]


def test_what_is_about_no_user_is_about_none(stack: Stack) -> None:
    me = administrator(stack)
    before = len(published(stack))
    assert me.admin("PUT", "/roles/told", {"permissions": ["orders:read"]}).status == 201
    client = me.admin(
        "POST", "/clients", {"name": "App", "type": "public", "grant_types": ["refresh_token"], "redirect_uris": []}
    )
    role, app = [detail for detail in published(stack)[before:] if detail["actor"] == me.id and "user_id" not in detail]
    assert (role["type"], role["roles"]) == ("role.created", ["told"])
    assert (app["type"], app["client_id"]) == ("client.created", client.json()["client_id"])


def test_an_invitation_its_end_and_its_acceptance_are_about_the_same_user(stack: Stack) -> None:
    me, api = administrator(stack), Api(stack)
    email, other = new_email(), new_email()
    invited = me.admin("POST", "/users", {"email": email, "invite": True}).json()["id"]
    withdrawn = me.admin("POST", "/users", {"email": other, "invite": True}).json()["id"]
    me.admin("DELETE", f"/users/{withdrawn}")
    api.post("/accept-invitation", {"token": api.mailed_token(email), "password": PASSWORD})
    assert [detail["type"] for detail in published(stack, invited)] == ["user.invited", "user.registered"]
    assert [detail["type"] for detail in published(stack, withdrawn)] == ["user.invited", "user.invitation_withdrawn"]


def test_mail_that_came_back_is_told_of_where_there_is_an_account(stack: Stack) -> None:
    user, before = new_user(stack), len(published(stack))
    (detail,) = told(stack, user, lambda: give(stack, bounce(user.email, new_email())))
    assert (detail["type"], detail["reason"]) == ("user.mail_stopped", "bounced")
    assert "user.mail_stopped" not in [each["type"] for each in published(stack)[before:] if "user_id" not in each]


def test_sign_ins_that_fail_do_not_even_call_the_function(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    user = new_user(stack)
    stack.deliver()
    function = stack.functions["EventsFunction"]
    called: list[Any] = []
    monkeypatch.setattr(function, "invoke", called.append)
    for _ in range(3):
        user.api.login(user.email, "wrong, and wrong again")
    assert user.api.table("AuditTable")
    stack.deliver()
    assert not called


def test_the_page_of_the_local_stack_shows_them(stack: Stack) -> None:
    user = new_user(stack)
    shown = Api(stack).call("GET", "/_local/events?type=user.registered").json()
    assert shown[0]["detail"]["user_id"] == user.id
    assert {event["detail-type"] for event in shown} == {"user.registered"}
    assert len(Api(stack).call("GET", "/_local/events").json()) >= len(shown)


def test_who_holds_no_permission_publishes_nothing(stack: Stack) -> None:
    """An event is in the transaction of what it tells: what was refused isn't told of."""
    me, user = user_with(stack), new_user(stack)
    assert not told(stack, user, lambda: me.admin("DELETE", f"/users/{user.id}"))
    assert Event.ACCOUNT_DELETED not in {
        item["event"] for item in user.api.table("AuditTable") if item.get("actor_id") == me.id
    }
