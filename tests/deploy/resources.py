"""The resources of all templates as CloudFormation is given them, those included that only some parameters bring."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deploy.transformation import transformed
from tests.deploy.written import DOCUMENTS, PATHS, SERVICE, name_of, parameters


@dataclass(frozen=True)
class Resource:
    """A resource, its properties with the intrinsic functions that are in them."""

    path: Path
    logical_id: str
    type: str
    written: dict[str, Any]

    @property
    def properties(self) -> dict[str, Any]:
        properties: dict[str, Any] = self.written.get("Properties", {})
        return properties

    def __str__(self) -> str:
        return f"{name_of(self.path)}: {self.logical_id}"


def of_type(*types: str, path: Path | None = None) -> Iterator[Resource]:
    """Yield the resources of one of these types, of all templates or of one."""
    for each in PATHS if path is None else (path,):
        for logical_id, resource in transformed(each, **parameters(each))["Resources"].items():
            if resource["Type"] in types:
                yield Resource(each, logical_id, resource["Type"], resource)


def of_service(*types: str) -> dict[str, Resource]:
    """Return the service's resources of one of these types by their logical ids. Fails if there is none."""
    found = {resource.logical_id: resource for resource in of_type(*types, path=SERVICE)}
    assert found, types
    return found


def default(path: Path, value: Any) -> Any:
    """Return the value of a property, or the default of the parameter that it refers to."""
    if isinstance(value, dict) and value.keys() == {"Ref"}:
        return DOCUMENTS[path]["Parameters"][value["Ref"]]["Default"]
    return value
