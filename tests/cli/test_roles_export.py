"""`gatepost roles export`."""

import yaml

from gatepost.access.roles import Role
from tests.cli.support import Operator
from tests.integration.administrators import new_role


def test_the_roles_are_written_as_yaml_or_json(operator: Operator) -> None:
    clerk = new_role(operator.stack, Role("", "Reads orders: « été ».", ("orders:read",)))
    manager = new_role(operator.stack, Role("", "", ("orders:write",), (clerk,)))
    written = operator.json("roles", "export")
    assert written["roles"][clerk] == {
        "description": "Reads orders: « été ».",
        "permissions": ["orders:read"],
        "includes": [],
    }
    assert written["roles"][manager]["includes"] == [clerk]
    assert not {"admin", "user"} & written["roles"].keys()
    assert yaml.safe_load(operator.run("roles", "export").stdout) == written
