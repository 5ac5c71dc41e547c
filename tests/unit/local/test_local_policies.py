"""IAM's evaluation, as far as authorizers use it."""

from typing import Any

import pytest

from local.authorizers.policies import PolicyInvalid, Verdict, evaluate, matches, read_policy
from tests.unit.local.stand_ins import ACCOUNT_ARN

ARN = f"{ACCOUNT_ARN}:api/live/GET/orders/7"


def _statement(effect: str, resource: Any, action: Any = "execute-api:Invoke") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


def _document(*statements: Any, version: Any = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("a", "a", True),
        ("a", "A", False),
        ("a", "ab", False),
        ("GET/users/*", "GET/users/1", True),
        ("GET/users/*", "GET/users/", True),
        ("GET/users/*", "GET/users", False),
        # The trap: neither wildcard stops at a slash.
        ("GET/users/*", "GET/users/1/admin", True),
        ("GET/?sers/1", "GET//sers/1", True),
        ("*/users", "DELETE/admin/users", True),
        ("GET/a?c", "GET/abc", True),
        ("GET/a?c", "GET/ac", False),
        ("GET/a.c", "GET/abc", False),
        ("GET/[ab]", "GET/a", False),
        ("GET/${*}", "GET/*", True),
        ("GET/${*}", "GET/x", False),
        ("GET/${?}${$}", "GET/?$", True),
        ("GET/$x", "GET/$x", True),
        ("*", "a\nb:c", True),
    ],
)
def test_wildcards_cross_slashes_and_nothing_else_is_special(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ([_statement("Allow", ARN)], Verdict.ALLOWED),
        ([_statement("Allow", [f"{ARN}/x", ARN])], Verdict.ALLOWED),
        ([_statement("Allow", "arn:aws:execute-api:*:*:api/*/GET/*")], Verdict.ALLOWED),
        ([_statement("Allow", "*", "execute-api:*")], Verdict.ALLOWED),
        ([_statement("Allow", "*", ["s3:*", "Execute-API:invoke"])], Verdict.ALLOWED),
        ([_statement("Allow", ARN.replace("GET", "get"))], Verdict.DENIED),
        ([_statement("Allow", ARN + "/")], Verdict.DENIED),
        ([_statement("Allow", "*", "execute-api:ManageConnections")], Verdict.DENIED),
        ([_statement("Deny", "*", "s3:*"), _statement("Allow", ARN)], Verdict.ALLOWED),
        ([_statement("Allow", ARN), _statement("Deny", "*")], Verdict.EXPLICITLY_DENIED),
        ([_statement("Deny", "*"), _statement("Allow", ARN)], Verdict.EXPLICITLY_DENIED),
        ([_statement("Deny", "*/other"), _statement("Allow", ARN)], Verdict.ALLOWED),
        ([_statement("Deny", "*/other")], Verdict.DENIED),
    ],
)
def test_deny_wins_and_what_nothing_allows_is_denied(statements: list[Any], verdict: Verdict) -> None:
    assert evaluate(read_policy(_document(*statements)), ARN) is verdict


def test_one_statement_needs_no_list() -> None:
    assert evaluate(read_policy({"Version": "2012-10-17", "Statement": _statement("Allow", ARN)}), ARN) is Verdict.ALLOWED


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        _document(),
        _document(_statement("Allow", ARN), version="2012-10-18"),
        _document(_statement("Allow", ARN), version=None),
        _document("Allow"),
        _document(_statement("allow", ARN)),
        _document(_statement("Allow", None)),
        _document(_statement("Allow", [])),
        _document(_statement("Allow", [7])),
        _document(_statement("Allow", ARN, None)),
        _document({"Effect": "Allow", "Action": "execute-api:Invoke"}),
        _document({**_statement("Allow", ARN), "Condition": {}}),
        _document({"Effect": "Allow", "NotAction": "s3:*", "Resource": ARN}),
        _document(_statement("Allow", "*/${aws:username}")),
        _document(_statement("Allow", ARN + "x" * 512)),
    ],
)
def test_what_is_no_policy_or_can_not_be_evaluated_is_refused_as_a_whole(document: Any) -> None:
    with pytest.raises(PolicyInvalid):
        read_policy(document)
