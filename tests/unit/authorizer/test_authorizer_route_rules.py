"""The language of `GATEPOST_ROUTES`."""

import random

import pytest

from gatepost_verifier.route_rules import RuleError, find_rule, parse_rules


def _alternatives(requirement: str) -> tuple[tuple[str, ...], ...]:
    (rule,) = parse_rules(f"GET /x = {requirement}")
    return rule.requirement.alternatives


def _route(rules: str, call: str) -> str | None:
    """The route whose rule decides about a call such as `GET /orders`."""
    method, _, path = call.partition(" ")
    rule = find_rule(parse_rules(rules), method, path)
    return str(rule) if rule else None


@pytest.mark.parametrize(
    ("requirement", "alternatives"),
    [
        ("public", (("public",),)),
        ("authenticated", (("authenticated",),)),
        ("orders:read", (("orders:read",),)),
        ("mfa", (("mfa",),)),
        ("client", (("client",),)),
        ("scope:orders", (("scope:orders",),)),
        ("scope:https://api.example.com/orders.read", (("scope:https://api.example.com/orders.read",),)),
        ("a:b & c:d", (("a:b", "c:d"),)),
        ("a:b | c:d", (("a:b",), ("c:d",))),
        ("a:b & c:d | e:f & g:h | mfa", (("a:b", "c:d"), ("e:f", "g:h"), ("mfa",))),
        ("a:b&c:d|e:f", (("a:b", "c:d"), ("e:f",))),
        ("a.b-c_1:d.e-f_2", (("a.b-c_1:d.e-f_2",),)),
    ],
)
def test_and_binds_tighter_than_or(requirement: str, alternatives: tuple[tuple[str, ...], ...]) -> None:
    assert _alternatives(requirement) == alternatives


@pytest.mark.parametrize("text", ["", "\n", ";;", " ; \n;", "# a comment", "  # GET /x = public\r\n\t\r\n"])
def test_nothing_is_no_rule(text: str) -> None:
    assert parse_rules(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "GET /a = x:y; POST /b = x:y",
        "GET /a = x:y\nPOST /b = x:y",
        "GET /a = x:y\r\nPOST /b = x:y\r\n",
        ";GET /a=x:y;;\n\n  POST\t/b =x:y;",
        "# first\nGET /a = x:y # to read; GET /c = public\nPOST /b = x:y",
    ],
)
def test_rules_are_separated_by_lines_or_semicolons(text: str) -> None:
    assert [str(rule) for rule in parse_rules(text)] == ["GET /a", "POST /b"]


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        (
            "get /a = public",
            1,
            1,
            "a method (DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, * for any, "
            "or CONNECT for a WebSocket API's $connect); found get",
        ),
        ("ANY /a = public", 1, 1, "a method"),
        ("GET/a = public", 1, 1, "a method"),
        ("GET", 1, 4, "a path that starts with /; found the end of the rule"),
        ("GET orders = public", 1, 5, "a path that starts with /; found orders"),
        ("GET = public", 1, 5, "a path that starts with /; found ="),
        ("CONNECT /a = public", 1, 9, "$connect; found /a"),
        ("CONNECT $default = public", 1, 9, "$connect; found $default"),
        ("CONNECT = public", 1, 9, "$connect; found ="),
        ("GET $connect = public", 1, 5, "a path that starts with /; found $connect"),
        ("* $connect = public", 1, 3, "a path that starts with /; found $connect"),
        ("CONNECT $connect = a:a; CONNECT $connect = public", 1, 25, "there is a rule for CONNECT $connect already"),
        ("GET /a", 1, 7, "=; found the end of the rule"),
        ("GET /a public", 1, 8, "=; found public"),
        ("GET /a = ", 1, 9, "public, authenticated, mfa, client, scope:NAME or a permission such as orders:read"),
        ("GET /a = ; GET /b = public", 1, 10, "a permission such as orders:read; found the end of the rule"),
        ("GET /a = orders", 1, 10, "found orders"),
        ("GET /a = orders:*", 1, 10, "found orders:*"),
        ("GET /a = *", 1, 10, "found *"),
        ("GET /a = (x:y)", 1, 10, "found (x:y)"),
        ("GET /a = x:y:z", 1, 10, "found x:y:z"),
        ("GET /a = scope:", 1, 10, "found scope:"),
        ('GET /a = scope:"x"', 1, 10, 'found scope:"x"'),
        ("GET /a = Public", 1, 10, "found Public"),
        ("GET /a = x:y &", 1, 15, "found the end of the rule"),
        ("GET /a = x:y & & x:z", 1, 16, "found &"),
        ("GET /a = x:y x:z", 1, 14, "&, | or the end of the rule; found x:z"),
        ("GET /a = x:y GET /b = public", 1, 14, "&, | or the end of the rule; found GET"),
        ("GET /a = public & x:y", 1, 17, "the end of the rule, since public stands alone"),
        ("GET /a = x:y | public", 1, 16, "another condition, since public stands alone"),
        ("GET /a = public public", 1, 17, "the end of the rule, since public stands alone"),
        ("# one\n\n  GET /a = nothing", 3, 12, "found nothing"),
        ("GET /a = public; GET /b = nothing", 1, 27, "found nothing"),
        ("GET //a = public", 1, 6, "a segment of plain characters, {name}, or {name+} at the end; found none"),
        ("GET /a//b = public", 1, 8, "found none"),
        ("GET /a/./b = public", 1, 8, "found ."),
        ("GET /a/.. = public", 1, 8, "found .."),
        ("GET /a%2fb = public", 1, 6, "found a%2fb"),
        ("GET /a* = public", 1, 6, "found a*"),
        ("GET /{id = public", 1, 6, "found {id"),
        ("GET /{} = public", 1, 6, "found {}"),
        ("GET /x{id} = public", 1, 6, "found x{id}"),
        ("GET /{all+}/x = public", 1, 6, "found {all+}"),
        ("GET /é = public", 1, 6, "found é"),
        ("GET /a = x:y\nPOST /b = x:y; GET /a = x:z", 2, 16, "another route, there is a rule for GET /a already"),
        ("GET /{a}/{b+} = x:y; GET /{c}/{d+} = x:y", 1, 22, "there is a rule for GET /{a}/{b+} already"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, line: int, column: int, expected: str) -> None:
    with pytest.raises(RuleError) as error:
        parse_rules(text)
    assert (error.value.line, error.value.column) == (line, column)
    assert str(error.value).startswith(f"line {line}, column {column}: expected ")
    assert expected in str(error.value)


RULES = """
* /{proxy+}           = a:a
GET /{proxy+}         = a:a
* /orders             = a:a
POST /orders          = a:a
GET /orders/{id}      = a:a
* /orders/new         = a:a
GET /orders/{id}/{k+} = a:a
GET /orders/{id}/x    = a:a
GET /orders/new/{x}   = a:a
GET /shop/            = a:a
CONNECT $connect      = a:a
"""


@pytest.mark.parametrize(
    ("call", "route"),
    [
        ("POST /orders", "POST /orders"),
        ("GET /orders", "* /orders"),  # the path comes before the method
        ("GET /orders/7", "GET /orders/{id}"),
        ("GET /orders/new", "* /orders/new"),
        ("PUT /orders/7", "* /{proxy+}"),
        ("GET /orders/7/x", "GET /orders/{id}/x"),
        ("GET /orders/7/y", "GET /orders/{id}/{k+}"),
        ("GET /orders/7/x/y", "GET /orders/{id}/{k+}"),
        ("GET /orders/new/x", "GET /orders/new/{x}"),
        ("GET /shop/", "GET /shop/"),
        ("GET /shop", "GET /{proxy+}"),
        ("GET /orders/", "GET /{proxy+}"),
        ("GET /Orders", "GET /{proxy+}"),
        ("PURGE /anything/at/all", "* /{proxy+}"),
        ("GET /", None),
        ("CONNECT $connect", "CONNECT $connect"),
        ("CONNECT /$connect", None),
        ("GET $connect", None),
        ("CONNECT /orders", None),
    ],
)
def test_the_most_specific_rule_decides_in_whatever_order_they_stand(call: str, route: str | None) -> None:
    lines = RULES.strip().split("\n")
    for seed in range(20):
        assert _route("\n".join(random.Random(seed).sample(lines, len(lines))), call) == route


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("/a/b", True),
        ("/a/zoë b", True),
        ("/a/{x}", True),
        ("/a", False),
        ("/a/", False),
        ("/a/b/", False),
        ("/a/b/c", False),
        ("/b/b", False),
        ("/A/b", False),
    ],
)
def test_a_variable_is_one_segment(path: str, matches: bool) -> None:
    assert (_route("GET /a/{x} = a:a", f"GET {path}") is not None) == matches


@pytest.mark.parametrize(
    ("path", "matches"), [("/a/b", True), ("/a/b/c/", True), ("/a", False), ("/a/", False), ("/b/c", False)]
)
def test_a_greedy_variable_is_one_segment_or_more(path: str, matches: bool) -> None:
    assert (_route("GET /a/{x+} = a:a", f"GET {path}") is not None) == matches


@pytest.mark.parametrize(("call", "matches"), [("GET /", True), ("POST /", False), ("GET /a", False)])
def test_the_root_is_a_path(call: str, matches: bool) -> None:
    assert (_route("GET / = a:a", call) is not None) == matches
