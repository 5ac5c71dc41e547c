"""The events of API keys: each once, with which key it was (Z-14)."""

from collections.abc import Callable

import pytest
from time_machine import Traveller

from gatepost.audit import Event
from gatepost.storage import keys
from local.events import Response
from local.stack import Stack
from tests.integration.accounts import User, new_user
from tests.integration.administrators import administrator
from tests.integration.api_keys import ApiKey, new_api_key, with_another_secret
from tests.integration.inside import change_user
from tests.integration.tables import items
from tests.support import ISSUER, Api, new_email

AGENT = {"user-agent": "machine/1.0"}
Act = Callable[[User, ApiKey, Api], Response]


def _create(user: User, key: ApiKey, api: Api) -> Response:
    body = {"name": "another", "permissions": []}
    return api.call("POST", "/v1/me/api-keys", body, token=user.access_token, headers=AGENT)


def _delete(user: User, key: ApiKey, api: Api) -> Response:
    return api.call("DELETE", f"/v1/me/api-keys/{key.id}", token=user.access_token, headers=AGENT)


def _exchange(user: User, key: ApiKey, api: Api) -> Response:
    return api.post("/api-key", {"api_key": key.text}, headers=AGENT)


def _guess(user: User, key: ApiKey, api: Api) -> Response:
    return api.post("/api-key", {"api_key": with_another_secret(key.text)}, headers=AGENT)


def _after(**values: object) -> Act:
    def act(user: User, key: ApiKey, api: Api) -> Response:
        change_user(api, user.id, **values)
        return _exchange(user, key, api)

    return act


# What is done, the event it leaves, its reason, and whether the user did it.
DEEDS: dict[str, tuple[Act, Event, str | None, bool]] = {
    "create": (_create, Event.API_KEY_CREATED, None, True),
    "delete": (_delete, Event.API_KEY_DELETED, None, True),
    "present a wrong secret": (_guess, Event.API_KEY_REFUSED, "wrong_secret", False),
    "present one of a disabled owner": (_after(status="disabled"), Event.API_KEY_REFUSED, "disabled", False),
    "present one of an unproven owner": (_after(email_verified=False), Event.API_KEY_REFUSED, "unverified", False),
    "present one from before a reset": (_after(api_key_epoch=1), Event.API_KEY_REFUSED, "api_key_over", False),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_z14_a_deed_leaves_its_event_once(stack: Stack, clock: Traveller, deed: str) -> None:
    act, event, reason, by_user = DEEDS[deed]
    user, api = new_user(stack), Api(stack)
    key = new_api_key(user)
    clock.shift(60)
    answer = act(user, key, api)
    (item,) = items(api, "AuditTable", "ip = :ip", ip=api.ip)
    assert (item["event"], item.get("reason")) == (event, reason)
    assert item["result"] == ("failure" if reason else "success")
    assert (item["pk"], item["user_id"]) == (keys.audit_trail_of_user(user.id), user.id)
    assert item.get("actor_id") == (user.id if by_user else None)
    assert (item["user_agent"], item["at_ms"]) == (AGENT["user-agent"], clock.time_ns() // 10**6)
    assert item["request_id"] == answer.header("x-request-id")
    assert item["api_key_id"] == (answer.json()["id"] if deed == "create" else key.id)


def test_z14_an_expired_key_says_so(stack: Stack, clock: Traveller) -> None:
    user, api = new_user(stack), Api(stack)
    key = new_api_key(user, expires_in_days=1)
    clock.shift(86_400)
    _exchange(user, key, api)
    (item,) = items(api, "AuditTable", "ip = :ip", ip=api.ip)
    assert (item["event"], item["reason"], item["api_key_id"]) == (Event.API_KEY_REFUSED, "api_key_over", key.id)


def test_z14_the_owner_and_administrators_read_which_key_it_was(stack: Stack) -> None:
    user = new_user(stack)
    key = new_api_key(user)
    newest = user.trail()[0]
    assert (newest["event"], newest["api_key_id"]) == ("api_key.created", key.id)
    found = administrator(stack).admin("GET", f"/audit?user_id={user.id}&event=api_key.created").json()["items"]
    assert [event["api_key_id"] for event in found] == [key.id]


def test_z14_what_is_done_by_a_key_says_by_which_one_and_not_to_whom_it_is_done(stack: Stack) -> None:
    """Or nobody could tell what was done by a key that was stolen."""
    me, user, api = administrator(stack), new_user(stack), Api(stack)
    key = new_api_key(me, "*")
    token, invited, made = key.access_token(audience=ISSUER), new_email(), new_email()

    def admin(method: str, path: str, body: object = None) -> Response:
        answer = api.call(method, f"/v1/admin{path}", body, token=token)
        assert answer.status in (200, 201, 202, 204), answer.body
        return answer

    admin("PUT", "/roles/by-key", {"description": "", "permissions": ["orders:read"], "includes": []})
    admin("POST", "/clients", {"name": "by key", "type": "public", "redirect_uris": ["https://app.example.com/"]})
    admin("PUT", f"/users/{user.id}/roles/by-key")
    admin("PATCH", f"/users/{user.id}", {"name": "Grace"})
    user_id = admin("POST", "/users", {"email": invited, "invite": True}).json()["id"]
    admin("DELETE", f"/users/{user_id}")
    admin("DELETE", f"/users/{admin('POST', '/users', {'email': made}).json()['id']}")
    admin("POST", "/keys/rotate")
    left = items(api, "AuditTable", "ip = :ip", ip=api.ip)
    assert {item["event"] for item in left} == {
        Event.ROLE_CREATED,
        Event.CLIENT_CREATED,
        Event.ROLE_ASSIGNED,
        Event.PROFILE_UPDATED,
        Event.USER_INVITED,
        Event.INVITATION_WITHDRAWN,
        Event.USER_CREATED,
        Event.ACCOUNT_DELETED,
        Event.KEY_ROTATION_REQUESTED,
    }
    assert {(item["actor_id"], item.get("api_key_id")) for item in left} == {(me.id, key.id)}
    assert [event["api_key_id"] for event in user.login().trail() if event["event"] == "user.profile_updated"] == [None]
    found = me.admin("GET", f"/audit?user_id={user.id}&event=user.profile_updated").json()["items"]
    assert [event["api_key_id"] for event in found] == [key.id]


def test_what_is_no_key_there_is_leaves_no_event(stack: Stack) -> None:
    """Whoever knows the id of a user could fill their trail."""
    user, api = new_user(stack), Api(stack)
    key = new_api_key(user)
    assert user.call("DELETE", f"/api-keys/{key.id}").status == 204
    for text in (key.text, with_another_secret(key.text), "x"):
        assert api.post("/api-key", {"api_key": text}).status == 401
    assert not items(api, "AuditTable", "ip = :ip", ip=api.ip)


def test_an_exchange_leaves_none_as_a_refresh_does_not(stack: Stack) -> None:
    user, api = new_user(stack), Api(stack)
    assert _exchange(user, new_api_key(user), api).status == 200
    assert not items(api, "AuditTable", "ip = :ip", ip=api.ip)
