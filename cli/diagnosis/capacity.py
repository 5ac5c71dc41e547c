"""Whether functions have room to run in, and their logs an end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.diagnosis.declared import FUNCTIONS
from cli.diagnosis.findings import Check, Verdict, ok, problem, warning
from cli.diagnosis.sight import Sight

# What Lambda wants to be left to all functions without a reservation.
_UNRESERVED = 100


@dataclass(frozen=True)
class Concurrency:
    """How many environments are left to functions without a reservation, and the reservations there are."""

    unreserved: int
    reserved: Mapping[str, int]


def _concurrency(sight: Sight) -> Concurrency:
    limit = sight.call("lambda", "get_account_settings")["AccountLimit"]
    reserved = {}
    for logical_id in FUNCTIONS:
        answer = sight.call("lambda", "get_function_concurrency", FunctionName=sight.function_name(logical_id)) or {}
        if "ReservedConcurrentExecutions" in answer:
            reserved[logical_id] = int(answer["ReservedConcurrentExecutions"])
    return Concurrency(int(limit["UnreservedConcurrentExecutions"]), reserved)


def _has_room(facts: Concurrency) -> Verdict:
    stopped = [logical_id for logical_id, number in facts.reserved.items() if number == 0]
    if stopped:
        return problem(f"{', '.join(stopped)} may not run at all: its reserved concurrency is 0.")
    if facts.unreserved < _UNRESERVED:
        return warning(
            f"{facts.unreserved} environments are left to all functions without a reservation: calls may be refused."
        )
    return ok(f"{facts.unreserved} environments are left to functions without a reservation.")


@dataclass(frozen=True)
class LogGroup:
    """A function's log: whether it's there, and for how many days a line is kept, None for ever."""

    exists: bool
    days: int | None


def _logs(sight: Sight) -> dict[str, LogGroup]:
    groups = {}
    for logical_id in FUNCTIONS:
        configuration = sight.configuration(logical_id)
        name = configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{configuration['FunctionName']}"
        answer = sight.call("logs", "describe_log_groups", logGroupNamePrefix=name)
        group = next((each for each in (answer or {}).get("logGroups", ()) if each["logGroupName"] == name), None)
        groups[logical_id] = LogGroup(group is not None, (group or {}).get("retentionInDays"))
    return groups


def _end(facts: Mapping[str, LogGroup]) -> Verdict:
    endless = [logical_id for logical_id, group in facts.items() if group.days is None]
    if endless:
        return warning(f"The logs of {', '.join(endless)} are kept for ever, or begin to be at the first call.")
    return ok(f"Logs are kept for {', '.join(sorted({f'{group.days} days' for group in facts.values()}))}.")


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "functions.concurrency",
        "Are environments left to run in?",
        "Raise the account's limit: `aws service-quotas request-service-quota-increase --service-code lambda --quota-code "
        "L-B99A9384 --desired-value 1000`, or reserve less: the parameters `AccountConcurrency` and `OtherConcurrency`.",
        _concurrency,
        _has_room,
    ),
    Check(
        "functions.logs",
        "Do logs have an end?",
        "Set the parameter `LogRetentionDays`, and deploy; for a log that the template doesn't have: `aws logs "
        "put-retention-policy --retention-in-days 90 --log-group-name NAME`.",
        _logs,
        _end,
    ),
)
