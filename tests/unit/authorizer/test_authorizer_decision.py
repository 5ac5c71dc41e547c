"""The decision: rules, default, method, path and token in, 200, 401 or 403 out."""

from typing import Any

import pytest

from gatepost_verifier import AccessToken
from gatepost_verifier.decision import Default, decide
from gatepost_verifier.requirements import Requirement, grants, rights
from gatepost_verifier.route_rules import parse_rules
from tests.unit.authorizer.support import ROUTES
from tests.unit.verifier import forge


def _token(*permissions: str, amr: tuple[str, ...] = ("pwd",), scope: str = "", client_id: str = "gatepost") -> AccessToken:
    claims = forge.claims(permissions=permissions, amr=amr, scope=scope, client_id=client_id)
    return forge.verifier().verify(forge.token(claims))


def _status(requirement: str, token: AccessToken | None) -> int:
    return decide(parse_rules(f"GET /x = {requirement}"), "deny", "GET", "/x", token).status


NOBODY = None
ANYBODY = _token()
READER = _token("orders:read")
WRITER_WITH_MFA = _token("orders:write", amr=("pwd", "otp", "mfa"))
EVERYTHING = _token("*")


@pytest.mark.parametrize(
    ("call", "nobody", "anybody", "reader", "everything"),
    [
        ("GET /status", 200, 200, 200, 200),
        ("POST /status", 401, 403, 403, 403),
        ("GET /me", 401, 200, 200, 200),
        ("GET /orders", 401, 403, 200, 200),
        ("POST /orders", 401, 403, 403, 200),
        ("DELETE /orders", 401, 403, 403, 403),
        ("HEAD /orders", 401, 403, 403, 403),
        ("GET /orders/7", 401, 403, 403, 403),  # all permissions are not a second factor
        ("GET /nowhere", 401, 403, 403, 403),
    ],
)
def test_the_table_of_decisions(call: str, nobody: int, anybody: int, reader: int, everything: int) -> None:
    method, path = call.split()
    statuses = [decide(parse_rules(ROUTES), "deny", method, path, who).status for who in (NOBODY, ANYBODY, READER, EVERYTHING)]
    assert statuses == [nobody, anybody, reader, everything]


@pytest.mark.parametrize(("default", "status", "reason"), [("deny", 403, "no_rule"), ("authenticated", 200, "default")])
def test_the_default_is_for_routes_without_a_rule(default: Default, status: int, reason: str) -> None:
    rules = parse_rules(ROUTES)
    decision = decide(rules, default, "GET", "/nowhere", ANYBODY)
    assert (decision.status, decision.allowed, decision.reason, decision.rule) == (status, status == 200, reason, None)
    assert decide(rules, default, "GET", "/nowhere", NOBODY).status == 401
    assert decide(rules, default, "GET", "/orders", ANYBODY).status == 403


def test_a_decision_says_why() -> None:
    rules = parse_rules(ROUTES)
    allowed, refused = (decide(rules, "deny", "GET", "/orders", token) for token in (READER, ANYBODY))
    assert (allowed.allowed, allowed.reason, str(allowed.rule)) == (True, "permitted", "GET /orders")
    assert (refused.allowed, refused.reason, str(refused.rule)) == (False, "not_permitted", "GET /orders")


@pytest.mark.parametrize(
    ("granted", "needed", "expected"),
    [
        ({"orders:read"}, "orders:read", True),
        ({"orders:*"}, "orders:read", True),
        ({"*:read"}, "orders:read", True),
        ({"*"}, "orders:read", True),
        ({"*:*"}, "orders:read", True),
        ({"orders:write", "orders:read"}, "orders:read", True),
        (set(), "orders:read", False),
        ({"orders:write"}, "orders:read", False),
        ({"orders:*"}, "invoices:read", False),
        ({"*:read"}, "orders:write", False),
        ({"orders"}, "orders:read", False),
        ({"orders:"}, "orders:read", False),
        ({"orders:re"}, "orders:read", False),
        ({"orders:read2", "2orders:read"}, "orders:read", False),
        ({"orders:r*", "o*:read", "ord*", "?"}, "orders:read", False),
        ({"Orders:Read"}, "orders:read", False),
        ({"orders:read orders:write"}, "orders:read", False),
        ({"read"}, "orders:read", False),
        ({""}, "orders:read", False),
    ],
)
def test_a_star_stands_for_all_actions_or_all_resources_alone(granted: set[str], needed: str, expected: bool) -> None:
    assert grants(granted, needed) is expected


@pytest.mark.parametrize("amr", [("mfa",), ("pwd", "otp"), ("hwk",), ("swk",)])
def test_mfa_holds_by_amr(amr: tuple[str, ...]) -> None:
    assert _status("mfa", _token(amr=amr)) == 200


@pytest.mark.parametrize("amr", [(), ("pwd",), ("MFA",), ("sms",), ("mfa otp",)])
def test_mfa_does_not_hold_otherwise(amr: tuple[str, ...]) -> None:
    assert _status("mfa", _token("*", amr=amr)) == 403


def test_conditions_joined() -> None:
    assert _status("orders:write & mfa", WRITER_WITH_MFA) == 200
    assert _status("orders:write & mfa", _token("orders:write")) == 403
    assert _status("orders:read & mfa", WRITER_WITH_MFA) == 403
    assert _status("orders:read | mfa", WRITER_WITH_MFA) == 200
    assert _status("orders:read & mfa | orders:write", _token("orders:write")) == 200
    assert _status("orders:read & mfa | orders:write", READER) == 403


CONDITIONS = ["public", "authenticated", "orders:read", "mfa", "client", "scope:orders"]


def test_callers_of_the_same_rights_fulfil_the_same() -> None:
    """Policies are kept by `rights`, so a condition may look at nothing else."""

    class Watched:
        def __init__(self, token: AccessToken) -> None:
            self._token, self.seen = token, set[str]()

        def __getattr__(self, name: str) -> Any:
            self.seen.add(name)
            return getattr(self._token, name)

    watched: Any = Watched(ANYBODY)
    for condition in CONDITIONS:
        Requirement(((condition,),)).met_by(watched)
    looked_at, watched.seen = watched.seen, set()
    rights(watched)
    assert looked_at == watched.seen == {"permissions", "scope", "amr", "sub", "client_id"}


def test_what_is_missing_is_told_for_each_alternative() -> None:
    (rule,) = parse_rules("GET /x = orders:read & mfa | scope:a & client | authenticated")
    assert rule.requirement.unmet_by(READER) == (("mfa",), ("scope:a", "client"), ())
    assert str(rule.requirement) == "orders:read & mfa | scope:a & client | authenticated"


def test_scope_is_of_whole_names() -> None:
    assert _status("scope:orders", _token(scope="profile orders")) == 200
    assert _status("scope:orders", _token("*", scope="orders2 2orders ORDERS")) == 403
    assert _status("scope:orders", _token("orders", "scope:orders", "*")) == 403


def test_client_is_a_machine_of_its_own() -> None:
    assert _status("client", _token(client_id="usr_1")) == 200  # forge's sub
    assert _status("client", _token("*", "client")) == 403


@pytest.mark.parametrize(
    "path",
    [
        "",
        "me",
        "//me",
        "/me//",
        "//",
        "/./me",
        "/x/../me",
        "/..",
        "/me/.",
        "/me;a",
        "/me;a=b/c",
        "/me\\x",
        "/me\0",
        "/me\n",
        "/me\x7f",
        "/me?x",
        "/me#x",
        "/y%2fme",
        "/y/..%2Fme",
        "/y%5cme",
        "/me%00",
        "/me%0a",
        "/%2e%2e/me",
        "/%2E/me",
        "/me%3bx",
        "/me%3Fx",
        "/me%23x",
        "/y%252fme",
        "/*",
        "/me*",
        "/me%2a",
        "/${me}",
        "/me%24%7bx%7d",
        "$connect",
    ],
)
@pytest.mark.parametrize("default", ["deny", "authenticated"])
def test_a04_a_path_with_another_reading_is_refused(path: str, default: Default) -> None:
    """A-04: whatever the API behind could take for another path, even where a rule allows everything."""
    rules = parse_rules("* /{proxy+} = public; GET / = public")
    decision = decide(rules, default, "GET", path, EVERYTHING)
    assert (decision.status, decision.reason) == (403, "path_ambiguous")
    assert decide(rules, default, "GET", path, NOBODY).status == 401


@pytest.mark.parametrize(
    ("method", "path"), [("CONNECT", "/$connect"), ("CONNECT", "/me"), ("CONNECT", ""), ("GET", "$connect")]
)
def test_a04_a_connection_and_a_path_are_never_taken_for_each_other(method: str, path: str) -> None:
    rules = parse_rules("CONNECT $connect = public; * /{x} = public")
    assert decide(rules, "authenticated", method, path, EVERYTHING).reason == "path_ambiguous"


def test_a_connection_is_decided_by_its_own_rule_or_the_default() -> None:
    rules = parse_rules("CONNECT $connect = chat:use; * /{all+} = authenticated")
    statuses = [decide(rules, "deny", "CONNECT", "$connect", who).status for who in (NOBODY, ANYBODY, EVERYTHING)]
    assert statuses == [401, 403, 200]
    assert decide(parse_rules("* /{all+} = public"), "deny", "CONNECT", "$connect", EVERYTHING).reason == "no_rule"


@pytest.mark.parametrize(
    ("path", "reader", "everything"),
    [
        ("/orders/a%20b", 200, 200),
        ("/orders/export", 403, 200),
        ("/orders/%65xport", 403, 200),
        ("/orders/e%78port", 403, 200),
        ("/%6frders/7", 403, 403),  # as it stands, no rule names it
        ("/open/x", 200, 200),
        ("/open/a%64min", 403, 200),
    ],
)
def test_a04_an_encoded_path_must_be_allowed_in_both_of_its_readings(path: str, reader: int, everything: int) -> None:
    """A-04: an API behind may decode `/orders/%65xport`, and the gateway may have done so when it chose the route."""
    rules = parse_rules(
        "GET /orders/{id} = orders:read; GET /orders/export = a:b; GET /open/{x+} = public; GET /open/admin = a:b"
    )
    assert [decide(rules, "deny", "GET", path, who).status for who in (READER, EVERYTHING)] == [reader, everything]
    assert decide(rules, "deny", "GET", "/open/a%64min", NOBODY).status == 401
    assert decide(parse_rules("GET /me = a:b"), "authenticated", "GET", "/%6de", READER).status == 403


@pytest.mark.parametrize("path", ["/me/", "/Me", "/me/x", "/me.", "/.me", "/me...", "/me%20", "/%6de", "/mé", "/me "])
def test_a04_another_path_is_another_path(path: str) -> None:
    assert decide(parse_rules("GET /me = authenticated"), "deny", "GET", path, EVERYTHING).reason == "no_rule"


@pytest.mark.parametrize(
    "path", ["/files/a.b", "/files/..a", "/files/zoë", "/files/a b", "/files/a%20b", "/files/a@b+c,d:e", "/files/100%"]
)
def test_ordinary_names_are_no_reason_to_refuse(path: str) -> None:
    assert decide(parse_rules("GET /files/{name} = authenticated"), "deny", "GET", path, ANYBODY).allowed


@pytest.mark.parametrize("method", ["", "get", "GET ", "*", "GET\n"])
def test_a_method_is_compared_exactly(method: str) -> None:
    assert decide(parse_rules("GET /me = authenticated"), "deny", method, "/me", EVERYTHING).status == 403
