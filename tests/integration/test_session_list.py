"""A user's sessions: listed with device and address, ended one by one or all but one, and nobody else's (S-18 to S-20)."""

import pytest
from time_machine import Traveller

from gatepost.clock import rfc3339
from local.stack import Stack
from tests.integration.accounts import (
    INVALID_REFRESH_TOKEN,
    NOT_AUTHENTICATED,
    is_revoked,
    new_user,
    revocations,
)
from tests.integration.aws_faults import always, broken, faults
from tests.integration.inside import change_user, events_of
from tests.support import Api, problem

NOT_FOUND = (404, "not_found")


def test_a_session_is_listed_with_device_address_and_times(stack: Stack, clock: Traveller) -> None:
    user = new_user(stack)
    began = clock.time_ns() // 10**9
    clock.shift(60)
    phone = user.login(device_name="Ada's phone")
    clock.shift(60)
    phone = phone.refreshed()
    listed = {session["id"]: session for session in phone.sessions()}
    assert listed == {
        user.session_id: {
            "id": user.session_id,
            "device_name": None,
            "ip": user.api.ip,
            "created_at": rfc3339(began),
            "last_used_at": rfc3339(began),
            "current": False,
        },
        phone.session_id: {
            "id": phone.session_id,
            "device_name": "Ada's phone",
            "ip": phone.api.ip,
            "created_at": rfc3339(began + 60),
            "last_used_at": rfc3339(began + 120),
            "current": True,
        },
    }


def test_only_living_sessions_of_ones_own_are_listed(stack: Stack, clock: Traveller) -> None:
    user, other = new_user(stack), new_user(stack)
    idle = user.login()
    clock.shift(29 * 86_400)
    here, out = user.refreshed(), user.login()
    out.api.post("/logout", {"refresh_token": out.refresh_token})
    clock.shift(86_400)
    here = here.refreshed()
    assert [session["id"] for session in here.sessions()] == [here.session_id]
    assert idle.session_id in str(here.api.table("SessionsTable"))  # DynamoDB deletes it days later
    assert not [session for session in here.sessions() if session["id"] == other.session_id]


def test_s18_one_of_ones_sessions_is_ended_at_once(stack: Stack) -> None:
    user = new_user(stack)
    lost, kept = user.login(), user.login()
    answer = user.call("DELETE", f"/sessions/{lost.session_id}")
    assert (answer.status, answer.body) == (204, b"")
    assert is_revoked(lost)
    assert not lost.lives()
    assert not is_revoked(kept)
    assert sorted(session["id"] for session in user.sessions()) == sorted([user.session_id, kept.session_id])
    assert kept.lives()
    assert problem(user.call("DELETE", f"/sessions/{lost.session_id}")) == NOT_FOUND


def test_s18_ones_own_session_is_ended_like_any(stack: Stack) -> None:
    user = new_user(stack)
    assert user.call("DELETE", f"/sessions/{user.session_id}").status == 204
    assert is_revoked(user)
    assert not user.lives()
    assert problem(user.call("GET", "/sessions")) == NOT_AUTHENTICATED


def test_s18_all_others_are_ended_at_once(stack: Stack) -> None:
    user = new_user(stack)
    others = [user.login() for _ in range(3)]
    rotated = others[0].refreshed()
    answer = user.call("DELETE", "/sessions")
    assert (answer.status, answer.body) == (204, b"")
    assert all(is_revoked(other) for other in others)
    assert [other.lives() for other in (*others, rotated)] == [False] * 4
    assert not is_revoked(user)
    assert [session["id"] for session in user.sessions()] == [user.session_id]
    assert user.lives()
    assert user.login().lives()


def test_s18_the_password_stays_when_others_are_ended(stack: Stack) -> None:
    user = new_user(stack)
    for _ in range(3):
        assert user.call("DELETE", "/sessions").status == 204
    assert user.login().lives()
    assert user.lives()


def test_s15_an_end_that_could_not_be_written_is_no_success(stack: Stack) -> None:
    user = new_user(stack)
    other = user.login()
    with faults(always("TransactWriteItems", broken)):
        answers = [user.call("DELETE", f"/sessions/{other.session_id}"), user.call("DELETE", "/sessions")]
        answers.append(other.api.post("/logout", {"refresh_token": other.refresh_token}))
    assert [problem(answer)[0] for answer in answers] == [503] * 3
    assert not is_revoked(other)
    assert other.lives()


@pytest.mark.parametrize("method", ["DELETE"])
def test_s19_anothers_session_is_not_found_and_goes_on(stack: Stack, method: str) -> None:
    user, other = new_user(stack), new_user(stack)
    before = [user.api.table(table) for table in ("UsersTable", "SessionsTable", "AuditTable")]
    assert problem(user.call(method, f"/sessions/{other.session_id}")) == NOT_FOUND
    assert [user.api.table(table) for table in ("UsersTable", "SessionsTable", "AuditTable")] == before
    assert not is_revoked(other)
    assert other.lives()


@pytest.mark.parametrize(
    "session_id",
    [
        *(
            "0" * 32,
            "f" * 32,
            "x",
            "0" * 31,
            "0" * 33,
            "0" * 31 + "G",
            "current",
            "me",
            "*",
            "%2e%2e",
            "..%2f..",
            "%00",
            "{}%00",
        ),
        *("{}0", "SESSION%23{}", "{}%20", "{}/", "{}%2f", "USER%23{user}", "{user}", "PASSWORD_RESET", "{upper}", "{}?x=y%23"),
    ],
)
def test_s19_what_is_no_session_is_not_found(stack: Stack, session_id: str) -> None:
    user = new_user(stack)
    other = user.login()
    path = session_id.replace("{user}", user.id).replace("{upper}", other.session_id.upper() + "%00")
    answer = user.call("DELETE", f"/sessions/{path.replace('{}', other.session_id)}")
    if session_id == "{}?x=y%23":
        assert answer.status == 204  # that's a query
        return
    assert answer.status == 404
    assert other.lives()
    assert user.lives()


def test_s19_the_other_users_id_in_any_place_changes_nothing(stack: Stack) -> None:
    user, other = new_user(stack), new_user(stack)
    for query in (f"?user_id={other.id}", f"?id={other.session_id}", "?all=true"):
        assert user.call("DELETE", f"/sessions/{other.session_id}{query}").status == 404
        assert user.call("DELETE", f"/sessions{query}").status == 204
        listed = user.call("GET", f"/sessions{query}").json()["items"]
        assert [session["id"] for session in listed] == [user.session_id]
    assert other.lives()


def test_s20_every_sign_in_is_a_new_session_of_the_services_own_choosing(stack: Stack) -> None:
    user = new_user(stack)
    seen = {user.session_id} | {user.login().session_id for _ in range(5)}
    assert len(seen) == 6
    for member in ("session_id", "sid", "id"):
        body = {"email": user.email, "password": user.password, member: user.session_id}
        assert problem(Api(stack).post("/login", body)) == (422, "invalid_request")
    cookie = {"cookie": f"session_id={user.session_id}; __Host-gatepost_refresh={user.refresh_token}"}
    answer = Api(stack).post("/login", {"email": user.email, "password": user.password}, headers=cookie)
    assert answer.json()["session_id"] not in seen


def test_s20_no_token_of_before_a_sign_in_becomes_a_session(stack: Stack) -> None:
    """Not that of the mail that was answered."""
    api, email = Api(stack), "s20-" + new_user(stack).email
    api.register(email)
    token = api.mailed_token(email)
    user = new_user(stack, email)
    assert problem(api.refresh(token)) == INVALID_REFRESH_TOKEN
    assert problem(api.me(token)) == NOT_AUTHENTICATED
    assert user.lives()


def test_s11_a_refresh_gives_the_rights_of_now(stack: Stack) -> None:
    user = new_user(stack)
    change_user(user.api, user.id, roles=["admin", "user"])
    user = user.refreshed()
    assert user.signed_in["user"]["permissions"] == ["*"]
    change_user(user.api, user.id, roles=["user"])
    user = user.refreshed()
    assert (user.signed_in["user"]["roles"], user.signed_in["user"]["permissions"]) == (["user"], [])


def test_s11_a_refresh_of_a_user_who_is_disabled_deleted_or_changed_is_refused(stack: Stack) -> None:
    disabled, deleted, changed = new_user(stack), new_user(stack), new_user(stack)
    sessions = [user.login() for user in (disabled, deleted, changed)]
    change_user(disabled.api, disabled.id, status="disabled")
    assert deleted.erase().status == 204
    assert changed.change_password(changed.password).status == 204
    for session in sessions:
        for _ in range(2):
            assert problem(session.api.refresh(session.refresh_token)) == INVALID_REFRESH_TOKEN
    change_user(disabled.api, disabled.id, status="active")
    assert disabled.login().lives()


def test_the_ends_of_sessions_are_in_the_trail(stack: Stack) -> None:
    user = new_user(stack)
    other = user.login()
    user.call("DELETE", f"/sessions/{other.session_id}")
    user.call("DELETE", "/sessions")
    assert events_of(user.api, user.id)[-2:] == ["session.ended", "session.others_ended"]
    assert revocations(user.api)["complete"] is True
