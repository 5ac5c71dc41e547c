"""What an authorizer may answer: members, the kinds of values in a context, limits."""

from typing import Any

import pytest

from local.authorizers.answers import AnswerInvalid, read_answer
from local.model import Authorizer
from tests.unit.local.stand_ins import http_authorizer, policy, rest_authorizer

SCALARS = {"text": "a b", "number": 7, "half": 0.5, "yes": True, "no": False}


@pytest.mark.parametrize("authorizer", [rest_authorizer(), rest_authorizer(payload="REQUEST")])
def test_a_rest_api_hands_every_value_over_as_text_and_the_principal_with_it(authorizer: Authorizer) -> None:
    answer = read_answer(authorizer, policy("*", context=SCALARS))
    assert answer.v1_context == {
        "text": "a b",
        "number": "7",
        "half": "0.5",
        "yes": "true",
        "no": "false",
        "principalId": "ada",
    }


def test_an_http_api_hands_values_over_as_they_are() -> None:
    simple = read_answer(http_authorizer(), {"isAuthorized": True, "context": SCALARS})
    assert simple.v2_context == {"lambda": SCALARS}
    iam = read_answer(http_authorizer(payload="1.0", simple=False), policy("*", context=SCALARS))
    assert iam.v1_context == {**SCALARS, "principalId": "ada"}


@pytest.mark.parametrize("value", [None, [], ["a"], {}, {"a": 1}])
@pytest.mark.parametrize(
    "authorizer", [rest_authorizer(), rest_authorizer(payload="REQUEST"), http_authorizer(payload="1.0", simple=False)]
)
def test_a_context_holds_scalars_alone(authorizer: Authorizer, value: Any) -> None:
    with pytest.raises(AnswerInvalid, match="context may hold text, numbers and booleans alone"):
        read_answer(authorizer, policy("*", context={"a": value}))


def test_in_format_2_a_context_may_hold_more() -> None:
    context = {"list": ["a"], "map": {"a": 1}}
    assert read_answer(http_authorizer(), {"isAuthorized": True, "context": context}).v2_context == {"lambda": context}
    assert read_answer(http_authorizer(simple=False), policy("*", context=context)).v2_context == {"lambda": context}


@pytest.mark.parametrize("context", ["a", 7, ["a"]])
def test_a_context_is_an_object(context: Any) -> None:
    with pytest.raises(AnswerInvalid, match="context must be an object"):
        read_answer(http_authorizer(), {"isAuthorized": True, "context": context})


@pytest.mark.parametrize(
    "said",
    [
        None,
        "Allow",
        [],
        {},
        {"isAuthorized": True},
        {**policy("*"), "principalId": ""},
        {**policy("*"), "principalId": None},
        {**policy("*"), "principalId": 7},
        {**policy("*"), "policyDocument": None},
    ],
)
def test_a_08_an_iam_answer_has_a_principal_and_a_policy(said: Any) -> None:
    with pytest.raises(AnswerInvalid):
        read_answer(rest_authorizer(), said)


@pytest.mark.parametrize("said", [{"isAuthorized": 1}, {"isAuthorized": "true"}, {"context": {}}, policy("*")])
def test_a_simple_answer_is_true_or_false(said: Any) -> None:
    with pytest.raises(AnswerInvalid, match="isAuthorized must be true or false"):
        read_answer(http_authorizer(), said)


def test_a_08_a_policy_and_a_context_over_8_kb_are_refused() -> None:
    routes = tuple(f"GET/{number:03}/{'x' * 40}" for number in range(100))
    with pytest.raises(AnswerInvalid, match=r"policyDocument has \d+ bytes, more than 8192"):
        read_answer(rest_authorizer(), policy(*routes))
    with pytest.raises(AnswerInvalid, match=r"context has 8194 bytes, more than 8192"):
        read_answer(rest_authorizer(), policy("*", context={"a": "x" * 8186}))
    assert read_answer(rest_authorizer(), policy("*", context={"a": "x" * 8184}))
