"""The evaluation of policies that stands in for IAM: what it grants, and what it must not."""

from typing import Any

import pytest

from tests.deploy.iam import Need, grants

TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/Users"


def granted(statement: dict[str, Any], action: str, resource: str = TABLE, key: tuple[str, ...] | None = None) -> bool:
    """Whether a policy of this statement alone grants it, where `key` of the context has these values."""
    need = Need(action, resource, () if key is None else (("key", key),))
    return any(grant.covers(need) for grant in grants([{"Statement": [{"Effect": "Allow", "Resource": TABLE} | statement]}]))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Action": "dynamodb:GetItem"}, True),
        ({"Action": ["dynamodb:Query", "dynamodb:GetItem"]}, True),
        ({"Action": "dynamodb:Get*"}, True),
        ({"Action": "dynamodb:Query"}, False),
        ({"Action": "dynamodb:GetIte?s"}, False),
        ({"Action": "dynamodb:GetItem", "Resource": f"{TABLE}/index/*"}, False),
        ({"Action": "dynamodb:GetItem", "Resource": TABLE.removesuffix("s")}, False),
        ({"Action": "dynamodb:GetItem", "Resource": ["*"]}, True),
    ],
)
def test_action_and_resource_must_both_be_named(statement: dict[str, Any], expected: bool) -> None:
    assert granted(statement, "dynamodb:GetItem") == expected


def test_what_is_granted_on_a_table_is_not_granted_on_its_index() -> None:
    assert not granted({"Action": "dynamodb:Query"}, "dynamodb:Query", f"{TABLE}/index/by_address")


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ({"StringEquals": {"key": "a"}}, ("a",), True),
        ({"StringEquals": {"key": ["a", "b"]}}, ("b",), True),
        ({"StringEquals": {"key": "a"}}, ("c",), False),
        ({"StringEquals": {"key": "a"}}, None, False),
        ({"StringLike": {"key": "A#*"}}, ("A#1",), True),
        ({"ArnLike": {"key": "arn:*:f-*"}}, ("arn:aws:f-1",), True),
        ({"ArnLike": {"key": "arn:*:f-*"}}, None, False),
        ({"ForAllValues:StringLike": {"key": ["A#*"]}}, ("A#1", "A#2"), True),
        ({"ForAllValues:StringLike": {"key": ["A#*"]}}, ("A#1", "B#2"), False),
        # IAM's own trap: where there is no value, all of them are alike.
        ({"ForAllValues:StringLike": {"key": ["A#*"]}}, None, True),
        ({"StringEquals": {"key": "a", "other": "b"}}, ("a",), False),
    ],
)
def test_every_condition_must_hold(condition: dict[str, Any], values: tuple[str, ...] | None, expected: bool) -> None:
    assert granted({"Action": "s:A", "Condition": condition}, "s:A", key=values) == expected


def test_a_policy_that_denies_or_excepts_is_not_read_as_if_it_did_not() -> None:
    for statement in ({"Effect": "Deny", "Action": "s:A"}, {"NotAction": "s:A"}, {"Action": "s:A", "NotResource": "x"}):
        with pytest.raises(AssertionError):
            granted(statement, "s:A")


def test_an_unknown_operator_is_not_passed_over() -> None:
    with pytest.raises(AssertionError):
        granted({"Action": "s:A", "Condition": {"IpAddress": {"key": "10.0.0.0/8"}}}, "s:A", key=("10.0.0.1",))
