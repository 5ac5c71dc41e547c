"""The authorizer behind every kind of API: event in, what the gateway makes of the answer out."""

import json
import logging
import random
from typing import Any

import pytest

from gatepost_verifier.decision import decide
from gatepost_verifier.envelope import MAX_TOKEN_LENGTH
from gatepost_verifier.route_rules import parse_rules
from tests.unit.authorizer.events import HTTP_SHAPES, SHAPES, Event, Shape, http_v1, http_v2, rest, rest_token, websocket
from tests.unit.authorizer.support import ROUTES, authorizer, bearer, caller, outcome
from tests.unit.verifier import forge

GOOD = forge.token()

every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
every_http_shape = pytest.mark.parametrize("shape", HTTP_SHAPES.values(), ids=HTTP_SHAPES.keys())


@every_http_shape
@pytest.mark.parametrize(
    ("method", "path", "claims", "status"),
    [
        ("GET", "/orders", {}, 200),
        ("GET", "/me", {"permissions": []}, 200),
        ("GET", "/orders/7", {}, 200),
        ("GET", "/orders/7", {"amr": ["pwd"]}, 403),
        ("POST", "/orders", {}, 403),
        ("POST", "/orders", {"permissions": ["*"]}, 200),
        ("GET", "/nowhere", {"permissions": ["*"]}, 403),
        ("GET", "/", {"permissions": ["*"]}, 403),
        ("GET", "/orders", {"aud": ["https://other.example.com"]}, 401),
        ("GET", "/nowhere", {"exp": forge.NOW - 31, "iat": forge.NOW - 900}, 401),
    ],
)
def test_allowed_refused_or_unauthorized(shape: Shape, method: str, path: str, claims: dict[str, Any], status: int) -> None:
    assert outcome(shape.event(bearer(**claims), method=method, path=path), shape.door())[0] == status


@pytest.mark.parametrize(
    ("rule", "claims", "status"),
    [
        ("CONNECT $connect = orders:read", {}, 200),
        ("CONNECT $connect = orders:write", {}, 403),
        ("CONNECT $connect = authenticated", {"exp": forge.NOW - 31, "iat": forge.NOW - 900}, 401),
        ("CONNECT $connect = public", {"exp": forge.NOW - 31, "iat": forge.NOW - 900}, 200),
        ("* /{all+} = authenticated", {}, 403),  # no rule of another kind of API speaks about connections
        ("GET / = authenticated", {}, 403),
    ],
)
def test_a_connection_has_a_rule_of_its_own(rule: str, claims: dict[str, Any], status: int) -> None:
    assert outcome(websocket(headers=bearer(**claims)), authorizer(rule))[0] == status


def test_a_connection_without_a_rule_is_up_to_the_default() -> None:
    assert outcome(websocket(headers=bearer()), authorizer("", "authenticated"))[0] == 200
    assert outcome(websocket(headers=bearer()), authorizer("", "deny"))[0] == 403
    assert outcome(websocket(), authorizer("", "authenticated"))[0] == 401


@every_shape
def test_the_api_is_told_who_calls(shape: Shape) -> None:
    assert outcome(shape.event(bearer(roles=["user", "clerk"], permissions=["orders:read", "a:*"])), shape.door()) == (
        200,
        {
            "sub": "usr_1",
            "sid": "ses_1",
            "client_id": "gatepost",
            "scope": "orders profile",
            "roles": "user clerk",
            "permissions": "orders:read a:*",
            "amr": "pwd otp mfa",
            "exp": forge.NOW + 900,
        },
    )


@every_shape
def test_absent_claims_are_empty(shape: Shape) -> None:
    required = {name: forge.CLAIMS[name] for name in ("iss", "sub", "aud", "client_id", "iat", "exp", "jti")}
    door = shape.door("GET /orders = authenticated; CONNECT $connect = authenticated")
    status, context = outcome(shape.event({"authorization": f"Bearer {forge.token(required)}"}), door)
    assert status == 200
    assert [context[name] for name in ("sid", "scope", "roles", "permissions", "amr")] == [""] * 5


@every_shape
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer x"}])
def test_a_public_route_that_kept_its_authorizer_needs_no_token_and_has_no_caller(
    shape: Shape, headers: dict[str, str]
) -> None:
    door = shape.door("GET /orders = public; CONNECT $connect = public")
    assert outcome(shape.event(headers), door) == (200, {})


@every_http_shape
def test_a_public_route_with_a_good_token_has_a_caller(shape: Shape) -> None:
    assert outcome(shape.event(bearer(), path="/status"), shape.door())[1]["sub"] == "usr_1"


@pytest.mark.parametrize("shape", [shape for name, shape in HTTP_SHAPES.items() if "simple" not in name])
def test_a01_a_denial_with_a_policy_tells_of_the_caller_since_the_policy_may_allow_other_calls(shape: Shape) -> None:
    answer = shape.door().answer(shape.event(bearer(), method="DELETE"))
    assert answer["context"]["sub"] == answer["principalId"] == "usr_1"


@every_shape
@pytest.mark.parametrize("claim", ["roles", "permissions", "amr"])
@pytest.mark.parametrize("name", ["", "user admin", "user\tadmin", "user\u00a0admin", " admin", "admin\n"])
def test_a08_names_that_would_read_as_others_when_joined_are_refused(shape: Shape, claim: str, name: str) -> None:
    assert outcome(shape.event(bearer(**{claim: [*forge.CLAIMS[claim], name]})), shape.door())[0] == 401


@every_shape
@pytest.mark.parametrize("name", ["a:b", "é", "\U0001f511", '"', "\\"])
def test_a08_the_answer_to_the_longest_token_is_one_that_the_gateway_takes(shape: Shape, name: str) -> None:
    """A-08: `outcome` looks at types and sizes. Where the whole answer is limited, a context that is too large is a denial."""
    longest = ""
    for count in range(20, 2000, 20):
        payload = json.dumps(forge.claims(permissions=["orders:read", *[name] * count]), ensure_ascii=False).encode()
        token = forge.token(payload)
        if len(token) > MAX_TOKEN_LENGTH:
            break
        longest = token
    assert len(longest) > MAX_TOKEN_LENGTH - 300
    assert outcome(shape.event({"authorization": f"Bearer {longest}"}), shape.door())[0] in (
        (200, 403) if shape is SHAPES["WebSocket"] else (200,)
    )


@every_shape
def test_a18_two_users_in_one_warm_process_never_see_each_other(shape: Shape, caplog: pytest.LogCaptureFixture) -> None:
    """A-18: 500 calls in a random order, also denied and public ones in between."""
    caplog.set_level(logging.DEBUG)
    door, chance = shape.door(), random.Random(18)
    users = {user: bearer(sub=user, sid=f"ses-{user}", jti=f"tok-{user}") for user in ("alice", "bob")}
    for _ in range(500):
        user = chance.choice((*users, ""))
        method, path = chance.choice((("GET", "/orders"), ("DELETE", "/orders"), ("GET", "/status"), ("GET", "/orders/7")))
        event = shape.event(users.get(user), method=method, path=path)
        caplog.clear()
        try:
            seen = json.dumps(door.answer(event))
        except Exception as refusal:  # noqa: BLE001 - "Unauthorized", or outcome would have failed elsewhere
            seen = repr(refusal)
        seen += json.dumps([{name: str(value) for name, value in vars(record).items()} for record in caplog.records])
        assert not any(other in seen for other in users if other != user)


@every_http_shape
def test_a19_neither_user_agent_nor_health_path_query_or_fragment_skip_the_token(shape: Shape) -> None:
    for path in (
        "/health",
        "/favicon.ico",
        "/robots.txt",
        "/orders?x=/status",
        "/orders#/status",
        "/status/../orders",
        "/status/",
    ):
        for agent in ("ELB-HealthChecker/2.0", "Amazon-Route53-Health-Check-Service", "kube-probe/1.30", "internal"):
            assert outcome(shape.event({"user-agent": agent}, path=path), shape.door()) == (401, {})


def _calls(seed: int) -> list[tuple[str, str, list[str]]]:
    chance = random.Random(seed)
    paths = ("/status", "/me", "/orders", "/orders/7", "/orders/a b", "/orders/a%20b", "/orders/%61", "/orders/7/x", "/Orders")
    odd = (
        "/orders/",
        "//orders",
        "/orders;a",
        "/orders/*",
        "/orders/${a}",
        "/orders/..",
        "/orders/%2e",
        "/nowhere",
        "/",
        "/zoë",
    )
    permissions: tuple[list[str], ...] = (["orders:read"], [], ["*"], ["orders:write"])
    return [
        (chance.choice(("GET", "POST", "DELETE", "HEAD")), chance.choice(paths + odd), chance.choice(permissions))
        for _ in range(150)
    ]


@every_http_shape
@pytest.mark.parametrize("default", ["deny", "authenticated"])
def test_every_shape_answers_as_the_core_decides(shape: Shape, default: Any) -> None:
    door, rules, seen = shape.door(default=default), parse_rules(ROUTES), set()
    for method, path, permissions in _calls(seed=6):
        expected = decide(rules, default, method, path, caller(*permissions)).status
        assert outcome(shape.event(bearer(permissions=permissions), method=method, path=path), door)[0] == expected
        seen.add(expected)
    assert seen == {200, 403}


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (http_v2(headers=bearer()), "allowed"),
        (rest(headers=bearer()), "allowed"),
        (rest_token("POST", headers=bearer()), "refused"),
        (websocket(headers={"authorization": f"Bearer {GOOD}x"}), "refused"),
        ({**http_v1(headers=bearer()), "version": GOOD}, "unexpected happened: EventInvalid in gatepost_verifier.events:"),
        (rest(headers=bearer(roles=["a b"])), "unexpected happened: ValueError in gatepost_verifier.authorizer:"),
    ],
)
def test_every_answer_is_logged_without_the_token(made: Event, line: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    outcome(made)
    (record,) = [record for record in caplog.records if record.name == "gatepost_verifier.authorizer"]
    assert line in record.getMessage()
    assert record.__dict__["request_id"] == ("id" if "requestContext" in made else None)
    written = json.dumps({name: str(value) for name, value in vars(record).items()})
    assert not any(part in written for part in GOOD.split("."))
    assert not record.exc_info
