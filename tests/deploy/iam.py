"""IAM's evaluation of a role's policies, written from its documentation alone.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Need:
    """A right that a call needs: to do `action` to the resource of this ARN. `context` holds what conditions may look at, all
    values of a key in a tuple.
    """

    action: str
    resource: str
    context: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Grant:
    """One action on one resource, either of which may have wildcards, of a statement that allows it under `conditions`."""

    action: str
    resource: str
    conditions: Mapping[str, Any] = field(hash=False)

    def covers(self, need: Need) -> bool:
        """Whether it gives `need`."""
        context = dict(need.context)
        return (
            _like(need.action, self.action)
            and _like(need.resource, self.resource)
            and all(
                _holds(operator, context.get(key), _list(wanted))
                for operator, keys in self.conditions.items()
                for key, wanted in keys.items()
            )
        )


def grants(policies: Sequence[Mapping[str, Any]]) -> Iterator[Grant]:
    """Yield what `policies` allow. Fails for one that says anything but what is allowed: nothing else is needed."""
    for policy in policies:
        for statement in _list(policy["Statement"]):
            assert statement.keys() <= {"Effect", "Action", "Resource", "Condition"}, statement
            assert statement["Effect"] == "Allow"
            for action in _list(statement["Action"]):
                for resource in _list(statement["Resource"]):
                    yield Grant(action, resource, statement.get("Condition", {}))


def _holds(operator: str, values: tuple[str, ...] | None, wanted: Sequence[str]) -> bool:
    """Whether a condition holds for the `values` of its key, of which there may be none."""
    match operator:
        case "StringEquals":
            return values is not None and set(values) <= set(wanted)
        case "StringLike" | "ArnLike":
            return values is not None and all(_like_any(value, wanted) for value in values)
        case "ForAllValues:StringEquals":
            return set(values or ()) <= set(wanted)
        case "ForAllValues:StringLike":
            return all(_like_any(value, wanted) for value in values or ())
    raise AssertionError(f"nobody has taught this test the condition operator {operator}")


def _like_any(value: str, patterns: Sequence[str]) -> bool:
    return any(_like(value, pattern) for pattern in patterns)


def _like(value: str, pattern: str) -> bool:
    wildcards = {"*": ".*", "?": "."}
    return bool(re.fullmatch("".join(wildcards.get(letter) or re.escape(letter) for letter in pattern), value, re.DOTALL))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
