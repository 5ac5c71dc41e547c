"""Whether the key that wraps all that is secret can be used, and is renewed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cli.diagnosis.declared import FUNCTIONS
from cli.diagnosis.findings import Check, Verdict, ok, problem
from cli.diagnosis.refusals import NotSeen
from cli.diagnosis.sight import Sight

Key = Mapping[str, Any]


def _key(sight: Sight) -> Key | None:
    answer = sight.call("kms", "describe_key", KeyId=sight.needed("KMS_KEY_ID"))
    return answer["KeyMetadata"] if answer else None


def _is_enabled(facts: Key | None) -> Verdict:
    if facts is None:
        return problem("The key doesn't exist.")
    if facts["KeyState"] == "PendingDeletion":
        return problem(f"The key is deleted for good on {facts.get('DeletionDate')}, and all that it encrypts with it.")
    return ok("The key is enabled.") if facts["KeyState"] == "Enabled" else problem(f"The key is {facts['KeyState']}.")


def _rotation(sight: Sight) -> bool:
    sight.demand_deployed("The key of a local stack isn't renewed.")
    answer = sight.call("kms", "get_key_rotation_status", KeyId=sight.needed("KMS_KEY_ID"))
    return bool(answer and answer["KeyRotationEnabled"])


def _rotates(facts: bool) -> Verdict:
    return ok("KMS renews the key's material every year.") if facts else problem("KMS never renews the key's material.")


@dataclass(frozen=True)
class Use:
    """Who may use the key: the ARN of the account's root, its key policy's statements, whom grants name, and the roles of the
    functions.
    """

    root: str
    statements: tuple[Mapping[str, Any], ...]
    grantees: frozenset[str]
    roles: Mapping[str, str]


def _use(sight: Sight) -> Use:
    sight.demand_deployed("A local stack asks for no rights.")
    key, policy = sight.needed("KMS_KEY_ID"), None
    if answer := sight.call("kms", "get_key_policy", KeyId=key, PolicyName="default"):
        policy = json.loads(answer["Policy"])
    arn = (_key(sight) or {}).get("Arn", "")
    if policy is None or not arn:
        raise NotSeen("The key doesn't exist.", "Mend encryption.key first.")
    partition, account = arn.split(":")[1], arn.split(":")[4]
    grants = sight.call("kms", "list_grants", KeyId=key) or {"Grants": []}
    return Use(
        root=f"arn:{partition}:iam::{account}:root",
        statements=tuple(_list(policy["Statement"])),
        grantees=frozenset(grant["GranteePrincipal"] for grant in grants["Grants"]),
        roles={logical_id: sight.configuration(logical_id)["Role"] for logical_id in FUNCTIONS},
    )


def _may_be_used(facts: Use) -> Verdict:
    account = facts.root.split(":")[4]
    denied = [name for name, role in facts.roles.items() if _names(facts.statements, "Deny", {role, "*"})]
    if denied:
        return problem(f"The key's policy denies its use to {', '.join(denied)}.")
    if _names(facts.statements, "Allow", {facts.root, account}):
        return ok("The key's policy leaves it to IAM who may use it.")
    out = [
        name
        for name, role in facts.roles.items()
        if role not in facts.grantees and not _names(facts.statements, "Allow", {role, "*"})
    ]
    if out:
        return problem(f"Neither the key's policy nor a grant lets {', '.join(out)} use it, and IAM has no say.")
    return ok("The key's policy, or a grant, names each function's role.")


def _names(statements: Iterable[Mapping[str, Any]], effect: str, principals: set[str]) -> bool:
    """Return whether a statement with this effect and no condition is about use of the key by one of `principals`."""
    return any(
        statement["Effect"] == effect
        and "Condition" not in statement
        and not principals.isdisjoint(_principals(statement))
        and not {"kms:*", "*", "kms:Decrypt"}.isdisjoint(_list(statement.get("Action", [])))
        for statement in statements
    )


def _principals(statement: Mapping[str, Any]) -> list[str]:
    principal = statement.get("Principal", {})
    return [principal] if isinstance(principal, str) else _list(principal.get("AWS", []))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "encryption.key",
        "Is the KMS key there and enabled?",
        "At once: `aws kms cancel-key-deletion --key-id KEY`, then `aws kms enable-key --key-id KEY`. What a deleted key has "
        "encrypted, signing keys and the Users table among it, nobody can read again.",
        _key,
        _is_enabled,
    ),
    Check(
        "encryption.rotation",
        "Does KMS renew its material?",
        "`aws kms enable-key-rotation --key-id KEY`, as the template has it.",
        _rotation,
        _rotates,
    ),
    Check(
        "encryption.use",
        "May the functions use it?",
        "Put back the statement of the template's `EncryptionKey` that lets the account's IAM decide: `aws kms put-key-policy "
        "--key-id KEY --policy file://policy.json`.",
        _use,
        _may_be_used,
    ),
)
