"""The words of a diagnosis: checks, what they found, and how bad it is."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from cli.diagnosis.refusals import NotSeen

if TYPE_CHECKING:
    from cli.diagnosis.sight import Sight

Facts = TypeVar("Facts")


class Status(StrEnum):
    """How a check ended, the worst last but one; `NOT_CHECKED` says nothing about the deployment."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class Verdict:
    """What a check thinks of the facts: how bad they are, and in a sentence what they are."""

    status: Status
    found: str


def ok(found: str) -> Verdict:
    """All is as it should be."""
    return Verdict(Status.OK, found)


def warning(found: str) -> Verdict:
    """It works, but not as well, as safely or as long as it should."""
    return Verdict(Status.WARNING, found)


def problem(found: str) -> Verdict:
    """Something doesn't work, or is not as safe as it's said to be."""
    return Verdict(Status.PROBLEM, found)


@dataclass(frozen=True)
class Check(Generic[Facts]):
    """A check. `question` is what it answers, `remedy` what to do where the answer isn't a good one; ``{stack}`` in it stands
    for the name of the stack. `look` returns the facts, or raises `NotSeen`.
    """

    name: str
    question: str
    remedy: str
    look: "Callable[[Sight], Facts]"
    judge: Callable[[Facts], Verdict]


@dataclass(frozen=True)
class Finding:
    """What came out of the check `name`; `remedy` is empty where nothing is to be done."""

    name: str
    status: Status
    found: str
    remedy: str


def examine(check: Check[Facts], sight: "Sight") -> Finding:
    """Return what `check` finds."""
    try:
        verdict = check.judge(check.look(sight))
    except NotSeen as exc:
        return Finding(check.name, Status.NOT_CHECKED, str(exc), exc.remedy)
    remedy = "" if verdict.status is Status.OK else check.remedy.format(stack=sight.stack or "STACK")
    return Finding(check.name, verdict.status, verdict.found, remedy)
