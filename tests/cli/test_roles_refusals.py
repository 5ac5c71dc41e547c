"""`gatepost roles apply` refuses what the API would refuse, and says where in the file that is."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.support import Operator

DEEP = {f"r{number}": {"includes": [f"r{number + 1}"]} for number in range(9)} | {"r9": {}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: roles: Field required"),
        ("roles: []", "line 1: roles"),
        ("roles:\n  a: {}\n  a: {}", "line 3: a stands here twice"),
        ("roles:\n  a:\n    permissions: [x:y]\n    permissions: []", "line 4: permissions stands here twice"),
        ("roles:\n  a:\n    permissions: [*]", "line 3"),
        ("roles:\n  a:\n    permissions:\n      - orders:read\n      - orders", "line 5: a permissions item 2"),
        ("roles:\n  a:\n    permissions: orders:read", "line 3: a permissions"),
        ("roles:\n  a:\n    permits: [orders:read]", "line 3: a permits: Extra inputs"),
        ("roles:\n  a:\n    description: >\n      of\n\n      two lines", "line 3: a description: must be one line"),
        ("roles:\n  a: {}\n  'b c': {}", "line 3: b c"),
        ("roles:\n  a: {}\n  admin: {}", "line 3: admin: Built-in roles"),
        ("roles:\n  a: {}\n  b:\n    includes: [c]", "line 3: b: includes names a role that doesn't exist."),
        ("roles:\n  a: {includes: [b]}\n  b: {includes: [a]}", "A role can't include itself"),
        (yaml.safe_dump({"roles": DEEP}), "r0: Roles include each other over too many steps"),
        (yaml.safe_dump({"roles": {f"r{number}": {} for number in range(201)}}), "200 roles at the most"),
        (
            yaml.safe_dump(
                {
                    "roles": {
                        "a": {"permissions": [f"a:{number}" for number in range(99)]},
                        "b": {"permissions": ["b:1", "b:2"], "includes": ["a"]},
                    }
                }
            ),
            "b: A token has room",
        ),
        (yaml.safe_dump({"roles": {"a": {"permissions": [f"a:{number}" for number in range(101)]}}}), "a permissions: List"),
        ("&a roles: *a", "roles.yaml"),
        ("a: !!python/object/apply:os.system [id]", "line 1"),
        ("roles: {? [a] : b}", "line 1: a name must be a text"),
        ("roles: {a: {description: \x07}}", "roles.yaml can't be read as YAML"),
        ('{"roles": {"a": {"description": "\\ud83d"}}}', "roles.yaml can't be read as YAML"),
    ],
    ids=lambda value: value.splitlines()[-1][:40] if value else "empty",
)
def test_what_can_not_be_is_refused_with_its_line(operator: Operator, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "roles.yaml"
    path.write_text(text, "utf-8")
    before = operator.json("roles", "export")
    refusal = operator.refusal("roles", "apply", str(path), "--yes", "--prune")
    assert refusal.startswith((f"{path}", "There is no room"))
    assert said in refusal
    assert operator.json("roles", "export") == before


def test_scalars_are_texts(operator: Operator, tmp_path: Path) -> None:
    """YAML takes `no` for false and 1.0 for a number."""
    path = tmp_path / "roles.yaml"
    path.write_text("roles:\n  no:\n    description: yes\n  1.0: {includes: [no]}\n")
    operator.run("roles", "apply", str(path), "--yes", "--prune")
    roles: dict[str, Any] = operator.json("roles", "export")["roles"]
    assert roles["no"]["description"] == "yes"
    assert roles["1.0"]["includes"] == ["no"]


def test_a_file_in_another_encoding_is_refused(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "roles.yaml"
    path.write_bytes("roles: {a: {description: été}}".encode("latin-1"))
    assert "can't be read as YAML" in operator.refusal("roles", "apply", str(path))
    path.write_bytes("roles: {a: {description: été}}".encode("utf-8-sig"))
    assert operator.run("roles", "apply", str(path), "--dry-run", code=1).stdout.splitlines()[1] == '    + description "été"'


def test_a_file_that_is_not_there_is_2(operator: Operator) -> None:
    assert "No such file" in operator.run("roles", "apply", "nowhere.yaml", code=2).stderr
