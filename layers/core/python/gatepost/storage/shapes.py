"""Items that newer code has written: what this code doesn't know of them it neither trips over nor loses.

During a deployment old and new code read and write the same items, and after a rollback the old one alone does. So a reader
takes what it knows of an item, and a writer that writes an item as a whole, since it changes it as a whole, gives back what it
doesn't know. docs/decisions/0032
"""

from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from gatepost.storage.writes import Item

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# The field in which a dataclass keeps what its item has beside its own fields.
_FURTHER = "further"
_KEYS = {"pk", "sk"}


def known(kind: "type[DataclassInstance]", item: Item) -> Item:
    """Return the arguments of the dataclass `kind` that `item` has: the attributes that are fields of it.

    All others are its `further`, if it has such a field; the keys are none of it.
    """
    names = {field.name for field in fields(kind)}
    arguments = {name: value for name, value in item.items() if name in names}
    if _FURTHER in names:
        arguments[_FURTHER] = {name: value for name, value in item.items() if name not in names | _KEYS}
    return arguments


def whole(entity: "DataclassInstance") -> Item:
    """Return the attributes of `entity`, and of all dataclasses in it, and what each has `further`."""
    attributes: Item = asdict(entity, dict_factory=_flattened)
    return attributes


def _flattened(members: Iterable[tuple[str, Any]]) -> Item:
    attributes = dict(members)
    further: Item = attributes.pop(_FURTHER, {})
    return further | attributes
