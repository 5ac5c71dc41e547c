"""Whether settings that were right once are still."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.diagnosis.declared import FUNCTIONS
from cli.diagnosis.findings import Check, Verdict, ok, problem, warning
from cli.diagnosis.refusals import NotSeen
from cli.diagnosis.sight import Sight
from cli.diagnosis.web import Answer
from gatepost import clock

_LEAST_RETENTION = 90  # days


def _not_before(sight: Sight) -> int:
    text = sight.setting("SESSIONS_NOT_BEFORE") or "0"
    if not text.isdecimal():
        raise NotSeen(f"{text} is no time.", "Mend settings.valid first.")
    return int(text)


def _is_past(facts: int) -> Verdict:
    if facts > clock.now():
        return problem(f"Every session that begins before {_time(facts)} is over at once: nobody stays signed in.")
    return ok(f"Sessions from before the restore of {_time(facts)} stay over." if facts else "No restore is noted.")


def _time(seconds: int) -> str:
    try:
        return clock.rfc3339(seconds)
    except (ValueError, OverflowError, OSError):
        return f"the second {seconds} of the epoch"


def _breached_passwords(sight: Sight) -> Answer | None:
    url = sight.setting("BREACHED_PASSWORDS_URL")
    return sight.web(f"{url}/00000") if url else None


def _answers(facts: Answer | None) -> Verdict:
    if facts is None:
        return ok("New passwords are not looked up anywhere (BreachedPasswordsUrl is empty).")
    return ok(f"{facts}.") if facts.status == 200 else warning(f"{facts}: a breached password passes for a good one.")


@dataclass(frozen=True)
class Logging:
    """The log level by function, and whether the deployment is one that matters."""

    levels: Mapping[str, str]
    protected: bool


def _logging(sight: Sight) -> Logging:
    levels = {function: sight.environment(function).get("POWERTOOLS_LOG_LEVEL", "INFO") for function in FUNCTIONS}
    return Logging(levels, sight.protected)


def _is_quiet(facts: Logging) -> Verdict:
    loud = [function for function, level in facts.levels.items() if level == "DEBUG"]
    if loud and facts.protected:
        return warning(f"{', '.join(loud)} log at DEBUG, which costs, and may say more than a log should.")
    return ok(f"{', '.join(sorted(set(facts.levels.values())))}.")


def _retention(sight: Sight) -> int:
    text = sight.setting("AUDIT_RETENTION_DAYS") or "400"
    if not text.isdecimal():
        raise NotSeen(f"{text} is no number of days.", "Mend settings.valid first.")
    return int(text)


def _is_long(facts: int) -> Verdict:
    told = f"Security events are kept for {facts} days."
    return ok(told) if facts >= _LEAST_RETENTION else warning(told)


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "settings.sessions-not-before",
        "Is the time of the last restore in the past?",
        "Set the parameter `SessionsNotBefore` to the time of the restore in seconds since the epoch (`date +%s` is now), and "
        "deploy.",
        _not_before,
        _is_past,
    ),
    Check(
        "settings.breached-passwords",
        "Does the service that knows breached passwords answer?",
        "Mend the parameter `BreachedPasswordsUrl` (Pwned Passwords is https://api.pwnedpasswords.com/range), and deploy; "
        "empty it to ask nobody.",
        _breached_passwords,
        _answers,
    ),
    Check(
        "settings.log-level",
        "Is DEBUG off where deletion protection is on?",
        "Set the parameter `LogLevel` to INFO, and deploy.",
        _logging,
        _is_quiet,
    ),
    Check(
        "settings.audit-retention",
        "Are security events kept for at least 90 days?",
        "Set the parameter `AuditRetentionDays` to 90 or more, and deploy. What has been written already goes at its old time.",
        _retention,
        _is_long,
    ),
)
