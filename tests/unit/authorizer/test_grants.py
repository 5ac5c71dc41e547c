"""What a caller is granted at the whole API, spelled out for the APIs that people write and for the ones that are hard."""

import pytest

from gatepost_verifier.decision import Default
from gatepost_verifier.grants import Grant, GrantCompiler
from gatepost_verifier.path_patterns import ANY, MANY, ONE, RouteMap, TooEntangled, covers, matches
from gatepost_verifier.requirements import Requirement
from gatepost_verifier.route_rules import METHODS, parse_rules

P = Requirement((("p:p",),))
PUBLIC = Requirement((("public",),))


def _grant(routes: str, default: Default = "deny", *, authenticated: bool = True) -> Grant:
    """The grant of a caller who has `p:p` and nothing else."""
    rules = parse_rules(routes)
    met = tuple(rule.requirement == PUBLIC or (authenticated and rule.requirement == P) for rule in rules)
    return GrantCompiler(rules, default).grant(met, authenticated)


def _texts(grant: Grant) -> tuple[set[str], set[str], list[str]]:
    return {str(one) for one in grant.allow}, {str(one) for one in grant.deny}, [str(gap) for gap in grant.gaps]


@pytest.mark.parametrize(
    ("routes", "allow", "deny"),
    [
        ("", set(), set()),
        ("GET /a = q:q", set(), set()),
        ("GET /a = p:p", {"GET/a"}, set()),
        ("GET / = p:p; GET /a/ = p:p", {"GET/", "GET/a/"}, set()),
        ("GET /a = p:p; GET /b = public; POST /a = q:q", {"GET/a", "GET/b"}, set()),
        # One segment is all that isn't two or more, nor one with a slash behind it.
        ("GET /a/{x} = p:p", {"GET/a/?*"}, {"GET/a/?*/*"}),
        ("GET /{x}/c = p:p", {"GET/?*/c"}, {"GET/?*/?*/c"}),
        ("GET /{x}/{y} = p:p", {"GET/?*/?*"}, {"GET/?*/?*/*"}),
        ("GET /a/{x+} = p:p", {"GET/a/?*"}, set()),
        # A rule that is more specific and isn't met.
        ("GET /a/{x} = p:p; GET /a/b = q:q", {"GET/a/?*"}, {"GET/a/?*/*", "GET/a/b"}),
        ("GET /{all+} = p:p; GET /a/{x+} = q:q; GET /a = q:q", {"GET/?*"}, {"GET/a", "GET/a/?*"}),
        ("GET /a/{x} = p:p; GET /a/{x}/b = q:q", {"GET/a/?*"}, {"GET/a/?*/*"}),
        ("GET /a/{x}/c = p:p; GET /a/b/{y} = q:q", {"GET/a/?*/c"}, {"GET/a/?*/?*/c", "GET/a/b/?*"}),
        # A rule that is less specific and isn't met needs no Deny, nor could it have one.
        ("GET /a/b = p:p; GET /a/{x} = q:q", {"GET/a/b"}, set()),
        # Both met: the one that reaches further is enough.
        ("GET /a/{x} = p:p; GET /a/b = p:p; GET /{all+} = p:p", {"GET/?*"}, set()),
        # Shadowed on all of its paths.
        ("GET /a = q:q; * /a = p:p", {f"{method}/a" for method in METHODS if method != "GET"}, set()),
        ("GET /{x+} = q:q; * /{x} = p:p", {f"{m}/?*" for m in METHODS}, {f"{m}/?*/*" for m in METHODS}),
        ("CONNECT $connect = p:p", set(), set()),
    ],
)
def test_what_can_be_said_is_said_exactly(routes: str, allow: set[str], deny: set[str]) -> None:
    assert _texts(_grant(routes)) == (allow, deny, [])


def test_paths_that_no_rule_names_are_denied_as_far_as_iam_can_tell_them_apart() -> None:
    """`/a/7/c` can't be told from `/a/7/b`, but longer paths can, and such with a slash at their end."""
    grant = _grant("GET /a/{x} = p:p; GET /a/{x}/b = p:p")
    assert _texts(grant) == (
        {"GET/a/?*"},
        {"GET/a/?*/", "GET/a/?*/?*/*"},
        ["GET /a/{x} can't be allowed without longer paths that no rule names"],
    )


def test_what_cannot_be_said_is_withheld() -> None:
    """DESIGN's own example."""
    grant = _grant("GET /{x} = p:p; GET /{x}/{k} = q:q; GET /{x}/a = p:p")
    assert _texts(grant) == (
        {"GET/?*/a"},
        {"GET/?*/?*/a"},
        ["GET /{x} is allowed only where it is asked for, since GET /{x}/{k} can't be denied beside it"],
    )


def test_a_rule_about_any_method_has_one_gap_that_names_the_methods() -> None:
    grant = _grant("* /{x} = p:p; * /{x}/{k} = q:q; POST /{x}/a = p:p; GET /{x}/a = p:p")
    assert _texts(grant)[2] == [
        "* /{x} is allowed only where it is asked for, since * /{x}/{k} can't be denied beside it (GET, POST)",
    ]


UNNAMED = "a path that no rule names is allowed only where it is asked for, since GET /a/{x} can't be denied beside it (GET)"
ALL = {f"{method}/*" for method in METHODS}


@pytest.mark.parametrize(
    ("routes", "allow", "deny", "gaps"),
    [
        ("", ALL, set(), []),
        ("GET /a = q:q", ALL, {"GET/a"}, []),
        ("GET /a = p:p; GET /b/{x+} = q:q; * /c = q:q", ALL, {"GET/b/?*", *(f"{method}/c" for method in METHODS)}, []),
        (
            "GET /a/{x} = q:q",
            ALL,
            {"GET/a/?*"},
            [UNNAMED],
        ),
        (
            "GET /a/{x} = q:q; GET /a/b = p:p",
            {*ALL, "GET/a/b"} - {"GET/*"},
            set(),
            [UNNAMED],
        ),
    ],
)
def test_the_default_authenticated_allows_all_but_the_rules_that_are_not_met(
    routes: str, allow: set[str], deny: set[str], gaps: list[str]
) -> None:
    assert _texts(_grant(routes, "authenticated")) == (allow, deny, gaps)


def test_the_default_is_for_valid_tokens_alone() -> None:
    assert _texts(_grant("GET /a = public; GET /b = p:p", "authenticated", authenticated=False)) == ({"GET/a"}, set(), [])


def test_a_grant_is_compiled_once() -> None:
    compiler = GrantCompiler(parse_rules("GET /a = p:p"), "deny")
    assert compiler.grant((True,), True) is compiler.grant((True,), True)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        (("a", ONE), "a/b", True),
        (("a", ONE), "a/", False),
        (("a", ONE), "a/b/c", False),
        (("a", MANY), "a/b/c", True),
        (("a", MANY), "a/b/", True),
        (("a", MANY), "a/", False),
        (("a", ANY), "a/", True),
        (("a", ANY), "a", False),
        ((MANY, "c"), "a/b/c", True),
        ((MANY, "c"), "c", False),
        ((MANY, MANY, ANY), "a/b/", True),
        ((MANY, MANY, ANY), "a/b", False),
        (("",), "", True),
        ((ANY,), "", True),
    ],
)
def test_wildcards(pattern: tuple[str, ...], path: str, expected: bool) -> None:
    assert matches(pattern, path.split("/")) is expected


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ((MANY,), ("a", "b"), True),
        ((MANY,), ("a", ANY), True),
        ((MANY,), (ANY,), False),
        ((ANY,), (MANY,), True),
        (("a", MANY), ("a", MANY, "b"), True),
        (("a", MANY, "b"), ("a", MANY), False),
        ((MANY, MANY), (MANY,), False),
        ((MANY, MANY), ("a", MANY, "b"), True),
        (("a",), ("a",), True),
        (("a",), (MANY,), False),
    ],
)
def test_a_pattern_covers_another(outer: tuple[str, ...], inner: tuple[str, ...], expected: bool) -> None:
    assert covers(outer, inner) is expected


def test_which_templates_decide_about_a_pattern() -> None:
    routes = RouteMap([("a", "b"), ("a", ONE), (MANY,)])
    routes.steps = 100
    assert routes.deciding(("a", "b")) == {0}
    assert routes.deciding(("a", ONE)) == {0, 1}
    assert routes.deciding((MANY,)) == {0, 1, 2}
    assert routes.deciding((ANY,)) == {0, 1, 2, None}
    assert routes.deciding((MANY,), [("a", MANY)]) == {2}
    assert routes.deciding(("a", MANY), [("a", MANY, ANY), ("a", "b")]) == {1}
    routes.steps = 0
    with pytest.raises(TooEntangled):
        routes.deciding((MANY,))


@pytest.mark.parametrize("default", ["deny", "authenticated"])
def test_rules_that_overlap_in_too_many_ways_are_withheld(default: Default, monkeypatch: pytest.MonkeyPatch) -> None:
    """However rules are written, an authorizer must answer within seconds. What has no variables is allowed all the same."""
    monkeypatch.setattr("gatepost_verifier.path_grants.MAX_STEPS", 1)
    allow, deny, gaps = _texts(_grant("GET /a = p:p; GET /b = q:q; GET /{x}/c/{y} = p:p", default))
    assert (allow & {"GET/a", "GET/*"}, deny) == ({"GET/a"}, set())
    assert "GET /{x}/c/{y} is allowed only where it is asked for, since the rules overlap in too many ways" in gaps


def test_the_time_for_overlapping_rules_is_that_of_the_whole_api_and_not_of_each_method(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gatepost_verifier.path_grants.MAX_STEPS", 100)
    rules = [f"{method} /{{x}}/c/{{y}} = p:p" for method in METHODS]
    assert "GET/?*/c/?*" in _texts(_grant(rules[METHODS.index("GET")]))[0]
    allow, _, gaps = _texts(_grant("; ".join(rules)))
    assert allow == set()
    assert [gap for gap in gaps if "the rules overlap in too many ways" in gap]


def test_time_grows_with_a_path_no_faster_than_its_length() -> None:
    """A client writes the path, so no pattern may make it expensive."""
    pattern = (MANY, "a", MANY, "a", MANY, "a", MANY, "b")
    assert not matches(pattern, ["a"] * 20_000)
