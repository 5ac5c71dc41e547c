"""The catalogue of security events: each left once by what it tells, with who, whose, when, where and how it went (Z-14)."""

import pytest
from time_machine import Traveller

from gatepost.audit import Event
from gatepost.storage import keys
from gatepost.storage.writes import Item
from local.events import Response
from local.stack import Stack
from tests.integration import test_user_events
from tests.integration.accounts import (
    WRONG,
    User,
    deployed_with,
    mailed_reset,
    new_user,
    reset,
)
from tests.integration.audited_deeds import AGENT, DEEDS, SELF, Act, Agent
from tests.integration.inside import change_user
from tests.support import PASSWORD, Api, new_email


def left_by(api: Api) -> list[Item]:
    """Return the events that calls from this client's address have left."""
    return [item for item in api.table("AuditTable") if item["ip"] == api.ip]


def check(item: Item, answer: Response, agent: Agent, event: Event, reason: str | None, now_ms: int) -> None:
    """Check what every event tells."""
    assert item["event"] == event
    assert (item["result"], item.get("reason")) == ("failure" if reason else "success", reason)
    assert item["at_ms"] == now_ms
    assert (item["ip"], item["user_agent"]) == (agent.api.ip, AGENT)
    assert item["request_id"] == answer.header("x-request-id")


@pytest.mark.parametrize("deed", DEEDS)
def test_z14_a_deed_leaves_its_event_once_and_its_user_can_read_it(stack: Stack, clock: Traveller, deed: str) -> None:
    prepare, event, reason, actor = DEEDS[deed]
    user = new_user(stack)
    other = user.login()
    act, agent = prepare(user, other), Agent(Api(stack))
    clock.shift(60)

    answer = act(agent)

    assert answer.status in (200, 202, 204, 401)
    (item,) = left_by(agent.api)
    check(item, answer, agent, event, reason, clock.time_ns() // 10**6)
    assert item["pk"] == keys.audit_trail_of_user(user.id)
    assert item.get("user_id") == user.id
    assert item.get("actor_id") == (user.id if actor == SELF else None)
    reader = None if deed == "erase" else _reader(user, other, deed)
    if reader is not None:
        (shown,) = [shown for shown in reader.trail() if shown["id"] == item["id"]]
        assert shown == {
            "id": item["id"],
            "event": str(event),
            "at": "2026-11-23T12:01:00.000Z",
            "ip": agent.api.ip,
            "user_agent": AGENT,
            "result": "failure" if reason else "success",
            "reason": reason,
            "role": None,
            "client_id": None,
            "api_key_id": None,
            "request_id": answer.header("x-request-id"),
        }


def _reader(user: User, other: User, deed: str) -> User:
    """Return a session of the user in which the trail can still be read."""
    if deed == "reset":
        return user.login(WRONG)
    return other if deed == "sign out" else user


def test_z14_events_of_an_address_without_an_account_are_left_once_and_shown_to_nobody(stack: Stack, clock: Traveller) -> None:
    email = new_email()
    api = Api(stack)
    api.register(email)
    token = api.mailed_token(email)
    deeds: list[tuple[Act, Event, str | None]] = [
        (lambda agent: agent.post("/register", {"email": email, "password": PASSWORD}), Event.REGISTRATION_REQUESTED, None),
        (lambda agent: agent.post("/resend-verification", {"email": email}), Event.VERIFICATION_RESENT, None),
        (lambda agent: agent.post("/password/forgot", {"email": email}), Event.PASSWORD_RESET_REQUESTED, None),
        (
            lambda agent: agent.post("/verify-email", {"token": token, "password": WRONG}),
            Event.SIGN_IN_FAILED,
            "wrong_password",
        ),
        (lambda agent: agent.post("/login", {"email": email, "password": PASSWORD}), Event.SIGN_IN_FAILED, "unknown_address"),
    ]
    for act, event, reason in deeds:
        agent = Agent(Api(stack))
        answer = act(agent)
        (item,) = left_by(agent.api)
        check(item, answer, agent, event, reason, clock.time_ns() // 10**6)
        assert not {"user_id", "actor_id"} & item.keys()
        assert email not in str(item)
    user = User(api, email, PASSWORD, api.post("/verify-email", {"token": token, "password": PASSWORD}).json())
    assert [event["event"] for event in user.trail()] == [Event.USER_REGISTERED]


def test_z14_a_disabled_users_sign_in_says_so(stack: Stack) -> None:
    user, agent = new_user(stack), Agent(Api(stack))
    change_user(user.api, user.id, status="disabled")
    agent.post("/login", {"email": user.email, "password": PASSWORD})
    (item,) = left_by(agent.api)
    assert (item["event"], item["result"], item["reason"]) == (Event.SIGN_IN_FAILED, "failure", "disabled")


def test_z14_theft_is_left_once_with_nobody_who_did_it(stack: Stack, clock: Traveller) -> None:
    user, agent = new_user(stack), Agent(Api(stack))
    user.refreshed()
    clock.shift(30)
    answers = [agent.post("/refresh", {"refresh_token": user.refresh_token}) for _ in range(3)]
    (item,) = left_by(agent.api)
    check(item, answers[0], agent, Event.REFRESH_TOKEN_REUSED, "old_refresh_token_presented", clock.time_ns() // 10**6)
    assert item["user_id"] == user.id
    assert "actor_id" not in item


def test_z14_a_session_that_a_new_sign_in_displaces_is_left_by_that_sign_in(stack: Stack, clock: Traveller) -> None:
    user, agent = new_user(stack), Agent(Api(stack))
    clock.shift(60)
    with deployed_with(stack, max_sessions="1"):
        answer = agent.post("/login", {"email": user.email, "password": PASSWORD})
    signed_in, displaced = sorted(left_by(agent.api), key=lambda item: item["event"], reverse=True)
    check(signed_in, answer, agent, Event.SIGN_IN_SUCCEEDED, None, clock.time_ns() // 10**6)
    check(displaced, answer, agent, Event.SESSION_DISPLACED, None, clock.time_ns() // 10**6)
    assert displaced["user_id"] == displaced["actor_id"] == user.id


def test_z14_the_catalogue_is_complete(stack: Stack) -> None:
    """Every event that there is has its test here, or in test_bounces_and_complaints.py where nobody did anything."""
    tested = {event for _, event, _, _ in DEEDS.values()}
    tested |= {Event.USER_REGISTERED, Event.REFRESH_TOKEN_REUSED, Event.SESSION_DISPLACED}
    elsewhere = {Event.ROLE_CREATED, Event.ROLE_UPDATED, Event.ROLE_DELETED}  # test_role_events
    elsewhere |= {Event.KEY_ROTATION_REQUESTED, Event.KEY_REMOVED}  # test_key_rotation, test_key_removal
    elsewhere |= {Event.CLIENT_CREATED, Event.CLIENT_UPDATED, Event.CLIENT_DELETED, Event.CLIENT_SECRET_ROTATED}  # test_clients
    elsewhere |= {Event.USER_IMPORTED}  # tests/cli/test_users_import
    elsewhere |= {Event.API_KEY_CREATED, Event.API_KEY_DELETED, Event.API_KEY_REFUSED}  # test_api_key_events
    elsewhere |= {Event.USER_RESTORED}  # tests/cli/test_restore
    elsewhere |= {Event.EMAIL_RESUMED}  # tests/cli/test_mail
    elsewhere |= {Event.EMAIL_BOUNCED, Event.EMAIL_COMPLAINED, *test_user_events.EVENTS}
    assert tested | elsewhere == set(Event)


@pytest.mark.parametrize("path", ["/export", "/sessions", "/audit", ""])
def test_z14_reading_and_refreshing_leave_no_event(stack: Stack, path: str) -> None:
    user, agent = new_user(stack), Agent(Api(stack))
    assert agent.me(user, "GET", path).status == 200
    assert agent.post("/refresh", {"refresh_token": user.refresh_token}).status == 200
    assert not left_by(agent.api)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_z14_no_call_writes_or_deletes_events(stack: Stack, method: str) -> None:
    user = new_user(stack)
    reset(user.api, mailed_reset(user.api, user.email))
    before = sorted(user.api.table("AuditTable"), key=lambda item: (item["pk"], item["sk"]))
    for path in ("/audit", f"/audit/{before[0]['id']}", "/audit/"):
        assert user.call(method, path, {}).status in (401, 404, 405)
    assert sorted(user.api.table("AuditTable"), key=lambda item: (item["pk"], item["sk"])) == before
