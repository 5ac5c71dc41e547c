"""The catalogue of security events: each left once by what it tells, with who, whose, when, where and how it went (Z-14)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

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
    mailed_change,
    mailed_code,
    mailed_reset,
    new_user,
    other_code,
    reset,
)
from tests.integration.inside import change_user
from tests.support import PASSWORD, Api, new_email

AGENT = "catalogue/1.0 (of a test)"
SELF, NOBODY = "self", None


@dataclass(frozen=True)
class Agent:
    """A client that names itself, at an address that nothing else in the test has."""

    api: Api
    headers: dict[str, str] = field(default_factory=lambda: {"user-agent": AGENT})

    def post(self, path: str, body: Any) -> Response:
        return self.api.post(path, body, headers=self.headers)

    def me(self, user: User, method: str, path: str = "", body: Any = None) -> Response:
        return self.api.call(method, f"/v1/me{path}", body, token=user.access_token, headers=self.headers)


Act = Callable[[Agent], Response]
# What is done, as which user; prepared for a user who has another session.
Prepare = Callable[[User, User], Act]


def _to_come(email: str) -> Prepare:
    return lambda user, other: (
        lambda agent: agent.post("/register", {"email": email.replace("{}", user.email), "password": PASSWORD})
    )


def _resend(user: User, other: User) -> Act:
    return lambda agent: agent.post("/resend-verification", {"email": user.email})


def _verify_wrong(user: User, other: User) -> Act:
    email = new_email()
    user.api.register(email)
    token = user.api.mailed_token(email)
    return lambda agent: agent.post("/verify-email", {"token": token, "password": WRONG})


def _reset(user: User, other: User) -> Act:
    token = mailed_reset(user.api, user.email)
    return lambda agent: agent.post("/password/reset", {"token": token, "new_password": WRONG})


def _use_code(right: bool) -> Prepare:
    def prepare(user: User, other: User) -> Act:
        digits, _ = mailed_code(user.api, user.email)
        code = digits if right else other_code(digits)
        return lambda agent: agent.post("/email-code/verify", {"email": user.email, "code": code})

    return prepare


def _use_link(user: User, other: User) -> Act:
    _, token = mailed_code(user.api, user.email)
    return lambda agent: agent.post("/email-code/verify", {"code": token})


def _change(user: User, other: User) -> Act:
    token = mailed_change(user, new_email())
    return lambda agent: agent.post("/verify-email", {"token": token, "password": PASSWORD})


def _change_wrong(user: User, other: User) -> Act:
    token = mailed_change(user, new_email())
    return lambda agent: agent.post("/verify-email", {"token": token, "password": WRONG})


def _login(password: str) -> Prepare:
    return lambda user, other: lambda agent: agent.post("/login", {"email": user.email, "password": password})


def _me(method: str, path: str = "", **body: Any) -> Prepare:
    def prepare(user: User, other: User) -> Act:
        filled = {name: value.replace("{}", new_email()) for name, value in body.items()} or None
        return lambda agent: agent.me(user, method, path.replace("{}", other.session_id), filled)

    return prepare


def _logout(user: User, other: User) -> Act:
    return lambda agent: agent.post("/logout", {"refresh_token": user.refresh_token})


# What, the event it leaves, its reason, and who did it: the user, or nobody who has proven who they are.
DEEDS: dict[str, tuple[Prepare, Event, str | None, str | None]] = {
    "register an address that has an account": (_to_come("{}"), Event.REGISTRATION_REQUESTED, None, NOBODY),
    "ask again for an address that has an account": (_resend, Event.VERIFICATION_RESENT, None, NOBODY),
    "rename": (_me("PATCH", name="Ada"), Event.PROFILE_UPDATED, None, SELF),
    "forget": (
        lambda user, other: lambda agent: agent.post("/password/forgot", {"email": user.email}),
        Event.PASSWORD_RESET_REQUESTED,
        None,
        NOBODY,
    ),
    "reset": (_reset, Event.PASSWORD_RESET, None, SELF),
    "change the password": (
        _me("POST", "/password", current_password=PASSWORD, new_password=WRONG),
        Event.PASSWORD_CHANGED,
        None,
        SELF,
    ),
    "fail to change the password": (
        _me("POST", "/password", current_password=WRONG, new_password="quite another one"),
        Event.PASSWORD_CHECK_FAILED,
        "wrong_password",
        NOBODY,
    ),
    "ask for another address": (
        _me("POST", "/email", new_email="{}", password=PASSWORD),
        Event.EMAIL_CHANGE_REQUESTED,
        None,
        SELF,
    ),
    "fail to ask for another address": (
        _me("POST", "/email", new_email="{}", password=WRONG),
        Event.PASSWORD_CHECK_FAILED,
        "wrong_password",
        NOBODY,
    ),
    "confirm another address": (_change, Event.EMAIL_CHANGED, None, SELF),
    "fail to confirm another address": (_change_wrong, Event.PASSWORD_CHECK_FAILED, "wrong_password", NOBODY),
    "erase": (_me("DELETE", password=PASSWORD), Event.ACCOUNT_DELETED, None, SELF),
    "fail to erase": (_me("DELETE", password=WRONG), Event.PASSWORD_CHECK_FAILED, "wrong_password", NOBODY),
    "ask for a code": (
        lambda user, other: lambda agent: agent.post("/email-code/start", {"email": user.email}),
        Event.EMAIL_CODE_REQUESTED,
        None,
        NOBODY,
    ),
    "sign in with a code": (_use_code(right=True), Event.SIGN_IN_SUCCEEDED, None, SELF),
    "sign in with a link": (_use_link, Event.SIGN_IN_SUCCEEDED, None, SELF),
    "fail to sign in with a code": (_use_code(right=False), Event.SIGN_IN_FAILED, "wrong_code", NOBODY),
    "sign in": (_login(PASSWORD), Event.SIGN_IN_SUCCEEDED, None, SELF),
    "fail to sign in": (_login(WRONG), Event.SIGN_IN_FAILED, "wrong_password", NOBODY),
    "sign out": (_logout, Event.SIGNED_OUT, None, SELF),
    "end a session": (_me("DELETE", "/sessions/{}"), Event.SESSION_ENDED, None, SELF),
    "end other sessions": (_me("DELETE", "/sessions"), Event.OTHER_SESSIONS_ENDED, None, SELF),
}


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
    elsewhere |= {Event.USER_IMPORTED}  # tests/cli/test_users_import
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
