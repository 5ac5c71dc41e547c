"""Items as the code of a day has written them: of every kind at least one, with the secrets that clients and users hold.

`python -m tests.shapes.recording` records those of today's code as `written/DATE.json`. A recording is never changed, and stays
for as long as the code must read what it holds: docs/changing-items.md
"""

import base64
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import boto3
import time_machine
from moto.kms.models import kms_backends

from local.aws import embedded_aws
from local.resources import ACCOUNT, REGION
from local.stack import Stack
from tests.shapes.writing import write_every_kind
from tests.support import PARAMETERS, ROOT

FOLDER = Path(__file__).parent / "written"
_MINUTE = 60

Items = dict[str, list[dict[str, Any]]]
"""By the logical id of their table, in DynamoDB's notation."""


@dataclass(frozen=True)
class Recording:
    """All items of a deployment at one moment (`at`, seconds since the epoch), the secret of its KMS key, and what its users
    and clients hold: tokens, keys, codes, by what they're for.
    """

    at: int
    kms_key: str
    held: dict[str, Any]
    tables: Items

    @classmethod
    def read(cls, file: Path) -> Self:
        """Return the recording in `file`."""
        return cls(**json.loads(file.read_text("utf-8"), object_hook=_from_json))

    def write(self, file: Path) -> None:
        """Write the recording to `file`."""
        file.write_text(json.dumps(asdict(self), default=_to_json, indent=1, sort_keys=True) + "\n", "utf-8")

    @contextmanager
    def loaded(self) -> Iterator[Stack]:
        """Yield the service of today's code on these items, a minute after they were recorded."""

        def load(stack: Stack) -> None:
            use_kms_key(bytes.fromhex(self.kms_key))
            dynamodb = boto3.client("dynamodb")
            for name, items in self.tables.items():
                for item in items:
                    dynamodb.put_item(TableName=stack.template.tables[name].name, Item=item)

        with (
            time_machine.travel(datetime.fromtimestamp(self.at + _MINUTE, UTC), tick=False),
            embedded_aws() as mailbox,
            Stack(ROOT / "template.yaml", mailbox, parameters=PARAMETERS, prepare=load) as stack,
        ):
            yield stack


def recorded(at: datetime) -> Recording:
    """Return what today's code writes, were it `at`."""
    kms_key = secrets.token_bytes(32)
    with (
        time_machine.travel(at, tick=False) as clock,
        embedded_aws() as mailbox,
        Stack(ROOT / "template.yaml", mailbox, parameters=PARAMETERS, prepare=lambda _: use_kms_key(kms_key)) as stack,
    ):
        held = write_every_kind(stack, clock)
        return Recording(int(time.time()), kms_key.hex(), held, items_of(stack))


def items_of(stack: Stack) -> Items:
    """Return all items of all tables."""
    pages = boto3.client("dynamodb").get_paginator("scan")
    return {
        name: [item for page in pages.paginate(TableName=table.name) for item in page["Items"]]
        for name, table in stack.template.tables.items()
    }


def use_kms_key(material: bytes) -> None:
    """Let all KMS keys of the embedded AWS have this secret."""
    for key in kms_backends[ACCOUNT][REGION].keys.values():
        key.key_material = material


def recordings() -> list[Path]:
    """Return the files of all recordings, the oldest first."""
    return sorted(FOLDER.glob("*.json"))


Catalogue = dict[str, dict[str, list[str]]]


def catalogue(tables: Mapping[str, list[dict[str, Any]]]) -> Catalogue:
    """Return, for each kind of item, its attributes, and of which types each is; what stands within one by its path."""
    found: dict[str, dict[str, set[str]]] = {}
    for table, items in tables.items():
        for item in items:
            attributes = found.setdefault(kind(table, item), {})
            for path, notation in _types("", {"M": item}):
                attributes.setdefault(path, set()).add(notation)
    return {name: {path: sorted(types) for path, types in sorted(paths.items())} for name, paths in sorted(found.items())}


def kind(table: str, item: Mapping[str, Any]) -> str:
    """Return the kind of an item: its table, and what doesn't tell it from its like in its keys."""
    parts = [item["pk"]["S"].partition("#")[0]]
    if "sk" in item and table != "AuditTable" and parts != ["REVOKED"]:
        parts.append(item["sk"]["S"].partition("#")[0])
    return " ".join([table, *parts])


def _types(path: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    ((notation, content),) = value.items()
    if path:
        yield path, notation
    if notation == "M" and not path.endswith("public_jwk"):
        for name, each in content.items():
            yield from _types(f"{path}.{name}".lstrip("."), each)
    if notation == "L":
        for each in content:
            yield from _types(f"{path}[]", each)


def _to_json(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()}


def _from_json(members: dict[str, Any]) -> Any:
    return base64.b64decode(members["base64"]) if members.keys() == {"base64"} else members


def main() -> None:
    """Record what today's code writes."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    recorded(now).write(FOLDER / f"{now:%Y-%m-%d}.json")


if __name__ == "__main__":
    main()
