"""Gatepost: what `gatepost users export` writes, an object a line, nothing of a user left out.

The members that `jsonl` has are for people and other systems. `profile` has the other attributes of the user's item, `items`
all further items of theirs with their sort keys (`sk`), in the notation that DynamoDB's own exports to S3 have:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, BinaryIO

from cli.importing.formats import fields, members, pieces
from cli.importing.formats.fields import Unfit
from cli.importing.formats.options import Options
from cli.importing.records import Entries, Record
from gatepost import clock
from gatepost.identifiers import is_id
from gatepost.storage.whole_users import INDEXED, PROFILE, WholeUser
from gatepost.storage.writes import Item, from_dynamodb, to_dynamodb

_FURTHER = ("profile", "items")
# What DynamoDB takes.
_LONGEST_SORT_KEY = 1024  # bytes
_DEEPEST = 32


def line_of(user: WholeUser) -> str:
    """Return the line of a user."""
    plain = {name: user.profile[name] for name in members.NAMES if name in user.profile}
    plain["created_at"] = clock.rfc3339(plain["created_at"])
    profile = {name: value for name, value in user.profile.items() if name not in plain}
    further = {"profile": _written(profile), "items": [_written(item) for item in user.attached]}
    return json.dumps(plain | further, ensure_ascii=False) + "\n"


def read(stream: BinaryIO, options: Options) -> Entries:
    """Yield the users of the file. `options` holds nothing for it."""
    return pieces.records(pieces.json_lines(stream), _record)


def _record(line: int, user: dict[str, Any]) -> Record:
    known = members.record(line, {name: value for name, value in user.items() if name not in _FURTHER})
    if known.source_id is None or not is_id(known.source_id):
        raise Unfit("has no id of Gatepost's: use --format jsonl for files of your own")
    attached = tuple(_item(item) for item in fields.list_of_objects(user, "items"))
    if len({item["sk"] for item in attached}) < len(attached):
        raise Unfit("has two items of one sort key")
    return replace(
        known,
        id=known.source_id,
        source_id=None,
        further=_read(fields.object_member(user, "profile"), "`profile`"),
        attached=attached,
    )


def _item(written: dict[str, Any]) -> Item:
    item = _read(written, "one of `items`")
    sort_key = item.get("sk")
    if not isinstance(sort_key, str) or sort_key == PROFILE or not 0 < len(sort_key.encode()) <= _LONGEST_SORT_KEY:
        raise Unfit("one of `items` has no sort key, or none that it can have")
    if not INDEXED.isdisjoint(item):
        raise Unfit("one of `items` has an attribute that only profiles have")
    return item


def _written(item: Item) -> Any:
    """Return the attributes of an item as JSON can hold them: in DynamoDB's notation, bytes in base64."""
    return _mapped(to_dynamodb(item), lambda value: base64.b64encode(value).decode())


def _read(written: dict[str, Any], what: str) -> Item:
    """Return the attributes that `_written` wrote. Raises `Unfit`."""
    try:
        item = from_dynamodb(_mapped(written, lambda value: base64.b64decode(value, validate=True)))
        # This takes less than it gives, and DynamoDB no set that is empty.
        to_dynamodb(item)
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as exc:
        raise Unfit(f"{what} is not in DynamoDB's notation") from exc
    return item


def _mapped(attributes: dict[str, Any], of_bytes: Callable[[Any], Any]) -> dict[str, Any]:
    """Return attributes in DynamoDB's notation with something else for the bytes in them."""

    def mapped(attribute: Any, depth: int = 1) -> Any:
        ((kind, value),) = attribute.items()
        if depth > _DEEPEST:
            raise ValueError("too deep")
        match kind:
            case "SS" | "NS" | "BS" if not value:
                raise ValueError("a set that is empty")
            case "B":
                return {kind: of_bytes(value)}
            case "BS":
                return {kind: [of_bytes(each) for each in value]}
            case "L":
                return {kind: [mapped(each, depth + 1) for each in value]}
            case "M":
                return {kind: {name: mapped(each, depth + 1) for name, each in value.items()}}
            case _:
                return {kind: value}

    return {name: mapped(attribute) for name, attribute in attributes.items()}
