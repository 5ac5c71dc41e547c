"""What the adapters share: the requirement language, one Authorization field, and the challenge of a refusal."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost_verifier.protection import Refused, RequirementError, admit, parse_requirement
from gatepost_verifier.route_rules import RuleError, parse_rules
from tests.unit.verifier import forge

CONDITIONS = ["authenticated", "mfa", "client", "orders:read", "a.b-c_1:d.e-f_2", "scope:orders", "scope:https://a.example/x"]
WORDS = [*CONDITIONS, "public", "orders", "orders:*", "*", "", "(x:y)", "x:y:z", "scope:", "Public", "é:é", "&", "|", "&&", "|"]


@given(parts=st.lists(st.sampled_from([*WORDS, "&", "|", " ", "  "]), max_size=9), glue=st.sampled_from(["", " "]))
def test_it_is_the_language_of_the_routes(parts: list[str], glue: str) -> None:
    """Taken and refused alike, but for `public`, which protects nothing."""
    text = glue.join(parts)
    try:
        (rule,) = parse_rules(f"GET /x = {text}")
    except RuleError:
        with pytest.raises(RequirementError):
            parse_requirement(text)
        return
    if rule.requirement.public:
        with pytest.raises(RequirementError):
            parse_requirement(text)
    else:
        assert parse_requirement(text) == rule.requirement


@given(text=st.text(max_size=30))
def test_any_text_is_a_requirement_or_refused(text: str) -> None:
    try:
        requirement = parse_requirement(text)
    except RequirementError:
        return
    assert all(all(conditions) for conditions in requirement.alternatives)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "expected authenticated, mfa, client, scope:NAME or a permission such as orders:read; found the end"),
        ("orders", "'orders': expected authenticated.* found orders"),
        ("public", "found public"),
        ("a:b & public", "found public"),
        ("a:b &", "found the end"),
        ("a:b c:d", r"expected &, \| or the end; found c:d"),
        ("a:b; GET /y = c:d", r"expected &, \| or the end; found ;"),
        ("a:b # c", r"expected &, \| or the end; found #"),
        ("a:b = c:d", "found ="),
    ],
)
def test_a_mistake_is_told(text: str, expected: str) -> None:
    with pytest.raises(RequirementError, match=expected):
        parse_requirement(text)


def _refusal(authorization: list[str], needs: str = "authenticated") -> Refused:
    with pytest.raises(Refused) as refusal:
        admit(forge.verifier(), parse_requirement(needs), authorization)
    return refusal.value


GOOD = f"Bearer {forge.token()}"


@pytest.mark.parametrize("needs", ["authenticated", "mfa", "orders:read", "orders:write | scope:orders", "orders:read & mfa"])
def test_a_token_that_may_is_handed_over(needs: str) -> None:
    assert admit(forge.verifier(), parse_requirement(needs), [GOOD]).sub == "usr_1"


@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        ([], "Bearer"),
        ([""], "Bearer"),
        (["Basic dTpw"], "Bearer"),
        ([forge.token()], "Bearer"),
        ([GOOD, GOOD], 'Bearer error="invalid_token", error_description="bearer_invalid"'),
        (["", GOOD], 'Bearer error="invalid_token", error_description="bearer_invalid"'),
        ([f"{GOOD}, {GOOD}"], 'Bearer error="invalid_token", error_description="bearer_invalid"'),
        ([GOOD + "x"], 'Bearer error="invalid_token", error_description="token_malformed"'),
        (
            [f"Bearer {forge.token(forge.claims(exp=forge.NOW - 31, iat=forge.NOW - 900))}"],
            'Bearer error="invalid_token", error_description="token_expired"',
        ),
    ],
)
def test_a06_without_a_good_token_it_is_401(authorization: list[str], challenge: str) -> None:
    """RFC 6750 section 3.1: no error for a request without credentials."""
    refused = _refusal(authorization)
    assert (refused.status, str(refused), refused.challenge) == (401, "Unauthorized", challenge)


@pytest.mark.parametrize("needs", ["orders:write", "client", "scope:admin", "orders:read & orders:write", "client | x:y"])
def test_without_the_permission_it_is_403(needs: str) -> None:
    refused = _refusal([GOOD], needs)
    assert (refused.status, str(refused), refused.challenge) == (403, "Forbidden", 'Bearer error="insufficient_scope"')


@pytest.mark.parametrize("bad", [*forge.token().split("."), "x" * 9000, forge.token()[:-1]])
def test_j22_no_answer_repeats_anything_of_the_token(bad: str) -> None:
    refused: Any = _refusal([f"Bearer {bad}"])
    for part in (*forge.token().split("."), bad):
        assert part not in f"{refused} {refused.challenge}"
