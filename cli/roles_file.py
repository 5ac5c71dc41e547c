"""A file of roles: YAML, or JSON, which is YAML too. Every complaint about one says in which line.

roles:
  order-clerk:
    description: Reads orders.
    permissions: [orders:read]
    includes: []
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from cli.failures import Refused, of_place, of_value
from gatepost.access.roles import Catalogue, Role
from gatepost.administration.wanted import PutRole, RoleName
from gatepost.fields import RequestBody

_Place = tuple[int | str, ...]


class _RolesFile(RequestBody):
    """What stands in the file."""

    roles: dict[RoleName, PutRole]


@dataclass(frozen=True)
class RolesFile:
    """The roles of a file by their names, and the line (from 1) on which each begins."""

    roles: Mapping[str, Role]
    lines: Mapping[str, int]


def written(catalogue: Catalogue) -> dict[str, Any]:
    """Return what a file of all roles but the built-in ones says."""
    return {
        "roles": {
            name: {"description": role.description, "permissions": list(role.permissions), "includes": list(role.includes)}
            for name, role in sorted(catalogue.roles.items())
        }
    }


def read(data: bytes, name: str) -> RolesFile:
    """Return the roles of the file `name`, which holds `data`.

    Raises:
        Refused: naming the lines that are not as they should be.
    """
    lines: dict[_Place, int] = {}
    try:
        # All scalars are text: a role may be called `no` or `1.0`.
        root = yaml.compose(data.decode("utf-8-sig"), Loader=yaml.SafeLoader)
        plain = _plain(root, (), lines) if root else {}
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise Refused(f"{name}, line {line}: {exc.problem}. (Texts that begin with * are quoted.)") from exc
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise Refused(f"{name} can't be read as YAML: {exc}") from exc
    try:
        found = _RolesFile.model_validate(plain).roles
    except ValidationError as exc:
        raise Refused("\n".join(_complaint(name, lines, error) for error in exc.errors(include_url=False))) from None
    return RolesFile(
        {role: asked.role(role) for role, asked in found.items()},
        {role: lines["roles", role] for role in found},
    )


def _plain(node: yaml.Node, place: _Place, lines: dict[_Place, int]) -> Any:
    """Return what `node` says in dictionaries, lists and texts, and note on which line each place begins."""
    lines.setdefault(place, node.start_mark.line + 1)
    match node:
        case yaml.MappingNode():
            members: dict[str, Any] = {}
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise yaml.MarkedYAMLError(problem="a name must be a text", problem_mark=key.start_mark)
                text = _text(key)
                if text in members:
                    raise yaml.MarkedYAMLError(problem=f"{text} stands here twice", problem_mark=key.start_mark)
                lines[*place, text] = key.start_mark.line + 1
                members[text] = _plain(value, (*place, text), lines)
            return members
        case yaml.SequenceNode():
            return [_plain(item, (*place, index), lines) for index, item in enumerate(node.value)]
    return _text(node)


def _text(node: yaml.Node) -> str:
    """Return the text of a scalar. JSON writes what is beyond 16 bits as two halves, which YAML leaves apart."""
    text: str = node.value
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


def _complaint(name: str, lines: Mapping[_Place, int], error: Any) -> str:
    # A wrong key has a further part, "[key]".
    place: _Place = tuple(part for part in error["loc"] if part != "[key]")
    line = next((lines[place[:length]] for length in range(len(place), -1, -1) if place[:length] in lines), 1)
    return f"{name}, line {line}: {of_place(place[1:] or place) or 'the file'}: {of_value(error)}"
