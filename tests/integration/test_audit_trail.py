"""Every state change and every refused sign-in leaves an event, in the transaction of what it tells, and never a secret."""

import pytest
from time_machine import Traveller

from gatepost.storage.writes import Item
from tests.calls import recorded
from tests.integration.tables import items
from tests.opaque import spellings, tables_that_hold, token_secrets
from tests.support import PASSWORD, Api, new_email, problem

WRONG = "not the password of anybody"


def events(api: Api) -> list[Item]:
    """The events that calls from this client's address have left, oldest first."""
    return sorted(items(api, "AuditTable", "ip = :ip", ip=api.ip), key=lambda item: item["at_ms"])


def told(api: Api) -> list[tuple[str, str, str | None]]:
    return [(item["event"], item["result"], item.get("reason")) for item in events(api)]


def test_the_events_of_a_users_way(api: Api, clock: Traveller) -> None:
    """In their order; a refresh is none, since it changes no right."""
    email = new_email()
    api.register(email)
    clock.shift(1)
    api.post("/resend-verification", {"email": email})
    clock.shift(1)
    body = {"token": api.mailed_token(email), "password": PASSWORD}
    signed_in = api.post("/verify-email", body).json()
    clock.shift(1)
    api.call("PATCH", "/v1/me", {"name": "Ada"}, token=signed_in["access_token"])
    clock.shift(1)
    refreshed = api.refresh(signed_in["refresh_token"]).json()
    clock.shift(1)
    api.post("/logout", {"refresh_token": refreshed["refresh_token"]})
    clock.shift(1)
    signed_in = api.login(email).json()
    clock.shift(1)
    api.refresh(signed_in["refresh_token"])
    clock.shift(31)
    api.refresh(signed_in["refresh_token"])
    clock.shift(1)
    api.register(email)
    assert told(api) == [
        ("registration.requested", "success", None),
        ("registration.verification_resent", "success", None),
        ("user.registered", "success", None),
        ("user.profile_updated", "success", None),
        ("session.signed_out", "success", None),
        ("sign_in.succeeded", "success", None),
        ("session.refresh_token_reused", "failure", "old_refresh_token_presented"),
        ("registration.requested", "success", None),
    ]
    user = f"USER#{signed_in['user']['id']}"
    assert [item["pk"] == user for item in events(api)] == [False, False, True, True, True, True, True, True]
    assert [item["pk"].partition("#")[0] for item in events(api)[:2]] == ["EMAIL", "EMAIL"]


def test_the_events_of_refused_sign_ins_say_why(api: Api, clock: Traveller) -> None:
    email = new_email()
    user = f"USER#{Api(api.stack).sign_up(email)['user']['id']}"
    pending = new_email()
    Api(api.stack).register(pending)
    for address, password in [(email, WRONG), (new_email(), PASSWORD), (pending, PASSWORD)]:
        assert api.login(address, password).status == 401
        clock.shift(1)
    api.post("/verify-email", {"token": api.mailed_token(pending), "password": WRONG})
    assert told(api) == [
        ("sign_in.failed", "failure", "wrong_password"),
        ("sign_in.failed", "failure", "unknown_address"),
        ("sign_in.failed", "failure", "unknown_address"),
        ("sign_in.failed", "failure", "wrong_password"),
    ]
    assert [item["pk"] == user for item in events(api)] == [True, False, False, False]


def test_an_event_says_when_from_where_and_by_which_request(api: Api, clock: Traveller) -> None:
    body = {"email": new_email(), "password": WRONG}
    answer = api.post("/login", body, headers={"user-agent": "curl/8.9 (a test)", "x-forwarded-for": "198.51.100.1"})
    (item,) = events(api)
    now_ms = clock.time_ns() // 10**6
    assert (item["at_ms"], item["ip"], item["user_agent"]) == (now_ms, api.ip, "curl/8.9 (a test)")
    assert item["request_id"] == answer.header("x-request-id")
    assert item["expires_at"] == now_ms // 1000 + 400 * 86_400
    assert item["sk"] == f"2026-11-23T12:00:00.000Z#{item['id']}"


def test_a_user_agent_is_cut(api: Api) -> None:
    api.post("/login", {"email": new_email(), "password": WRONG}, headers={"user-agent": "x" * 5000})
    (item,) = events(api)
    assert item["user_agent"] == "x" * 256


@pytest.mark.parametrize(
    "operation",
    ["register", "resend", "verify", "login", "patch", "logout"],
)
def test_a_state_change_and_its_event_are_one_transaction(api: Api, operation: str) -> None:
    """And the mail that it causes."""
    email, other = new_email(), new_email()
    signed_in = Api(api.stack).sign_up(email)
    Api(api.stack).register(other)
    token = api.mailed_token(other)
    requests = {
        "register": lambda: api.register(new_email()),
        "resend": lambda: api.post("/resend-verification", {"email": other}),
        "verify": lambda: api.post("/verify-email", {"token": token, "password": PASSWORD}),
        "login": lambda: api.login(email),
        "patch": lambda: api.call("PATCH", "/v1/me", {"name": "Ada"}, token=signed_in["access_token"]),
        "logout": lambda: api.post("/logout", {"refresh_token": signed_in["refresh_token"]}),
    }
    with recorded() as calls:
        assert requests[operation]().status < 300
    changes = [call for call in calls if call.operation in ("PutItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")]
    assert [call.operation for call in changes] == ["TransactWriteItems"]
    tables = [write["TableName"] for entry in changes[0].parameters["TransactItems"] for write in entry.values()]
    assert tables.count(api.table_name("AuditTable")) == 1
    assert tables.count(api.table_name("OutboxTable")) == (1 if operation in ("register", "resend") else 0)
    limits = [call.parameters["Key"]["pk"]["S"] for call in calls if call.operation == "UpdateItem"]
    assert all(key.startswith("LIMIT#") for key in limits)


def test_what_was_refused_by_a_limit_or_as_malformed_leaves_no_event(api: Api) -> None:
    """A flood of those would fill the table."""
    email = new_email()
    for _ in range(10):
        Api(api.stack).login(email, WRONG)
    assert problem(api.login(email, WRONG)) == (429, "too_many_requests")
    assert problem(api.post("/login", {"email": email})) == (422, "invalid_request")
    assert problem(api.post("/verify-email", {"token": "x" * 88, "password": WRONG})) == (400, "invalid_token")
    assert problem(api.refresh("x" * 108)) == (401, "invalid_refresh_token")
    assert not events(api)


def test_signing_out_with_an_unknown_token_leaves_no_event(api: Api) -> None:
    token = Api(api.stack).sign_up()["refresh_token"]
    assert api.post("/logout", {"refresh_token": token}).status == 204
    for _ in range(2):
        assert api.post("/logout", {"refresh_token": token}).status == 204
    assert told(api) == [("session.signed_out", "success", None)]


def test_no_event_holds_a_secret(api: Api) -> None:
    """No token, no password right or wrong, no hash of one, no address."""
    email, password = new_email(), "an uncommon password of this test"
    Api(api.stack).register(email, password)
    token = api.mailed_token(email)
    api.post("/verify-email", {"token": token, "password": WRONG})
    signed_in = api.post("/verify-email", {"token": token, "password": password}).json()
    api.login(email, WRONG)
    api.login(email, password)
    api.refresh(signed_in["refresh_token"])
    api.register(email, password, name="Ada of this test")
    secrets = token_secrets(token) | token_secrets(signed_in["refresh_token"])
    for text in (password, WRONG, email, "Ada of this test", signed_in["access_token"], "$argon2"):
        secrets |= spellings(text.encode())
    assert len(events(api)) >= 5
    assert not tables_that_hold(api.stack, secrets, "AuditTable")
