"""OAuth clients as administrators keep them (O-20, Z-09, Z-10, Z-12, Z-14, R-29)."""

import logging
from typing import Any

import pytest
from time_machine import Traveller

from gatepost.audit import Event
from gatepost.aws.clients import client as aws_client
from gatepost.clients import client_secrets
from gatepost.clock import now
from gatepost.identifiers import is_id
from gatepost.storage import clients as client_items
from gatepost.storage.table import Database
from local.stack import Stack
from tests.integration.accounts import INVALID_CURSOR, outcome
from tests.integration.administrators import Staff, administrator, user_with
from tests.integration.inside import change_user
from tests.integration.leaks import Secrets, cast
from tests.integration.tables import items
from tests.opaque import tables_that_hold, token_secrets
from tests.support import problem

NOT_FOUND = (404, "not_found")
INVALID = (422, "invalid_request")
CALLBACK = "https://app.example.com/callback"
PUBLIC = {"name": "App", "type": "public", "redirect_uris": [CALLBACK]}
CONFIDENTIAL = {"name": "Shop", "type": "confidential", "redirect_uris": [CALLBACK]}

# Of a client, with the rest of its path.
CALLS = [("GET", "", None), ("PATCH", "", {"name": "x"}), ("DELETE", "", None), ("POST", "/secret", None)]


@pytest.fixture(scope="module")
def me(stack: Stack) -> Staff:
    """An administrator."""
    return administrator(stack)


def made(me: Staff, body: dict[str, Any]) -> dict[str, Any]:
    answer = me.admin("POST", "/clients", body)
    assert answer.status == 201, answer.body
    client: dict[str, Any] = answer.json()
    return client


def works(me: Staff, client_id: str, secret: str) -> bool:
    """Whether a client could sign in with `secret` right now."""
    client = client_items.read(Database(aws_client("dynamodb")), me.api.table_name("ClientsTable"), client_id)
    assert client is not None
    return client_secrets.matches(client.secrets, secret, now())


def listed(me: Staff, limit: int) -> list[dict[str, Any]]:
    found, cursor = [], ""
    while True:
        page = me.admin("GET", f"/clients?limit={limit}{cursor}").json()
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def test_a_client_is_made_read_changed_and_deleted(me: Staff, clock: Traveller) -> None:
    assert clock
    client = made(administrator(me.api.stack), PUBLIC)
    me = administrator(me.api.stack)
    assert is_id(client["client_id"])
    assert client == {
        "client_id": client["client_id"],
        "name": "App",
        "type": "public",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "scopes": [],
        "created_at": "2026-11-23T12:00:00Z",
        "secrets": [],
        "client_secret": None,
    }
    shown = {name: value for name, value in client.items() if name != "client_secret"}
    path = f"/clients/{client['client_id']}"
    assert me.admin("GET", path).json() == shown

    changes = {"name": "Phone app", "redirect_uris": ["com.example.app:/cb", "com.example.app:/cb"], "scopes": ["openid"]}
    changed = me.admin("PATCH", path, changes)
    assert changed.status == 200
    assert changed.json() == shown | changes | {"redirect_uris": ["com.example.app:/cb"]}
    assert me.admin("PATCH", path, {}).json() == me.admin("GET", path).json() == changed.json()

    assert outcome(me.admin("DELETE", path)) == (204, "")
    for method, rest, body in CALLS:
        assert outcome(me.admin(method, f"{path}{rest}", body)) == NOT_FOUND


def test_o20_a_secret_is_shown_once_and_kept_as_a_digest(me: Staff, clock: Traveller) -> None:
    assert clock
    me = administrator(me.api.stack)
    client = made(me, CONFIDENTIAL)
    path, secret = f"/clients/{client['client_id']}", client["client_secret"]
    assert works(me, client["client_id"], secret)
    assert client["secrets"] == [{"created_at": "2026-11-23T12:00:00Z", "expires_at": None}]
    answers = [me.admin("GET", path), me.admin("PATCH", path, {"name": "Shop 2"}), me.admin("GET", "/clients?limit=100")]
    rotated = me.admin("POST", f"{path}/secret")
    assert secret.encode() not in rotated.body
    assert rotated.json()["client_secret"] != secret
    answers += [me.admin("GET", path), me.call("GET", "/audit"), me.admin("GET", "/audit")]
    for answer in answers:
        assert answer.status == 200
        assert b"client_secret" not in answer.body.replace(b"client.secret_rotated", b"")
    marks = token_secrets(secret) | token_secrets(rotated.json()["client_secret"])
    assert not [mark for answer in answers for mark in marks if mark in answer.body]
    assert not tables_that_hold(me.api.stack, marks, "ClientsTable", "AuditTable", "SessionsTable")


def test_o20_after_a_rotation_the_old_secret_works_for_24_hours(me: Staff, clock: Traveller) -> None:
    me = administrator(me.api.stack)
    client = made(me, CONFIDENTIAL)
    path = f"/clients/{client['client_id']}/secret"
    answer = me.admin("POST", path)
    assert answer.status == 200
    assert answer.json()["secrets"] == [
        {"created_at": "2026-11-23T12:00:00Z", "expires_at": "2026-11-24T12:00:00Z"},
        {"created_at": "2026-11-23T12:00:00Z", "expires_at": None},
    ]
    both = client["client_secret"], answer.json()["client_secret"]
    clock.shift(86_399)
    assert [works(me, client["client_id"], secret) for secret in both] == [True, True]
    clock.shift(1)
    assert [works(me, client["client_id"], secret) for secret in both] == [False, True]


def test_r29_a_client_has_five_secrets_at_the_most(me: Staff, clock: Traveller) -> None:
    me = administrator(me.api.stack)
    client = made(me, CONFIDENTIAL)
    path = f"/clients/{client['client_id']}/secret"
    for _ in range(4):
        assert me.admin("POST", path).status == 200
    assert outcome(me.admin("POST", path)) == (409, "too_many_client_secrets")
    clock.shift(86_400)
    me = administrator(me.api.stack)
    (newest,) = me.admin("GET", f"/clients/{client['client_id']}").json()["secrets"]
    assert newest["expires_at"] is None
    assert me.admin("POST", path).status == 200


def test_a_public_client_has_no_secret_to_rotate(me: Staff) -> None:
    assert outcome(me.admin("POST", f"/clients/{made(me, PUBLIC)['client_id']}/secret")) == (409, "public_client")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (PUBLIC | {"grant_types": ["client_credentials"]}, "grant_types"),
        (PUBLIC | {"redirect_uris": []}, "redirect_uris"),
        (CONFIDENTIAL | {"redirect_uris": [CALLBACK, "com.example.app:/cb"]}, "redirect_uris"),
        (PUBLIC | {"redirect_uris": ["javascript:alert('CANARY')"]}, "redirect_uris.0"),
        (PUBLIC | {"redirect_uris": [CALLBACK, "data:text/html,CANARY"]}, "redirect_uris.1"),
        (PUBLIC | {"redirect_uris": ["https://app.example.com/" + "x" * 512]}, "redirect_uris.0"),
        (PUBLIC | {"redirect_uris": [f"{CALLBACK}{number}" for number in range(21)]}, "redirect_uris"),
        (PUBLIC | {"redirect_uris": CALLBACK}, "redirect_uris"),
        (PUBLIC | {"grant_types": ["password"]}, "grant_types.0"),
        (PUBLIC | {"grant_types": ["implicit"]}, "grant_types.0"),
        (PUBLIC | {"grant_types": []}, "grant_types"),
        (PUBLIC | {"scopes": ["CANARY two"]}, "scopes.0"),
        (PUBLIC | {"scopes": ['a"b']}, "scopes.0"),
        (PUBLIC | {"scopes": ["a\\b"]}, "scopes.0"),
        (PUBLIC | {"scopes": [""]}, "scopes.0"),
        (PUBLIC | {"scopes": [f"s{number}" for number in range(51)]}, "scopes"),
        (PUBLIC | {"type": "CANARY"}, "type"),
        (PUBLIC | {"name": ""}, "name"),
        (PUBLIC | {"name": "CANARY\n"}, "name"),
        (PUBLIC | {"name": "x" * 101}, "name"),
        ({"type": "public"}, "name"),
        (PUBLIC | {"client_id": "CANARY"}, "body"),
        (PUBLIC | {"client_secret": "CANARY"}, "body"),
        (PUBLIC | {"secrets": []}, "body"),
        (PUBLIC | {"user_id": "0" * 32}, "body"),
    ],
)
def test_o20_what_is_no_client_is_refused_by_its_member(me: Staff, body: dict[str, Any], field: str) -> None:
    answer = me.admin("POST", "/clients", body)
    assert problem(answer) == INVALID
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert b"CANARY" not in answer.body


def test_a_client_can_not_become_what_it_could_not_be_made(me: Staff) -> None:
    public, confidential = made(me, PUBLIC)["client_id"], made(me, CONFIDENTIAL)["client_id"]
    for client_id, changes in (
        (public, {"grant_types": ["client_credentials"]}),
        (public, {"redirect_uris": []}),
        (public, {"type": "confidential"}),
        (confidential, {"redirect_uris": ["com.example.app:/cb"]}),
        (confidential, {"secrets": []}),
        (confidential, {"name": ""}),
    ):
        before = me.admin("GET", f"/clients/{client_id}").json()
        assert outcome(me.admin("PATCH", f"/clients/{client_id}", changes)) == INVALID
        assert me.admin("GET", f"/clients/{client_id}").json() == before
    machine = CONFIDENTIAL | {"redirect_uris": [], "grant_types": ["client_credentials"], "scopes": ["orders:read"]}
    assert made(me, machine)["grant_types"] == ["client_credentials"]
    device = PUBLIC | {"redirect_uris": [], "grant_types": ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]}
    assert made(me, device)["redirect_uris"] == []


def test_r29_the_largest_client_there_can_be_is_kept(me: Staff) -> None:
    uris = [f"https://app.example.com/{number:02}{'x' * 486}" for number in range(20)]
    scopes = [f"{number:02}{'s' * 98}" for number in range(50)]
    body = CONFIDENTIAL | {
        "name": "\U0001f469" * 100,
        "redirect_uris": uris,
        "scopes": scopes,
    }
    client = made(me, body)
    assert me.admin("GET", f"/clients/{client['client_id']}").json()["redirect_uris"] == uris


def test_z08_the_list_has_every_client_once_and_takes_no_other_cursor(me: Staff) -> None:
    ids = {made(me, PUBLIC)["client_id"] for _ in range(5)}
    whole = listed(me, 100)
    assert ids <= {client["client_id"] for client in whole}
    assert listed(me, 2) == whole
    cursor = me.admin("GET", "/clients?limit=1").json()["next_cursor"]
    roles = me.admin("GET", "/roles?limit=1").json()["next_cursor"]
    other = administrator(me.api.stack)
    for wrong in (roles, f"{cursor}A", "x", ""):
        assert outcome(me.admin("GET", f"/clients?cursor={wrong}")) == INVALID_CURSOR
    assert outcome(other.admin("GET", f"/clients?cursor={cursor}")) == INVALID_CURSOR


@pytest.mark.parametrize("client_id", ["0" * 32, "gatepost", "CLIENT%23", "%00", "x" * 200, "A" * 32, "a%20=%20:b", "%C3%A9"])
def test_z09_an_unknown_id_is_a_404_whatever_it_looks_like(me: Staff, client_id: str) -> None:
    for method, rest, body in CALLS:
        assert outcome(me.admin(method, f"/clients/{client_id}{rest}", body)) == NOT_FOUND


def test_z14_each_change_of_a_client_leaves_one_event_that_names_it(stack: Stack) -> None:
    me = administrator(stack)
    path = f"/clients/{(client_id := made(me, CONFIDENTIAL)['client_id'])}"
    me.admin("PATCH", path, {"name": "Shop"})  # as it is
    me.admin("PATCH", path, {"name": "Other"})
    me.admin("POST", f"{path}/secret")
    me.admin("GET", path)
    me.admin("PATCH", path, {"redirect_uris": []})
    me.admin("DELETE", path)
    me.admin("DELETE", path)
    left = items(me.api, "AuditTable", "client_id = :client", client=client_id)
    assert sorted(item["event"] for item in left) == [
        *(Event.CLIENT_CREATED, Event.CLIENT_DELETED, Event.CLIENT_SECRET_ROTATED, Event.CLIENT_UPDATED)
    ]
    assert {(item["user_id"], item["actor_id"], item["ip"], item["result"]) for item in left} == {
        (me.id, me.id, me.api.ip, "success")
    }
    shown = me.admin("GET", f"/audit?actor_id={me.id}&event=client.created").json()["items"]
    assert [event["client_id"] for event in shown] == [client_id]


def test_r05_who_may_no_more_changes_nothing(stack: Stack) -> None:
    """The user is looked at on every call."""
    manager = user_with(stack, "clients:*")
    path = f"/clients/{made(manager, PUBLIC)['client_id']}"
    change_user(manager.api, manager.id, roles=["user"], version=1)
    for method, rest, body in (("GET", "", None), ("PATCH", "", {"name": "x"}), ("DELETE", "", None)):
        assert outcome(manager.admin(method, f"{path}{rest}", body)) == (403, "not_permitted")


def test_z13_a_secret_is_told_to_neither_aws_nor_the_log(stack: Stack) -> None:
    me, secrets = administrator(stack), Secrets()
    with cast(logging.DEBUG) as net:
        client = made(me, CONFIDENTIAL)
        rotated = me.admin("POST", f"/clients/{client['client_id']}/secret").json()
    secrets.token("first", client["client_secret"])
    secrets.token("second", rotated["client_secret"])
    assert len(net.lines) >= 2
    assert not {name for line in net.lines for name in secrets.within(line.encode())}
    assert not {name for _, _, said in net.calls for name in secrets.within(said)}
