"""`gatepost roles apply` on the engine itself: as much as a transaction takes, and of two at once one."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from gatepost.access.roles import MAX_ROLES, Role
from gatepost.administration import actors
from gatepost.administration.roles import replace_all
from gatepost.caller import of_service
from gatepost.config import AdminSettings
from gatepost.errors import Conflict
from gatepost.service import connect
from gatepost.storage import roles
from gatepost.storage.table import Database
from local.stack import Stack
from tests.cli.support import Operator, serving
from tests.dynamodb.support import at_once
from tests.dynamodb.wire import TRANSACTION, Wire

pytestmark = pytest.mark.dynamodb


def test_as_many_roles_as_there_may_be_come_and_go_in_one_transaction(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "roles.json"
    with serving(stack) as url:
        operator = Operator(stack, ("--local", url))
        for generation in ("a", "b"):
            # About as large as the catalogue may be.
            written = {f"{generation}{number}{'x' * 55}": {"description": "d" * 200} for number in range(MAX_ROLES)}
            file.write_text(json.dumps({"roles": written}))
            operator.run("roles", "apply", str(file), "--yes", "--prune")
            assert operator.json("roles", "export")["roles"].keys() == written.keys()


def test_z03_of_two_files_applied_at_once_one_is_and_the_other_is_told(stack: Stack, db: Database, wire: Wire) -> None:
    service = replace(connect(AdminSettings.from_environment(stack.template.functions["AdminFunction"].environment)), db=db)
    me, caller = actors.operator(service, "local"), of_service("a test", "request")

    def apply(name: str) -> str | None:
        with suppress(Conflict):
            replace_all(service, me, {name: Role(name)}, caller)
            return name
        return None

    with wire.meeting(2, TRANSACTION):
        done = at_once([lambda: apply("one"), lambda: apply("other")])
    (applied,) = [name for name in done if name]
    assert roles.read(db, service.settings.roles_table).roles.keys() == {applied}
