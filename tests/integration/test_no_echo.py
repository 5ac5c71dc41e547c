"""A-13: no answer to bad input and no line of the log repeats any of the input, whatever was wrong with it."""

import json
from typing import Any

import pytest

from local.stack import Stack
from tests.integration.account_events import MEMBERS, OPERATIONS, event, good_body, invoke
from tests.integration.aws_faults import always, broken, error, faults
from tests.integration.logs import captured_logs
from tests.support import PASSWORD, Api, new_email, problem

CANARY = "c4n4ry-8d1f2e"
NUMBER = 867530912345678


def wrong_values(canary: str) -> list[Any]:
    """Values that no member takes, each with the canary in it."""
    return [
        [canary],
        {canary: canary},
        [[{canary: [canary]}]],
        NUMBER,
        NUMBER / 1000,
        -NUMBER,
        canary * 100,
        f"{canary}\n",
        f"\x00{canary}",
        f" {canary}",
        f"{canary}@",
        f"{canary}@{canary}@example.com",
        f"{canary}\u2028",
    ]


def _silent(sent: str, answer: str, lines: list[str]) -> None:
    said = answer + "".join(lines)
    assert CANARY not in said, sent
    assert str(NUMBER)[:8] not in said, sent
    assert lines  # else nothing was looked at


@pytest.fixture(scope="module")
def token(stack: Stack) -> str:
    """The access token of some user."""
    access_token: str = Api(stack).sign_up()["access_token"]
    return access_token


@pytest.mark.parametrize(("method", "path", "member"), MEMBERS)
def test_a13_a_wrong_value_of_any_member_is_not_repeated(stack: Stack, token: str, method: str, path: str, member: str) -> None:
    refused = 0
    for value in wrong_values(CANARY):
        body = good_body(method, path, **{member: value})
        with captured_logs() as lines:
            answer = invoke(stack, event(method, path, body, token=token))
        if answer.status == 422:
            refused += 1
            assert {fault["field"].partition(".")[0] for fault in answer.json()["errors"]} == {member}
        # A success may say what it stored.
        _silent(json.dumps(body), repr(answer) if answer.status >= 400 else "", lines)
    assert refused >= 6  # what has another type is refused at the least


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a13_the_name_and_value_of_an_unknown_member_are_not_repeated(stack: Stack, token: str, method: str, path: str) -> None:
    for body in (
        good_body(method, path) | {CANARY: CANARY},
        good_body(method, path) | {f"{CANARY}{number}": {CANARY: [CANARY]} for number in range(50)},
        good_body(method, path) | {f"email.{CANARY}": NUMBER, f"\x00{CANARY}": None, CANARY * 100: ""},
        {CANARY: CANARY},
    ):
        with captured_logs() as lines:
            answer = invoke(stack, event(method, path, body, token=token))
        assert problem(answer) == (422, "invalid_request")
        _silent(json.dumps(body), repr(answer), lines)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize(
    "text",
    [
        f'{{"password": "{CANARY}"',
        f'{{"password": "{CANARY}", "password": "{CANARY}"}}',
        f'{{"{CANARY}": NaN}}',
        f'{{"password": "{CANARY}\\ud800"}}',
        f'{{"password": "{CANARY}", "x": {"9" * 5000}}}',
        f'{{"password": {CANARY}}}',
        f'["{CANARY}"]',
        f'"{CANARY}"',
        CANARY,
        f'{{"password": "{CANARY}"}} {CANARY}',
    ],
)
def test_a13_a_text_that_is_no_json_object_is_not_repeated(stack: Stack, token: str, method: str, path: str, text: str) -> None:
    with captured_logs() as lines:
        answer = invoke(stack, event(method, path, text, token=token))
    assert problem(answer) == (400, "malformed_request")
    _silent(text, repr(answer), lines)


def test_a13_nothing_else_of_a_request_is_repeated(stack: Stack) -> None:
    for sent in (
        event(token=CANARY),
        event(headers={"authorization": CANARY}),
        event(headers={"authorization": f"Basic {CANARY}"}),
        event(headers={"cookie": CANARY, "x-canary": CANARY, CANARY: CANARY, "user-agent": CANARY, "origin": CANARY}),
        {**event(), "cookies": [f"__Host-gatepost_refresh={CANARY}"]},
        {**event(), "rawQueryString": f"access_token={CANARY}", "queryStringParameters": {"access_token": CANARY}},
        event("POST", "/v1/auth/login", good_body("POST", "/v1/auth/login"), headers={"content-type": f"text/{CANARY}"}),
        {**event("POST", "/v1/auth/login", "{}"), "body": f"{CANARY}=", "isBase64Encoded": True},
    ):
        with captured_logs() as lines:
            answer = invoke(stack, sent)
        assert answer.status in (400, 401, 415)
        said = repr(answer) + "".join(lines)
        assert CANARY not in said, sent


@pytest.mark.parametrize("fault", [broken, error("ValidationException")], ids=["unavailable", "unforeseen"])
@pytest.mark.parametrize("operation", ["GetItem", "BatchGetItem", "UpdateItem", "TransactWriteItems", "PutItem"])
def test_a13_failures_log_their_cause_but_no_secret(api: Api, operation: str, fault: Any) -> None:
    email, password = new_email(), f"{CANARY} {PASSWORD}"
    api.register(email, password)
    token = api.mailed_token(email)
    signed_in = api.post("/verify-email", {"token": token, "password": password}).json()
    access, refresh = signed_in["access_token"], signed_in["refresh_token"]
    with faults(always(operation, fault)), captured_logs() as lines:
        answers = [
            api.register(new_email(), password),
            api.post("/verify-email", {"token": token, "password": password}),
            api.login(email, password),
            api.login(email, f"{password}, but wrong"),
            api.refresh(refresh),
            api.me(access),
            api.call("PATCH", "/v1/me", {"name": CANARY}, token=access),
            api.post("/logout", {"refresh_token": refresh}),
        ]
    assert {answer.status for answer in answers} & {500, 503}
    said = repr([answer for answer in answers if answer.status >= 400]) + "".join(lines)
    for secret in (CANARY, email, token, refresh, *access.split(".")[1:]):
        assert secret not in said


def test_a13_a_log_of_a_whole_stay_holds_no_secret(api: Api) -> None:
    email, password, name = new_email(), f"{CANARY} {PASSWORD}", "Ada Canary"
    with captured_logs() as lines:
        first = api.sign_up(email, password, name=name)
        mailed = api.mailed_token(email)
        second = api.login(email, password, device_name=f"phone of {CANARY}").json()
        third = api.refresh(second["refresh_token"]).json()
        api.me(third["access_token"])
        api.login(email, f"{password}, but wrong")
        api.post("/logout", {"refresh_token": third["refresh_token"]})
        api.refresh(third["refresh_token"])
    said = "".join(lines)
    assert said
    tokens = [answer[kind] for answer in (first, second, third) for kind in ("access_token", "refresh_token")]
    for secret in (CANARY, email, name, mailed, *tokens):
        assert secret not in said
