"""Backups elsewhere: of what lasts, of nothing that could come alive again, and kept from whoever may deploy the service."""

import re
from typing import Any

from cli.backup.tables import DURABLE
from local.intrinsics import load_yaml
from tests.support import ROOT

DOCUMENT: dict[str, Any] = load_yaml(ROOT / "backup" / "template.yaml")
RESOURCES = {logical_id: resource["Properties"] for logical_id, resource in DOCUMENT["Resources"].items()}
SERVICE: dict[str, Any] = load_yaml(ROOT / "template.yaml")["Resources"]
NAMES = {
    resource["Properties"]["Name"]["Fn::Sub"].replace("${AWS::StackName}", "${GatepostStack}"): logical_id
    for logical_id, resource in SERVICE.items()
    if resource["Type"] == "AWS::SSM::Parameter"
}


def test_all_durable_tables_are_backed_up_but_the_keys() -> None:
    """A signing key that was removed would come back with theirs, and there's no need to: docs/backup.md."""
    chosen = RESOURCES["Selection"]["BackupSelection"]["Resources"]
    paths = [re.search(r"\{\{resolve:ssm:(.+)\}\}$", each["Fn::Sub"]) for each in chosen]
    named = [SERVICE[NAMES[path[1]]]["Properties"]["Value"]["Ref"] for path in paths if path]
    assert sorted(named) == sorted(f"{table.title()}Table" for table in DURABLE if table != "keys")


def test_a_backup_is_kept_as_long_as_the_vault_demands_here_and_elsewhere() -> None:
    kept = {"Ref": "KeepDays"}
    (rule,) = RESOURCES["Plan"]["BackupPlan"]["BackupPlanRule"]
    _, copies, otherwise = rule["CopyActions"]["Fn::If"]
    assert [rule["Lifecycle"], *(each["Lifecycle"] for each in copies)] == [{"DeleteAfterDays": kept}] * 2
    assert RESOURCES["Vault"]["LockConfiguration"]["MinRetentionDays"] == kept
    assert otherwise == {"Ref": "AWS::NoValue"}


def test_a_vault_is_locked_for_good_only_where_it_is_asked_for() -> None:
    assert RESOURCES["Vault"]["LockConfiguration"]["ChangeableForDays"]["Fn::If"] == [
        "LockedForGood",
        3,
        {"Ref": "AWS::NoValue"},
    ]
    assert DOCUMENT["Parameters"]["Lock"]["Default"] == "governance"
    assert all(DOCUMENT["Resources"][kept]["DeletionPolicy"] == "Retain" for kept in ("Vault", "Key"))


def test_the_role_makes_backups_and_restores_nothing() -> None:
    (policy,) = RESOURCES["Role"]["ManagedPolicyArns"]
    assert policy["Fn::Sub"].endswith("policy/service-role/AWSBackupServiceRolePolicyForBackup")
    assert "Policies" not in RESOURCES["Role"]
