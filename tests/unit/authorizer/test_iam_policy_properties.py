"""A-01, A-02: a policy is exact for the path that was asked, and never allows another one that a rule denies.

Small worlds, looked at completely: random rules over few segments, random callers, and every path of a few segments.
"""

from itertools import product
from typing import Any

from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from gatepost_verifier import AccessToken
from gatepost_verifier.decision import Decision, Default, decide
from gatepost_verifier.grants import Grant
from gatepost_verifier.iam_policy import PolicyCompiler
from gatepost_verifier.method_arn import parse_method_arn
from gatepost_verifier.route_rules import Rule, RuleError, parse_rules
from tests.unit.authorizer import iam
from tests.unit.authorizer.support import caller

WORLD = settings(max_examples=300, derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
METHODS = ("GET", "POST")
SEGMENTS = ("a", "b", "7")
PATHS = [
    *("/", "/a"),
    *(f"/{'/'.join(way)}{end}" for depth in range(1, 4) for way in product(SEGMENTS, repeat=depth) for end in ("", "/")),
    *(f"/{'/'.join(way)}" for way in product(("a", "7"), repeat=4)),
    *("/a/b/a/b/a", "/7/7/7/7/7", "/a/7/7/b/7/a", "/A", "/a/B", "/a:b/7", "/ab", "/a/7x/b", "/a/zoë b"),
]
# What `decide` refuses whatever the rules say, or reads in two ways.
ODD_PATHS = [
    *("//", "//a", "/a//", "/a//b", "/a/./b", "/a/../b", "/..", "/a/.", "/a/..", "/a;b", "/b/a;x=y", "/a\\b", "/a#b"),
    *("/%61", "/a/%62", "/a/%2e%2e/b", "/a%2fb", "/a/b%2F7", "/a/7%20", "/7/%C3%A9", "/a/%00", "/a/%2a", "/%25"),
    *("/*", "/a/*", "/a/?", "/${a}", "/a/${*}", "/a/b*", "/a/\n", "/a/7\0"),
]
# Of these IAM can't speak.
UNSPEAKABLE = ("*", "?", "${", "\n", "\0")

segment = st.sampled_from(["a", "a", "b", "{x}", "{x}"])
template = st.builds(
    lambda segments, end: "/" + "/".join([*segments, *end]),
    st.lists(segment, max_size=4),
    st.sampled_from([(), (), (), ("",), ("{all+}",)]),
).filter(lambda path: "//" not in path)
requirement = st.sampled_from(["p:p", "p:p", "q:q", "q:q", "public", "authenticated", "p:p & q:q", "p:p | q:q", "mfa"])
rule = st.builds("{} {} = {}".format, st.sampled_from(["GET", "GET", "GET", "POST", "*"]), template, requirement)
# What the DESIGN and the issue name as hard, and what people write.
HARD = [
    "GET /{x} = p:p; GET /{x}/{k} = q:q; GET /{x}/a = p:p",
    "GET /a/{x} = p:p; GET /a/{x}/b = p:p; GET /a/b = q:q; GET /{all+} = q:q",
    "GET /a/{x}/b = p:p; GET /a/b/{y} = q:q; GET /{all+} = authenticated",
    "* /{all+} = p:p; GET /a/{x+} = q:q; POST /a = q:q; GET / = public",
    "GET /a = p:p; GET /a/ = q:q; GET /a/{x} = p:p; GET /a/{x}/ = q:q; * /{x}/b = mfa",
    "* /a/{x+} = q:q; GET /a/b/{x+} = p:p; GET /a/b/a = q:q; POST /a/{x}/{y} = p:p",
]


@st.composite
def rule_sets(draw: st.DrawFn) -> tuple[Rule, ...]:
    lines = draw(st.lists(rule, max_size=7)) + draw(st.sampled_from(["", *HARD])).split(";")
    text = ""
    for line in lines:
        try:
            parse_rules(f"{text};{line}")
        except RuleError:  # another one is about the same route
            continue
        text = f"{text};{line}"
    note(text)
    return parse_rules(text)


callers = st.builds(
    lambda permissions, amr: caller(*permissions, amr=amr),
    st.sets(st.sampled_from(["p:p", "q:q"])),
    st.sampled_from([("pwd",), ("pwd", "mfa")]),
)
asked_calls = st.tuples(st.sampled_from(METHODS), st.sampled_from(PATHS) | st.sampled_from(ODD_PATHS))
worlds = st.tuples(rule_sets(), st.sampled_from(["deny", "deny", "authenticated"]), callers, asked_calls)


def _policy(
    rules: tuple[Rule, ...], default: Default, token: AccessToken, method: str, path: str
) -> tuple[Decision, iam.Policy]:
    """What is decided about a call, and the policy that it gets."""
    decision = decide(rules, default, method, path, token)
    document = PolicyCompiler(rules, default).policy(parse_method_arn(iam.arn(method, path)), decision.allowed, token)
    assert document is not None
    return decision, iam.read(document)


def _about(grant: Grant, withheld: bool) -> set[tuple[str, Rule | None]]:
    """The methods and rules of the grant's gaps, of those that give less or those that give more."""
    return {(method, gap.rule) for gap in grant.gaps if gap.withheld == withheld for method in gap.methods}


@WORLD
@given(worlds)
def test_a02_the_path_asked_for_is_answered_as_the_core_decides(world: Any) -> None:
    rules, default, token, (method, path) = world
    decision, policy = _policy(rules, default, token, method, path)
    event(decision.reason)
    assert policy.allowed(iam.arn(method, path)) == decision.allowed


@WORLD
@given(worlds)
def test_a01_no_other_path_is_allowed_that_is_denied_or_denied_that_is_allowed(world: Any) -> None:
    """And what can't be said in IAM's language is known, to give less wherever a rule denies something."""
    rules, default, token, asked = world
    _, policy = _policy(rules, default, token, *asked)
    grant = PolicyCompiler(rules, default).grant(token)
    leaking, withheld = _about(grant, withheld=False), _about(grant, withheld=True)
    # Then more than its own path may be denied.
    narrow = "%" in asked[1] or any(text in asked[1] for text in UNSPEAKABLE) or any(rule is None for _, rule in withheld)
    event("not representable" if grant.gaps else "representable, from one call alone" if narrow else "representable")
    for call in product(("GET", "POST", "PUT"), PATHS + ODD_PATHS):
        allowed, decision = policy.allowed(iam.arn(*call)), decide(rules, default, *call, token)
        if allowed and not decision.allowed:
            # Never because of a rule.
            assert decision.rule is None, call
            if decision.reason == "no_rule":
                assert any(method == call[0] for method, _ in leaking), call
            else:
                assert any(text in call[1] for text in UNSPEAKABLE), call
        if decision.allowed and not allowed:
            assert narrow or "%" in call[1] or (call[0], decision.rule) in withheld, call


@WORLD
@given(worlds)
def test_a_caller_without_a_token_has_what_is_public_alone(world: Any) -> None:
    rules, default, _, (method, path) = world
    if not decide(rules, default, method, path, None).allowed:
        return
    document = PolicyCompiler(rules, default).policy(parse_method_arn(iam.arn(method, path)), allowed=True, token=None)
    policy = iam.read(document)
    assert policy.allowed(iam.arn(method, path))
    for call in product(("GET", "POST", "PUT"), PATHS):
        rule = decide(rules, default, *call, None).rule
        assert not policy.allowed(iam.arn(*call)) or rule is None or rule.requirement.public, call
