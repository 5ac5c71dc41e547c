"""Whether all functions run, in one and the same version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.deployment import ALIAS
from cli.diagnosis.declared import FUNCTIONS
from cli.diagnosis.findings import Check, Verdict, ok, problem, warning
from cli.diagnosis.sight import Sight

_RUNTIME = "python3.13"
# Which deployment's settings a function has, where the template says so.
_DEPLOYED_SETTINGS = "DEPLOYED_SETTINGS"

Configurations = Mapping[str, Mapping[str, Any]]


def _configurations(sight: Sight) -> Configurations:
    return {logical_id: sight.configuration(logical_id) for logical_id in FUNCTIONS}


def _stack_status(sight: Sight) -> str:
    return str(sight.description["StackStatus"])


def _is_settled(facts: str) -> Verdict:
    if facts.endswith("_FAILED"):
        return problem(f"The stack is {facts}.")
    if facts == "UPDATE_ROLLBACK_COMPLETE":
        return warning("The last update was taken back: the deployment is that of before.")
    if facts not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
        return warning(f"The stack is {facts}.")
    return ok(f"{facts}.")


def _are_updated(facts: Configurations) -> Verdict:
    faults = []
    for logical_id, each in facts.items():
        state, update = each.get("State", "Active"), each.get("LastUpdateStatus", "Successful")
        if state not in ("Active", "Inactive") or update != "Successful":
            reason = each.get("LastUpdateStatusReason") or each.get("StateReason") or "no reason given"
            faults.append(f"{logical_id} is {state}, its last update {update} ({reason})")
    return problem(f"{'; '.join(faults)}.") if faults else ok(f"The last updates of {len(facts)} functions were successful.")


def _run_python(facts: Configurations) -> Verdict:
    others = [f"{logical_id} by {each['Runtime']}" for logical_id, each in facts.items() if each.get("Runtime") != _RUNTIME]
    return problem(f"{', '.join(others)} isn't run by {_RUNTIME}.") if others else ok(f"All are run by {_RUNTIME}.")


def _are_of_one_version(facts: Configurations) -> Verdict:
    layers = {tuple(sorted(layer["Arn"] for layer in each.get("Layers", ()))) for each in facts.values()}
    told = {each.get("Environment", {}).get("Variables", {}).get(_DEPLOYED_SETTINGS) for each in facts.values()}
    if len(layers) > 1:
        named = sorted(set.union(*map(set, layers)) - set.intersection(*map(set, layers)))
        short = ", ".join(":".join(arn.split(":")[-2:]) for arn in named)
        return problem(f"Functions have different layers, as a half-finished deployment leaves them: {short}.")
    if len(told) > 1:
        return problem("Functions have different settings, as a half-finished deployment leaves them.")
    return ok("All have the same layers and settings.")


@dataclass(frozen=True)
class Alias:
    """Where calls of a function go: the version behind its alias, other versions with a share, and the newest version."""

    version: str
    others: Mapping[str, float]
    newest: str


def _aliases(sight: Sight) -> dict[str, Alias | None]:
    return {logical_id: _alias(sight, sight.function_name(logical_id)) for logical_id in FUNCTIONS}


def _alias(sight: Sight, name: str) -> Alias | None:
    alias = sight.call("lambda", "get_alias", FunctionName=name, Name=ALIAS)
    versions = sight.call("lambda", "list_versions_by_function", FunctionName=name)
    if alias is None or versions is None:
        return None
    numbers = [int(each["Version"]) for each in versions["Versions"] if each["Version"].isdecimal()]
    routed = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return Alias(alias["FunctionVersion"], routed, str(max(numbers, default=0)))


def _are_moved(facts: Mapping[str, Alias | None]) -> Verdict:
    if missing := [logical_id for logical_id, alias in facts.items() if alias is None]:
        return problem(f"{', '.join(missing)} has no alias {ALIAS}, by which it's called.")
    aliases = {logical_id: alias for logical_id, alias in facts.items() if alias}
    if between := [logical_id for logical_id, alias in aliases.items() if alias.others]:
        return warning(f"An update is under way: a part of the calls of {', '.join(between)} goes to another version.")
    if behind := [logical_id for logical_id, alias in aliases.items() if alias.version != alias.newest]:
        return warning(f"Calls of {', '.join(behind)} go to a version that isn't the newest: its update was taken back.")
    return ok("All calls go to the newest versions.")


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "functions.stack",
        "Is the stack's last update complete?",
        "See what failed: `aws cloudformation describe-stack-events --stack-name {stack}`; after UPDATE_ROLLBACK_FAILED: `aws "
        "cloudformation continue-update-rollback --stack-name {stack}`. Then deploy again: `make deploy`.",
        _stack_status,
        _is_settled,
    ),
    Check(
        "functions.state",
        "Is every function active, and its last update successful?",
        "Mend what the reason says (often the KMS key, or a layer that is gone), and deploy again: `make deploy`.",
        _configurations,
        _are_updated,
    ),
    Check(
        "functions.runtime",
        f"Is every function run by {_RUNTIME}?",
        "Deploy again, from the template as it is: `make deploy`.",
        _configurations,
        _run_python,
    ),
    Check(
        "functions.version",
        "Have all functions the same layers and settings?",
        "Deploy again, until the stack is UPDATE_COMPLETE: `make deploy`.",
        _configurations,
        _are_of_one_version,
    ),
    Check(
        "functions.alias",
        "Do all calls go to the newest version?",
        "Wait until the update is complete. If CodeDeploy took it back, see which alarm it heard: `aws cloudwatch "
        "describe-alarms --state-value ALARM`; mend it, and deploy again: `make deploy`.",
        _aliases,
        _are_moved,
    ),
)
