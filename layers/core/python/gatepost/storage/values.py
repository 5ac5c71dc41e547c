"""Values in DynamoDB's notation, and back.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes

boto3 has the same for numbers of every kind; to import it takes as long as half of botocore. All our numbers are whole, and
binary is bytes.
"""

from collections.abc import Callable, Mapping
from typing import Any

# The digits of a number in DynamoDB: one with more would be refused there, as a failure of ours.
_MOST = 10**38


def notation(value: Any) -> dict[str, Any]:
    """Return `value` as DynamoDB takes it, such as ``{"S": "text"}``.

    Raises:
        TypeError: for what has no notation: a fraction, an empty or a mixed set, any other type.
        ValueError: for a number of more than 38 digits.
    """
    for kind in type(value).__mro__:
        if kind in _NOTATIONS:
            return _NOTATIONS[kind](value)
    if isinstance(value, Mapping):
        return _map(value)
    raise TypeError(f"DynamoDB has no notation for {type(value).__name__}")


def plain(notated: Mapping[str, Any]) -> Any:
    """Return the value that DynamoDB gave in its notation: a number as int, binary as bytes."""
    ((tag, value),) = notated.items()
    return _PLAIN[tag](value)


def _number(value: int) -> str:
    if abs(value) >= _MOST:
        raise ValueError("a number has more than the 38 digits that DynamoDB keeps")
    return str(value)


def _map(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"M": {name: notation(member) for name, member in value.items()}}


def _list(value: list[Any] | tuple[Any, ...]) -> dict[str, Any]:
    return {"L": [notation(member) for member in value]}


def _set(value: set[Any] | frozenset[Any]) -> dict[str, Any]:
    members = [notation(member) for member in value]
    tags = {tag for member in members for tag in member}
    if len(tags) != 1 or not tags <= {"S", "N", "B"}:
        raise TypeError("a set has texts alone, numbers alone or bytes alone, and is never empty")
    (tag,) = tags
    return {f"{tag}S": [member[tag] for member in members]}


_NOTATIONS: dict[type, Callable[[Any], dict[str, Any]]] = {
    str: lambda value: {"S": str(value)},
    bool: lambda value: {"BOOL": value},
    int: lambda value: {"N": _number(value)},
    bytes: lambda value: {"B": value},
    type(None): lambda value: {"NULL": True},
    dict: _map,
    list: _list,
    tuple: _list,
    set: _set,
    frozenset: _set,
}
_PLAIN: dict[str, Callable[[Any], Any]] = {
    "S": str,
    "BOOL": bool,
    "N": int,
    "B": bytes,
    "NULL": lambda value: None,
    "M": lambda value: {name: plain(member) for name, member in value.items()},
    "L": lambda value: [plain(member) for member in value],
    "SS": set,
    "NS": lambda value: set(map(int, value)),
    "BS": set,
}
