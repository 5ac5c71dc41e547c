"""Filter criteria of event source mappings: which stream records reach a function.

Of the rule syntax, exact values and ``{"exists": true|false}`` are understood, at any depth.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from collections.abc import Mapping
from typing import Any

from local.errors import StackError

Pattern = Mapping[str, Any]


def check_pattern(pattern: Any, where: str) -> Pattern:
    """Return `pattern` if `matches` understands it. Raises `StackError` naming `where` otherwise."""
    if not isinstance(pattern, dict):
        raise StackError(f"{where}: a filter pattern must be a JSON object, not {pattern!r}.")
    for name, rule in pattern.items():
        if isinstance(rule, dict):
            check_pattern(rule, where)
        elif not isinstance(rule, list):
            raise StackError(f"{where}: in a filter pattern the values of {name} must stand in a list.")
        elif any((isinstance(value, dict) and value.keys() != {"exists"}) or isinstance(value, list) for value in rule):
            raise StackError(f"{where}: the local stack knows exact values and exists in filters, not {rule!r}.")
    return pattern


def matches(pattern: Pattern, record: Any) -> bool:
    """Return whether `record` (parsed JSON) has, for every member of `pattern`, one of the values it lists."""
    members = record if isinstance(record, Mapping) else {}
    return all(
        matches(rule, members.get(name)) if isinstance(rule, Mapping) else any(_meets(value, name, members) for value in rule)
        for name, rule in pattern.items()
    )


def _meets(value: Any, name: str, members: Mapping[str, Any]) -> bool:
    # "exists" asks for a leaf: an object at that place doesn't count.
    present = name in members and not isinstance(members[name], Mapping)
    if isinstance(value, dict):
        return present is bool(value["exists"])
    return present and bool(members[name] == value) and type(members[name]) is type(value)
