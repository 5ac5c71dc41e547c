"""Filter criteria of event source mappings: which stream records reach a function.

Of the rule syntax, exact values, ``{"exists": true|false}`` and ``{"anything-but": [texts]}`` are understood, at any depth.
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
        elif not all(map(_is_known, rule)):
            raise StackError(f"{where}: the local stack knows exact values, exists and anything-but in filters, not {rule!r}.")
    return pattern


def _is_known(rule: Any) -> bool:
    match rule:
        case {"exists": bool()}:
            return len(rule) == 1
        case {"anything-but": [*texts]}:
            return len(rule) == 1 and all(isinstance(text, str) for text in texts)
    return not isinstance(rule, dict | list)


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
        return present and members[name] not in value["anything-but"] if "anything-but" in value else present is value["exists"]
    return present and bool(members[name] == value) and type(members[name]) is type(value)
