"""A-12: whatever stands in a body is answered by a 4xx or a success, never by a failure, and nothing malformed is stored."""

import base64
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.account.routes import ROUTERS
from gatepost.web.app import create_app
from local.openapi import describe
from local.stack import Stack
from tests.integration.account_events import MEMBERS, OPERATIONS, event, good_body, invoke
from tests.integration.aws_faults import faults
from tests.integration.odd_inputs import NAUGHTY_STRINGS, garbled, no_json_objects
from tests.support import PASSWORD, Api, new_email, problem

# Their route hashes a password where all else is in order, which takes longer than all the rest.
SLOW = {"/v1/auth/register", "/v1/auth/login", "/v1/auth/password/reset", "/v1/me", "/v1/me/password", "/v1/me/email"}


@pytest.fixture(scope="module")
def token(stack: Stack) -> str:
    """The access token of some user."""
    access_token: str = Api(stack).sign_up()["access_token"]
    return access_token


@pytest.fixture
def nothing_stored(stack: Stack) -> Iterator[None]:
    """No table may be asked to hold anything more or else during the test."""
    assert stack  # what it writes as it starts is not the test's
    with faults() as attempts:
        yield
    assert {attempt.operation for attempt in attempts} <= {"GetItem", "BatchGetItem", "Query"}


def test_every_operation_with_a_body_has_a_row_here() -> None:
    """So that a new one can't be forgotten: what follows is tried on all of them and on each of their members."""
    document = describe(create_app(*ROUTERS))
    found: dict[tuple[str, str], set[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                # An optional body is a choice between its schema and null.
                name = next(choice["$ref"] for choice in schema.get("anyOf", [schema]) if "$ref" in choice).rpartition("/")[2]
                found[method.upper(), path] = set(document["components"]["schemas"][name]["properties"])
    assert found == {operation: {m for *of, m in MEMBERS if tuple(of) == operation} for operation in OPERATIONS}


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a12_what_is_no_json_object_is_refused(stack: Stack, token: str, method: str, path: str) -> None:
    for text in no_json_objects():
        answer = invoke(stack, _in_base64(event(method, path, "-", token=token), text))
        assert problem(answer) == (400, "malformed_request"), text[:200]
        if _is_text(text):
            assert invoke(stack, event(method, path, text.decode(), token=token)).body == answer.body


def test_a12_no_malformed_body_changes_a_table(stack: Stack, api: Api, token: str) -> None:
    before = {table: api.table(table) for table in stack.template.tables}
    bodies = [*no_json_objects()[::20], *(json.dumps({member: [member]}).encode() for *_, member in MEMBERS)]
    for body, (method, path) in itertools.product(bodies, OPERATIONS):
        assert invoke(stack, _in_base64(event(method, path, "-", token=token), body)).status in (400, 422)
    assert {table: api.table(table) for table in stack.template.tables} == before


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize(("method", "path"), [operation for operation in OPERATIONS if operation[0] != "DELETE"])
def test_a12_no_body_is_refused(stack: Stack, token: str, method: str, path: str) -> None:
    bare = event(method, path, token=token)
    for sent in (bare, bare | {"body": ""}, bare | {"body": None}, bare | {"body": "", "isBase64Encoded": True}):
        answer = invoke(stack, sent)
        assert problem(answer) == (422, "invalid_request")


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize("body", ["é", "e30", "e30=e30=", "====", "{}", "e3\n0=", "\x00", "e30=\ud800", "=", "e"])
def test_a12_bad_base64_is_refused(stack: Stack, body: str) -> None:
    for path in ("/v1/auth/login", "/v1/auth/logout"):
        answer = invoke(stack, event("POST", path, body) | {"isBase64Encoded": True})
        assert problem(answer) == (400, "malformed_request")


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize("body", ["\ud800", '{"email": "\ud800"}', '{"\udc00": 1}', "\udfff" * 100])
def test_a12_a_lone_surrogate_in_the_event_itself_is_refused(stack: Stack, body: str) -> None:
    assert problem(invoke(stack, event("POST", "/v1/auth/login", body))) == (400, "malformed_request")


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize("size", [65_537, 100_000, 1_000_000, 10 * 1024 * 1024])
def test_a12_a_body_over_64_kib_is_refused_by_its_size(stack: Stack, size: int) -> None:
    for text in ("x" * size, " " * size, "[" * size, json.dumps({"email": "x" * (size - 13)})):
        assert len(text) == size
        assert problem(invoke(stack, event("POST", "/v1/auth/login", text))) == (413, "body_too_large")


def test_a12_a_body_of_64_kib_is_read(stack: Stack) -> None:
    body = json.dumps({"refresh_token": "x"}).ljust(65_536)
    assert problem(invoke(stack, event("POST", "/v1/auth/refresh", body))) == (401, "invalid_refresh_token")


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize("depth", [1, 10, 100, 500, 900, 950, 980, 1000, 1100, 5000, 10_000, 32_000, 100_000])
def test_a12_nesting_is_refused_at_every_depth(stack: Stack, depth: int) -> None:
    for value in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
        for body in (value, f'{{"email": {value}, "password": "x"}}', f'{{"unknown": {value}}}'):
            assert invoke(stack, event("POST", "/v1/auth/login", body)).status in (400, 413, 422)


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize(("method", "path", "member"), MEMBERS)
def test_a12_a_member_of_another_type_is_refused(stack: Stack, token: str, method: str, path: str, member: str) -> None:
    """No type is turned into another: CASES F5."""
    wrong: list[Any] = [0, 1, -1, 1.5, 10**20, True, False, [], ["x"], [None], {}, {"x": "x"}, {"$gt": ""}, [[]], [PASSWORD]]
    optional = method == "DELETE" or member in {"name", "device_name", "audience", "expires_at", "expires_in_days"}
    optional &= (path, member) != ("/v1/me/api-keys", "name")
    # What is right for these: no permission, and a day.
    right = {"permissions": [], "expires_in_days": 1}
    for value in [*wrong, *([] if optional else [None])]:
        if member in right and value == right[member] and type(value) is type(right[member]):
            continue
        answer = invoke(stack, event(method, path, good_body(method, path, **{member: value}), token=token))
        assert problem(answer) == (422, "invalid_request"), value


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a12_unknown_members_are_refused(stack: Stack, token: str, method: str, path: str) -> None:
    for name in (
        "",
        " ",
        "x",
        "Email",
        "email ",
        "\x00",
        "__proto__",
        "constructor",
        "id",
        "roles",
        "user_id",
        "is_admin",
        "é",
    ):
        answer = invoke(stack, event(method, path, good_body(method, path) | {name: None}, token=token))
        assert problem(answer) == (422, "invalid_request"), name


@pytest.mark.parametrize("seed", range(3))
def test_a12_garbled_bodies_fail_nothing(stack: Stack, token: str, seed: int) -> None:
    for text, (method, path) in zip(garbled(seed, 700), itertools.cycle(OPERATIONS), strict=False):
        answer = invoke(stack, _in_base64(event(method, path, "-", token=token), text))
        assert 200 <= answer.status < 500, (path, text)


@pytest.mark.parametrize(("method", "path", "member"), [row for row in MEMBERS if row[0] != "PATCH"])
def test_a12_naughty_strings_fail_nothing(stack: Stack, token: str, method: str, path: str, member: str) -> None:
    strings = NAUGHTY_STRINGS[::5] if path in SLOW else NAUGHTY_STRINGS
    for text in strings:
        for escaped in (True, False):
            body = json.dumps(good_body(method, path, **{member: text}), ensure_ascii=escaped)
            if escaped or "\\u" in json.dumps(text):
                answer = invoke(stack, event(method, path, body, token=token))
                assert 200 <= answer.status < 500, text


def test_a12_a_naughty_name_is_refused_or_kept_as_it_is(api: Api) -> None:
    signed_in = api.sign_up()
    token, kept = signed_in["access_token"], 0
    for text in NAUGHTY_STRINGS:
        answer = api.call("PATCH", "/v1/me", {"name": text}, token=token)
        if answer.status == 200:
            kept += 1
            assert answer.json()["name"] == text
        else:
            assert problem(answer) == (422, "invalid_request")
    assert kept > 50
    (item,) = [item for item in api.table("UsersTable") if item.get("id") == signed_in["user"]["id"]]
    assert item["name"] == api.me(token).json()["name"]


def test_a12_a_naughty_device_name_or_audience_does_not_stand_in_the_way_of_a_sign_in(api: Api) -> None:
    email = new_email()
    api.sign_up(email)
    for text in NAUGHTY_STRINGS[::6]:
        assert api.login(email, device_name=text).status in (200, 422)
        assert api.login(email, audience=text).status in (400, 422)
    assert api.login(email).status == 200


def _in_base64(sent: dict[str, Any], body: bytes) -> dict[str, Any]:
    return sent | {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
