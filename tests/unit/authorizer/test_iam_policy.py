"""The policy document: what it says beside the grant, and the gateway's limits."""

import json
import logging
from typing import Any

import pytest

from gatepost_verifier import AccessToken
from gatepost_verifier.authorizer import Authorizer
from gatepost_verifier.decision import Default, decide
from gatepost_verifier.iam_policy import MAX_POLICY_BYTES, MAX_RESOURCE_LENGTH, PolicyCompiler
from gatepost_verifier.iam_policy import _say_once as say_once
from gatepost_verifier.method_arn import parse_method_arn
from gatepost_verifier.route_rules import parse_rules
from tests.unit.authorizer import iam
from tests.unit.authorizer.events import rest_token, websocket
from tests.unit.authorizer.support import authorizer, bearer, caller, outcome
from tests.unit.verifier import forge

P = caller("p:p")
ORDERS = (
    "GET /orders = p:p; GET /orders/{id} = p:p; GET /orders/export = q:q; DELETE /orders/{id} = q:q; GET /me = authenticated"
)


def _document(
    routes: str, call: str, token: AccessToken | None = P, *, prefix: str = iam.PREFIX, default: Default = "deny"
) -> dict[str, Any]:
    rules, (method, _, path) = parse_rules(routes), call.partition(" ")
    allowed = decide(rules, default, method, path, token).allowed
    document = PolicyCompiler(rules, default).policy(parse_method_arn(iam.arn(method, path, prefix)), allowed, token)
    assert document is not None
    return document


def _resources(document: dict[str, Any], prefix: str = iam.PREFIX) -> dict[str, list[str]]:
    """By effect, without what all have in common."""
    named = {one["Effect"]: [resource.removeprefix(prefix) for resource in one["Resource"]] for one in document["Statement"]}
    return {effect: [one for one in resources if not one.startswith("*")] for effect, resources in named.items()}


def test_an_allowed_call_has_the_whole_grant() -> None:
    assert _resources(_document(ORDERS, "GET /orders/7")) == {
        "Allow": ["GET/orders", "GET/me", "GET/orders/?*"],
        "Deny": ["GET/orders/?*/*", "GET/orders/export"],
    }


def test_so_has_a_denied_one_and_is_denied_by_its_name() -> None:
    """A-01: a denial that is kept denies nothing else."""
    assert _resources(_document(ORDERS, "DELETE /orders/7")) == {
        "Allow": ["GET/orders", "GET/me", "GET/orders/?*"],
        "Deny": ["GET/orders/?*/*", "GET/orders/export", "DELETE/orders/7"],
    }


def test_a01_one_policy_answers_the_cases_own_sequence() -> None:
    """A-01: allowed `GET /a`; then `DELETE /a` and `GET /b` are denied, `GET /c` is allowed, in whatever order."""
    routes = "GET /a = p:p; DELETE /a = q:q; GET /b = q:q; GET /c = authenticated"
    for asked in ("GET /a", "DELETE /a", "GET /b", "GET /c", "GET /d"):
        policy = iam.read(_document(routes, asked))
        calls = (("GET", "/a"), ("DELETE", "/a"), ("GET", "/b"), ("GET", "/c"), ("GET", "/d"))
        assert [policy.allowed(iam.arn(*call)) for call in calls] == [True, False, False, True, False]


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_every_partition_and_the_default_stage(partition: str) -> None:
    prefix = f"arn:{partition}:execute-api:us-east-1:123456789012:abcdef123/$default/"
    document = _document(ORDERS, "GET /orders", prefix=prefix)
    iam.read(document)
    assert all(resource.startswith(prefix) for one in document["Statement"] for resource in one["Resource"])


def test_a_connection_is_all_that_its_policy_speaks_about() -> None:
    routes = "CONNECT $connect = p:p; GET /{all+} = p:p"
    assert _resources(_document(routes, "CONNECT $connect")) == {"Allow": ["$connect"]}
    assert _resources(_document(routes, "CONNECT $connect", caller())) == {"Deny": ["$connect"]}


def test_nobody_is_allowed_what_is_public_alone() -> None:
    document = _document("GET /a = public; GET /b = authenticated", "GET /a", None, default="authenticated")
    assert _resources(document) == {"Allow": ["GET/a"]}


@pytest.mark.parametrize(
    ("path", "denied"),
    [
        ("/orders/*", "GET/orders/?"),
        ("/*", "GET/?"),
        ("/orders/${aws:username}", "GET/orders/?{aws:username}"),
        ("/orders/x?y", "GET/orders/x?y"),
        ("/orders/a\nb\0", "GET/orders/a?b?"),
    ],
)
def test_a02_wildcards_in_the_path_that_was_asked_are_a_denial_of_about_that_path(path: str, denied: str) -> None:
    document = _document(ORDERS, f"GET {path}")
    assert _resources(document)["Deny"][-1] == denied
    policy = iam.read(document)
    assert not policy.allowed(iam.arn("GET", path))
    assert policy.allowed(iam.arn("GET", "/orders"))
    assert policy.allowed(iam.arn("GET", "/me"))


def test_a_dollar_sign_alone_is_itself() -> None:
    assert _resources(_document("GET /a = public", "GET /a/$x"))["Deny"] == ["GET/a/$x"]
    assert _resources(_document("GET /a/{x} = q:q; GET /a/$x = p:p", "GET /a/$x"))["Allow"] == ["GET/a/$x"]


def test_an_encoded_path_is_answered_by_its_name_beside_what_has_no_wildcards() -> None:
    """What is kept for other calls denies all encoded paths, so this one can't go with it."""
    assert _resources(_document(ORDERS, "GET /orders/a%20b")) == {"Allow": ["GET/orders", "GET/me", "GET/orders/a%20b"]}
    assert not iam.read(_document(ORDERS, "GET /orders")).allowed(iam.arn("GET", "/orders/a%20b"))


def test_a04_other_spellings_of_denied_paths_are_denied_by_a_policy_that_is_kept() -> None:
    policy = iam.read(_document("GET /{all+} = p:p; GET /admin = q:q; GET /admin/{x+} = q:q", "GET /orders"))
    spellings = (
        "/admin",
        "/admin/x",
        "/%61dmin",
        "//admin",
        "/x/../admin",
        "/./admin",
        "/admin;x",
        "/x/..",
        "/admin%2fx",
        "/a\\b",
    )
    assert not any(policy.allowed(iam.arn("GET", path)) for path in spellings)
    assert policy.allowed(iam.arn("GET", "/orders/7"))


MANY_RULES = "; ".join(f"GET /collection-{number}/{{id}} = p:p" for number in range(60))


def test_a_policy_that_would_be_too_large_speaks_about_less(caplog: pytest.LogCaptureFixture) -> None:
    say_once.cache_clear()
    for call in ("GET /collection-7/x", "GET /collection-8/x", "POST /collection-7/x"):
        document = _document(f"{MANY_RULES}; GET /me = p:p", call)
        assert len(json.dumps(document)) <= MAX_POLICY_BYTES
        policy = iam.read(document)
        assert policy.allowed(iam.arn(*call.split())) == call.startswith("GET")
        # What has no wildcards is still allowed.
        assert policy.allowed(iam.arn("GET", "/me"))
    assert [record.getMessage() for record in caplog.records] == [
        "the policy for the whole API is over the gateway's limits, so it speaks about a part"
    ]


def test_then_about_nothing_but_the_path_that_was_asked() -> None:
    routes = "; ".join(f"GET /collection-{number}/items = p:p" for number in range(150))
    assert _resources(_document(routes, "GET /collection-7/items")) == {"Allow": ["GET/collection-7/items"]}
    assert _resources(_document(routes, "POST /collection-7/items")) == {"Deny": ["POST/collection-7/items"]}


@pytest.mark.parametrize("routes", ["GET /a/{x} = p:p", "GET /a/{x} = p:p; GET /a/b = q:q", "GET /{all+} = p:p"])
def test_a_path_longer_than_a_resource_may_be_is_allowed_where_the_grant_has_it(routes: str) -> None:
    path = f"/a/{'x' * 600}"
    document = _document(routes, f"GET {path}")
    assert iam.read(document).allowed(iam.arn("GET", path))
    assert iam.read(_document(routes, f"POST {path}")).allowed(iam.arn("GET", path))
    assert not iam.read(_document(routes, f"POST {path}")).allowed(iam.arn("POST", path))


def test_else_it_is_denied_since_no_policy_can_allow_it() -> None:
    routes = "GET /{x} = p:p; GET /{x}/{k} = q:q; GET /{x}/a = p:p"
    path = f"/{'x' * 600}"
    assert (
        PolicyCompiler(parse_rules(routes), "deny").policy(parse_method_arn(iam.arn("GET", path)), allowed=True, token=P)
        is None
    )
    assert outcome(rest_token("GET", path, bearer(permissions=["p:p"])), authorizer(routes)) == (403, {})
    assert outcome(rest_token("GET", "/xx", bearer(permissions=["p:p"])), authorizer(routes))[0] == 200


def test_a_denied_path_that_is_too_long_is_denied_with_those_that_begin_like_it() -> None:
    document = _document("GET /a/{x} = p:p; GET /a/{x}/b = p:p", f"GET /a/7/{'x' * 600}")
    assert len(document["Statement"][1]["Resource"][-1]) == MAX_RESOURCE_LENGTH
    policy = iam.read(document)
    assert not policy.allowed(iam.arn("GET", f"/a/7/{'x' * 600}"))
    assert policy.allowed(iam.arn("GET", "/a/7/b"))


def test_a08_the_whole_answer_about_a_connection_is_at_most_8_kb() -> None:
    """Elsewhere the context has a limit of its own, which no token reaches."""
    payload = json.dumps(forge.claims(permissions=["orders:read", *["é" * 20] * 70]), ensure_ascii=False)
    headers = {"authorization": f"Bearer {forge.token(payload.encode())}"}
    door: Authorizer = authorizer()
    answer = door.answer(websocket(headers=headers))
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert (answer["principalId"], answer["context"]) == ("anonymous", {})
    assert outcome(rest_token(headers=headers), door)[0] == 200
    assert outcome(websocket(headers=bearer()), door)[0] == 200


def test_a_denied_connection_tells_nobody_of_the_caller() -> None:
    """Unlike other denials, which may be kept and allow something else."""
    answer = authorizer().answer(websocket(headers=bearer(permissions=[])))
    assert (answer["principalId"], answer["context"]) == ("usr_1", {})


def test_what_cannot_be_said_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    say_once.cache_clear()
    caplog.set_level(logging.INFO)
    for path in ("/x", "/y"):
        _document("GET /{x} = p:p; GET /{x}/{k} = q:q; GET /{x}/a = p:p", f"GET {path}")
    assert [record.getMessage() for record in caplog.records] == [
        "the policy gives less than the rules: GET /{x} is allowed only where it is asked for, "
        "since GET /{x}/{k} can't be denied beside it"
    ]
